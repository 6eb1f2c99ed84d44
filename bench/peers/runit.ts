import { type Candidate, FEW, type Fleet } from '../peer.ts'
import { findProgram, packageVersion } from './find.ts'
import { writeServices } from './services.ts'

/** `sv` gives up after 7 s else. */
const PATIENCE = ['-w', '600']

function prepare(runsvdir: string, sv: string, directory: string, count: number): Fleet {
  const { all, each } = writeServices(directory, count)
  return {
    start: [runsvdir, all],
    foreground: true,
    status: [sv, 'status', ...each],
    stop: [sv, ...PATIENCE, 'stop', ...each],
    startAgain: [sv, ...PATIENCE, 'start', ...each],
    end: 'SIGHUP', // TERM would leave each runsv with its worker.
  }
}

export function findRunit(): Candidate {
  const [runsvdir, sv] = [findProgram('runsvdir'), findProgram('sv')]
  if (!runsvdir || !sv) return { missing: '`apt-get install runit`' }
  return {
    version: packageVersion('runit'),
    stays: 'one, and one for each worker',
    cold: { command: [sv], says: 'usage', code: 100 },
    notes: { returned: 'runsvdir and s6-svscan stay in the foreground.' },
    limits: FEW,
    prepare: (directory, count) => prepare(runsvdir, sv, directory, count),
  }
}
