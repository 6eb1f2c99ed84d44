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
    summary: 'how many jobs at once, for the app to heed; of a pool, how many children (1)',
  },
  loglevel: { placeholder: 'LEVEL', summary: 'debug, info, warning or error (info)' },
  level: { placeholder: 'LEVEL', summary: 'the same as --loglevel, which wins' },
  pool: { placeholder: 'POOL', summary: 'async: one process (default); prefork: -c children that do one job each' },
  'max-tasks-per-child': { placeholder: 'N', summary: 'prefork: replace a child that has done so many jobs' },
  maxtasksperchild: { placeholder: 'N', summary: 'the same' },
  'max-memory-per-child': {
    placeholder: 'KIB',
    summary: 'prefork: replace a child that has taken more resident memory, in KiB',
  },
  maxmemperchild: { placeholder: 'KIB', summary: 'the same' },
  autoscale: {
    placeholder: 'MAX,MIN',
    summary: 'prefork: between so many children, by the jobs that run and wait; -c is not used then',
  },
  pidfile: { placeholder: 'PATH', summary: 'written when the app is ready, removed at exit' },
  logfile: {
    placeholder: 'PATH',
    summary: 'standard output already is that file: the name is for HUP, and for children (%i, %I)',
  },
  workdir: { placeholder: 'DIR', summary: 'go there first' },
  uid: { placeholder: 'USER', summary: 'become that user, with its supplementary groups' },
  gid: { placeholder: 'GROUP', summary: 'become that group' },
  umask: { placeholder: 'OCTAL', summary: 'set the umask' },
}
