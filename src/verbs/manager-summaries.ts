interface Summary {
  readonly placeholder: string
  readonly text: string
}

/** What the options that make a node say in help. Each may be given per node, as in `--cmd:w1=…`, but those that make names. */
export const managerSummaries: Readonly<Record<string, Summary>> = {
  '--cmd': {
    placeholder: 'COMMAND',
    text: 'the program and its arguments, instead of a Celery worker or an app (MULTI_CMD)',
  },
  '--append': { placeholder: 'ARGUMENTS', text: 'put behind everything else on the command line of the worker' },
  '--executable': { placeholder: 'PROGRAM', text: 'the Python of a Celery worker, the Node of an app' },
  '--kind': { placeholder: 'KIND', text: 'celery, app or command, where the rest does not say' },
  '--pidfile': { placeholder: 'PATH', text: 'where the pid is kept, with %n in it (RUN/%n.pid)' },
  '--logfile': { placeholder: 'PATH', text: 'where the worker logs, with %n and %I in it (LOG/%n%I.log)' },
  '--hostname': { placeholder: 'HOST', text: 'the part of node names behind @ (this machine)' },
  '--prefix': { placeholder: 'TEXT', text: 'put before each name' },
  '--suffix': { placeholder: 'TEXT', text: 'put behind the @ instead of the host; "" for none' },
  '--range-prefix': { placeholder: 'TEXT', text: 'names of a range are this and a number (celery)' },
}
