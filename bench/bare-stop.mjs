// The floor for `multi stopwait`: TERM to each pid that a pidfile holds, look until all are dead, remove the pidfiles. It trusts
// the pids. Zombies count as dead, as they do for multi: else this would wait for PID 1 to reap them.
//     node bare-stop.mjs DIRECTORY
import { readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const LOOK_MS = 5

const isAlive = (pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] !== 'Z'
  } catch {
    return false
  }
}

const [directory] = process.argv.slice(2)
const pidfiles = readdirSync(directory).filter((name) => name.endsWith('.pid'))
let waiting = pidfiles.map((name) => Number(readFileSync(`${directory}/${name}`, 'latin1')))
for (const pid of waiting) process.kill(pid, 'SIGTERM')
for (;;) {
  waiting = waiting.filter(isAlive)
  if (waiting.length === 0) break
  await setTimeout(LOOK_MS)
}
for (const name of pidfiles) unlinkSync(`${directory}/${name}`)
