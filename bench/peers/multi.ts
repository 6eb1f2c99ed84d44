import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Candidate, Command, Fleet } from '../peer.ts'
import type { Found } from '../processes.ts'
import { namedByPidfiles, pidfilesIn } from './pidfiles.ts'

const MULTI = fileURLToPath(new URL('../../bin/multi.js', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

export const multi = (...line: string[]): Command => [process.execPath, MULTI, ...line]

function prepare(directory: string, count: number): Fleet {
  const run = join(directory, 'run')
  return {
    env: { MULTI_RUN_DIR: run, MULTI_LOG_DIR: join(directory, 'log'), MULTI_STATE_DIR: join(directory, 'state') },
    start: multi('start', String(count), '--cmd', 'sleep 3600', '--startsecs', '0'),
    status: multi('status', String(count)),
    stop: multi('stopwait', String(count)),
    expectUp: (workers) => expectRecords(run, workers),
    expectDown: () => expectNothing(run),
  }
}

/** Each worker is named by a pidfile, and a record holds the verified identity of that very process. */
function expectRecords(run: string, workers: readonly Found[]): void {
  for (const [name, { pid, startTicks }] of namedByPidfiles(run, workers)) {
    const { identity } = JSON.parse(readFileSync(join(run, `.${name}.multi.json`), 'utf8')).launch
    if (identity.pid !== pid || identity.startTicks !== startTicks) throw new Error(`${name}: a record of another`)
  }
}

/** No pidfile, beside the records nothing where pidfiles are, and no worker's last words. */
function expectNothing(run: string): void {
  const found = existsSync(run) ? readdirSync(run, { recursive: true, encoding: 'utf8' }) : []
  const litter = found.filter((name) => !name.endsWith('.multi.json') && !/^vitals(\/\d+)?$/.test(name))
  if (litter.length + pidfilesIn(run).length > 0) throw new Error(`left: ${litter.join(' ')}`)
}

export const findMulti = (): Candidate => ({
  version,
  stays: '',
  cold: { command: multi('--version'), says: '--version' },
  notes: {},
  prepare,
})
