import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate, FEW, type Fleet, names } from '../peer.ts'
import { findProgram, lastLine } from './find.ts'

const app = (directory: string, name: string): object => ({
  name,
  script: '/bin/sleep',
  args: ['3600'],
  interpreter: 'none',
  exec_mode: 'fork',
  vizion: false, // Else it looks for a git repository of each.
  out_file: join(directory, `${name}.log`),
  error_file: join(directory, `${name}.log`),
})

function prepare(pm2: string, directory: string, count: number): Fleet {
  const file = join(directory, 'fleet.json')
  writeFileSync(file, JSON.stringify({ apps: names(count).map((name) => app(directory, name)) }))
  return {
    env: { PM2_HOME: directory, PM2_DISABLE_VERSION_CHECK: '1' },
    start: [pm2, 'start', file],
    status: [pm2, 'status'],
    stop: [pm2, 'stop', 'all'],
    startAgain: [pm2, 'start', 'all'],
    end: [pm2, 'kill'],
  }
}

/** Its `--version` starts its daemon, so the version is read from the package that the command is in. */
const versionOf = (pm2: string): string | undefined =>
  lastLine(process.execPath, '-p', `require(${JSON.stringify(join(pm2, '../../package.json'))}).version`)

export function findPm2(): Candidate {
  const found = process.env['MULTI_BENCH_PM2'] ?? findProgram('pm2')
  const version = found && versionOf(realpathSync(found))
  if (!found || version === undefined) {
    return { missing: '`npm install --prefix DIR pm2` and `MULTI_BENCH_PM2=DIR/node_modules/.bin/pm2`' }
  }
  return {
    version,
    stays: 'one',
    cold: { command: [found, '--version'], says: '--version' },
    notes: { cold: 'With the daemon up: any command of PM2 starts it otherwise.' },
    limits: { ...FEW, 100: 2, 1000: 1 },
    againUpTo: 100,
    prepare: (directory, count) => prepare(found, directory, count),
  }
}
