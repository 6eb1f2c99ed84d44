import type { System, Usage } from './port.ts'

/** Through pidusage, loaded only when somebody asks. Processes that have ended meanwhile are left out. */
export const usage: System['usage'] = async (pids) => {
  const { default: pidusage } = await import('pidusage')
  const found = new Map<number, Usage>()
  for (const pid of pids) {
    const stats = await pidusage(pid).catch(() => undefined)
    if (stats) found.set(pid, { cpu: stats.cpu, memory: stats.memory })
  }
  pidusage.clear() // Else it keeps a timer, and the process, alive.
  return found
}
