import type { hostOptions } from '../worker/options.ts'

interface Summary {
  readonly summary: string
  readonly placeholder: string
}

/** What the options of `multi worker` say in help. */
export const hostSummaries: Readonly<Record<keyof typeof hostOptions, Summary>> = {
  app: { placeholder: 'MODULE', summary: 'the file of the app, with :EXPORT behind it for one of its exports' },
  hostname: { placeholder: 'NAME', summary: 'the full name of the node (worker)' },
  queues: { placeholder: 'LIST', summary: 'queues, separated by commas; the app gets them as an array' },
  concurrency: {
    placeholder: 'N',
    summary: 'how many jobs at once: for the app to heed, or so many processes with -P prefork (1)',
  },
  loglevel: { placeholder: 'LEVEL', summary: 'debug, info, warning or error (info)' },
  level: { placeholder: 'LEVEL', summary: 'the same as --loglevel, which wins' },
  pool: { placeholder: 'NAME', summary: 'async: one process; prefork: -c processes that do one job each (async)' },
  'max-tasks-per-child': { placeholder: 'N', summary: 'replace a process of the pool when it has done N jobs' },
  maxtasksperchild: { placeholder: 'N', summary: 'the same' },
  'max-memory-per-child': { placeholder: 'KIB', summary: 'replace a process of the pool that has taken more memory' },
  maxmemperchild: { placeholder: 'KIB', summary: 'the same' },
  autoscale: { placeholder: 'MAX,MIN', summary: 'between so many processes in the pool, by the jobs there are' },
  pidfile: { placeholder: 'PATH', summary: 'written when the app is ready, removed at exit' },
  logfile: {
    placeholder: 'PATH',
    summary: 'the file that standard output is; with %I in it one for each process of a pool',
  },
  workdir: { placeholder: 'DIR', summary: 'go there first' },
  uid: { placeholder: 'USER', summary: 'become that user, with its supplementary groups' },
  gid: { placeholder: 'GROUP', summary: 'become that group' },
  umask: { placeholder: 'OCTAL', summary: 'set the umask' },
}
