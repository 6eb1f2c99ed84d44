import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { BASE } from './stage.ts'

/** What the numbers depend on, in one line: nothing that names the machine. */
export function machine(): string {
  const [cpu] = cpus()
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0)
  const fileSystem = execFileSync('stat', ['--file-system', '--format=%T', BASE], { encoding: 'utf8' }).trim()
  const model = (cpu?.model ?? 'unknown CPU').replaceAll(/\s+/g, ' ').trim()
  const load = loadavg()[0]?.toFixed(1)
  return `${cpus().length} × ${model}, ${gigabytes} GB, Linux ${release()}, Node ${process.version}, files on ${fileSystem}, load ${load} at the start`
}
