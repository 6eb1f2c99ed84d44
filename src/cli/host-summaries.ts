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
  concurrency: { placeholder: 'N', summary: 'how many jobs at once, for the app to heed (1)' },
  loglevel: { placeholder: 'LEVEL', summary: 'debug, info, warning or error (info)' },
  level: { placeholder: 'LEVEL', summary: 'the same as --loglevel, which wins' },
  pool: { placeholder: 'NAME', summary: 'handed on to the app' },
  pidfile: { placeholder: 'PATH', summary: 'written when the app is ready, removed at exit' },
  logfile: {
    placeholder: 'PATH',
    summary: 'accepted and not used: the log is standard output, which multi has opened',
  },
  workdir: { placeholder: 'DIR', summary: 'go there first' },
  uid: { placeholder: 'USER', summary: 'become that user, with its supplementary groups' },
  gid: { placeholder: 'GROUP', summary: 'become that group' },
  umask: { placeholder: 'OCTAL', summary: 'set the umask' },
}
