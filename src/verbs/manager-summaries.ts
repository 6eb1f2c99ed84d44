interface Summary {
  readonly placeholder: string
  readonly text: string
}

/**
 * What the options that make a node say in help. Each may be given for some nodes only, as in `--cmd:w1=…`, but not those
 * that make names.
 */
export const managerSummaries: Readonly<Record<string, Summary>> = {
  '--app': {
    placeholder: 'APP',
    text: 'a Python module of Celery, or a file of JavaScript or TypeScript with :EXPORT',
  },
  '--cmd': {
    placeholder: 'COMMAND',
    text: 'a program and its arguments, quoted as for sh; no shell runs it (MULTI_CMD)',
  },
  '--append': { placeholder: 'ARGUMENTS', text: 'put behind everything else on the command line of the worker' },
  '--executable': { placeholder: 'PROGRAM', text: 'the Python of a Celery worker, the Node of an app' },
  '--kind': { placeholder: 'KIND', text: 'celery, app or command, where the rest does not say' },
  '--workdir': { placeholder: 'DIR', text: 'the working directory of the worker (that of the call)' },
  '--uid': { placeholder: 'USER', text: 'run the worker as that user, by name or number' },
  '--gid': { placeholder: 'GROUP', text: 'run the worker as that group, by name or number' },
  '--umask': { placeholder: 'OCTAL', text: 'the umask of the worker' },
  '--pidfile': { placeholder: 'PATH', text: 'where the pid is kept, with %n in it (RUN/%n.pid)' },
  '--logfile': { placeholder: 'PATH', text: 'where the worker logs, with %n and %I in it (LOG/%n%I.log)' },
  '--hostname': { placeholder: 'HOST', text: 'what stands behind the @ of node names (this machine)' },
  '--prefix': { placeholder: 'TEXT', text: 'put before each name, but not before those of a range' },
  '--suffix': { placeholder: 'TEXT', text: 'put behind the @ instead of the host; "" for nothing' },
  '--range-prefix': { placeholder: 'TEXT', text: 'names of a range are this and a number (celery)' },
}
