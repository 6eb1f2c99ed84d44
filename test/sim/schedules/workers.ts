import {
  type Behaviour,
  celeryLike,
  diesAtOnce,
  drains,
  forksChild,
  forksDaemon,
  ignoresTerm,
  rewritesEnviron,
  sleeper,
} from '../index.ts'

interface Worker {
  /** The program, and what it does. */
  readonly path: string
  readonly behaviour: Behaviour
  /** What `start` needs to be told to start it. */
  readonly options: string
}

const command = (name: string, behaviour: Behaviour): Worker => {
  const path = `/usr/bin/${name}`
  return { path, behaviour, options: `--kind=command --cmd=${path} --startsecs=20ms` }
}

const celery = (behaviour: Behaviour): Worker => ({
  path: '/usr/bin/celery',
  behaviour,
  options: '--kind=celery -A tasks --startsecs=20ms',
})

/** Takes its time to end, as a worker with jobs does; its child goes on a little longer than it does itself. */
const familyFather: Behaviour = forksChild(drains(40), drains(30))

export const WORKERS = {
  sleeper: command('sleeper', sleeper),
  drains: command('drains', drains(200)),
  celeryLike: celery(celeryLike({ bootMs: 30, drainMs: 60 })),
  forksChild: command('forks', familyFather),
  rewritesEnviron: command('rewrites', rewritesEnviron(drains(50), 'rewritten: busy')),
  ignoresTerm: command('ignores', ignoresTerm),
  diesAtOnce: command('dies', diesAtOnce(3, 'boom\n')),
  leavesDaemon: command('daemon', forksDaemon(sleeper, drains(50))),
} satisfies Record<string, Worker>

export type WorkerName = keyof typeof WORKERS
