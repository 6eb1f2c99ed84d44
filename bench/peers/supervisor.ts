import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Absent, type Fleet, names, type Peer } from '../peer.ts'
import { findProgram, lastLine } from './find.ts'

/** Three for each worker, and some; its own default would do for 300 workers. */
const DESCRIPTORS = 4096

const daemon = (directory: string): string => `
[unix_http_server]
file=${directory}/socket
[supervisord]
logfile=${directory}/supervisord.log
pidfile=${directory}/supervisord.pid
childlogdir=${directory}
minfds=${DESCRIPTORS}
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
  writeFileSync(file, [daemon(directory), ...names(count).map((name) => program(directory, name))].join(''))
  const control = (...words: string[]): [string, ...string[]] => [supervisorctl, '-c', file, ...words]
  return {
    start: [supervisord, '-c', file],
    status: control('status'),
    stop: control('stop', 'all'),
    startAgain: control('start', 'all'),
    end: control('shutdown'),
  }
}

export function findSupervisor(): Peer | Absent {
  const [supervisord, supervisorctl] = [findProgram('supervisord'), findProgram('supervisorctl')]
  if (!supervisord || !supervisorctl) return { name: 'supervisord', missing: '`apt-get install supervisor`' }
  return {
    name: 'supervisord',
    version: lastLine(supervisord, '--version') ?? '',
    stays: 'one',
    cold: { command: [supervisord, '--version'], says: '--version' },
    notes: { returned: 'supervisord returns when it is in the background, before it starts the workers.' },
    prepare: (directory, count) => prepare(supervisord, supervisorctl, directory, count),
  }
}
