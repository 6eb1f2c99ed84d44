import { type Candidate, FEW, type Fleet } from '../peer.ts'
import { findProgram, packageVersion } from './find.ts'
import { writeServices } from './services.ts'

/** Services, at most; the default is 500. */
const MOST = '2000'

/** Its tools take one service each: a loop, as its users write it. */
const forEach = (command: string, after = ''): [string, ...string[]] => [
  '/bin/sh',
  '-c',
  `for service; do ${command} "$service" || exit; done; ${after}`,
  'loop',
]

function prepare(svscan: string, directory: string, count: number): Fleet {
  const { all, each } = writeServices(directory, count)
  return {
    start: [svscan, '-c', MOST, '-t', '0', all],
    foreground: true,
    status: [...forEach('s6-svstat'), ...each],
    stop: [...forEach('s6-svc -d', 's6-svwait -a -D "$@"'), ...each],
    startAgain: [...forEach('s6-svc -u', 's6-svwait -a -u "$@"'), ...each],
    end: 'SIGTERM',
  }
}

export function findS6(): Candidate {
  const svscan = findProgram('s6-svscan')
  if (!svscan) return { missing: '`apt-get install s6`' }
  return {
    version: packageVersion('s6'),
    stays: 'one, and one for each worker',
    cold: { command: ['s6-svstat'], says: 'usage', code: 100 },
    notes: {
      returned: 'runsvdir and s6-svscan stay in the foreground.',
      status: 'One process for each worker: a loop in a shell.',
    },
    limits: FEW,
    prepare: (directory, count) => prepare(svscan, directory, count),
  }
}
