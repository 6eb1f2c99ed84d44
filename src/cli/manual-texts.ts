/** What stands below the options in help. Lines of at most 78 columns, so that no terminal breaks them. */

const SELECTORS = `A selector behind an option means some nodes only: positions, ranges, names.
  -c:1 9   -Q:1-3 images,video   -L:4,5 debug   --queues:w1=mail
In values: %n name, %h full name, %d host, %i and %I pool index, %% percent.
Durations: 90 (seconds), 500ms, 30s, 10m, 2h, 1d.`

const EXITS = `Exit codes: 0 every node reached what was asked, 1 some did not, 2 usage,
4 permission or unknown process, 5 program or module not found,
6 bad configuration, 70 internal error, 75 locked by another multi,
124 time limit, 130 interrupted.`

const STATUS_EXITS = `Exit codes of status: 0 alive, 1 dead but its pidfile or processes are left,
3 stopped, 4 cannot be told.`

const ENVIRONMENT = `Environment: MULTI_RUN_DIR, MULTI_LOG_DIR, MULTI_STATE_DIR say where files go,
before RUNTIME_DIRECTORY, LOGS_DIRECTORY, STATE_DIRECTORY and XDG_RUNTIME_DIR;
MULTI_CMD is a default for --cmd, MULTI_AUDIT_LOG for --audit-log; NO_COLOR;
C_FAKEFORK keeps start in the foreground. MULTI_BRIDGE=0 starts Celery workers
without the bridge, which is found by PYTHONPATH; AUTOSCALE_KEEPALIVE is how
many seconds a child of --autoscale may idle. Workers get MULTI_NODE,
MULTI_INDEX, MULTI_PIDFILE, MULTI_LOGFILE, MULTI_LAUNCH, MULTI_VITALS and
SPT_NOENV, apps MULTI_NODE_INDEX too. With NODE_DISABLE_COMPILE_CACHE no
compiled code is kept or used.`

const WHAT_RUNS = `-A proj is a Python Celery app, -A ./app.mjs a JavaScript one, --cmd any
program. All other options are handed on to the worker: see multi help worker
and celery worker --help.`

const MORE = 'The whole manual: man multi; how a worker says how it is: man multi-worker'

const paragraphs = (...texts: readonly string[]): string => texts.join('\n\n')

export const EPILOGUE = paragraphs(WHAT_RUNS, SELECTORS, ENVIRONMENT, EXITS, STATUS_EXITS, MORE)
export const VERB_EPILOGUE = paragraphs(SELECTORS, EXITS, MORE)
export const STATUS_EPILOGUE = paragraphs(
  SELECTORS,
  `${STATUS_EXITS}\nOf several nodes the worst: 4, 1, 3, 0. Otherwise as of the other verbs.`,
  MORE,
)
export const HOST_EPILOGUE = paragraphs(
  `The module exports by default, or under the name EXPORT, a thing with close(),
an array of them, or a function that returns one of these. The function gets
{ name, queues, concurrency, logLevel, pool, child, args, signal, log, job,
jobs, reserved, backlog, onQuiet, onResume }.`,
  `TERM and INT close it and wait for running jobs; a second INT aborts signal.
QUIT aborts signal if the app has looked at it, else it ends at once. TSTP
takes no more jobs, CONT takes them again, HUP opens the log again, USR1 writes
to the log what is being done.`,
  MORE,
)
