import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate, type Command, FEW, type Fleet, names } from '../peer.ts'
import { findProgram, lastLine } from './find.ts'

/** Its default, or what so many workers need: before each start it closes as many, so not more than that. */
const descriptors = (count: number): number => Math.max(1024, 3 * count + 100)

const daemon = (directory: string, count: number): string => `
[unix_http_server]
file=${directory}/socket
[supervisord]
logfile=${directory}/supervisord.log
pidfile=${directory}/supervisord.pid
childlogdir=${directory}
minfds=${descriptors(count)}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${directory}/socket
`

const program = (directory: string, name: string): string => `
[program:${name}]
command=/bin/sleep 3600
startsecs=0
redirect_stderr=true
stdout_logfile=${directory}/${name}.log
`

function prepare(supervisord: string, supervisorctl: string, directory: string, count: number): Fleet {
  const file = join(directory, 'supervisord.conf')
  writeFileSync(file, [daemon(directory, count), ...names(count).map((name) => program(directory, name))].join(''))
  const control = (...words: string[]): Command => [supervisorctl, '-c', file, ...words]
  return {
    start: [supervisord, '-c', file],
    status: control('status'),
    stop: control('stop', 'all'),
    startAgain: control('start', 'all'),
    end: control('shutdown'),
  }
}

export function findSupervisor(): Candidate {
  const [supervisord, supervisorctl] = [findProgram('supervisord'), findProgram('supervisorctl')]
  if (!supervisord || !supervisorctl) return { missing: '`apt-get install supervisor`' }
  return {
    version: lastLine(supervisord, '--version') ?? '',
    stays: 'one',
    cold: { command: [supervisord, '--version'], says: '--version' },
    notes: { returned: 'supervisord returns when it is in the background, before it starts the workers.' },
    limits: FEW,
    prepare: (directory, count) => prepare(supervisord, supervisorctl, directory, count),
  }
}
