import {
  type Behaviour,
  celeryLike,
  diesAfter,
  diesAtOnce,
  drains,
  forksChild,
  forksDaemon,
  ignoresTerm,
  rewritesEnviron,
  sleeper,
} from '../index.ts'
import { heeds } from './heeders.ts'
import { lies, talks, withPidfile } from './talkers.ts'

interface Worker {
  /** The program, and what it does. */
  readonly path: string
  readonly behaviour: Behaviour
  /** What `start` needs to be told to start it. */
  readonly options: string
  /** What becomes of it when it is started. Default: it is ready sooner or later. */
  readonly start?: 'dies' | 'never ready'
  /** Runs for a while, and ends by itself. */
  readonly leaves?: true
  /** Nothing but KILL ends it. */
  readonly obstinate?: true
  /** Says itself when it is ready, and says the truth. */
  readonly honest?: true
}

const command = (name: string, behaviour: Behaviour, options = '', traits: Partial<Worker> = {}): Worker => {
  const path = `/usr/bin/${name}`
  return { path, behaviour, options: `--kind=command --cmd=${path} --startsecs=20ms${options}`, ...traits }
}

const celery = (behaviour: Behaviour, options = '', traits: Partial<Worker> = {}): Worker => ({
  path: '/usr/bin/celery',
  behaviour,
  options: `--kind=celery -A tasks --startsecs=20ms${options}`,
  ...traits,
})

/** Takes its time to end, as a worker with jobs does; its child goes on a little longer than it does itself. */
const familyFather: Behaviour = forksChild(drains(40), drains(30))

const SOON = ' --start-timeout=400ms'

const WORKERS = {
  sleeper: command('sleeper', sleeper),
  drains: command('drains', drains(200)),
  celeryLike: celery(celeryLike({ bootMs: 30, drainMs: 60 })),
  forksChild: command('forks', familyFather),
  rewritesEnviron: command('rewrites', rewritesEnviron(drains(50), 'rewritten: busy')),
  ignoresTerm: command('ignores', ignoresTerm, '', { obstinate: true }),
  ignoresWithChild: command('ignores', forksChild(ignoresTerm, ignoresTerm), '', { obstinate: true }),
  diesAtOnce: command('dies', diesAtOnce(3, 'boom\n'), '', { start: 'dies' }),
  diesInBoot: celery({ onExec: (self) => self.after(15, () => self.exit(1)), bootMs: 1000 }, SOON, { start: 'dies' }),
  hangsInBoot: celery(celeryLike({ bootMs: 1e9 }), SOON, { start: 'never ready' }),
  leaves: command('leaves', drains(40, diesAfter(300, 0)), '', { leaves: true }),
  leavesDaemon: command('daemon', forksDaemon(sleeper, drains(50))),
  talks: command('talks', talks(0, 40), '', { honest: true }),
  talksLate: command('talks', talks(250, 40), '', { honest: true }),
  talksOnAndOn: command('talks', talks(Infinity, 40), SOON, { honest: true, start: 'never ready' }),
  heeds: command('heeds', heeds(), '', { honest: true }),
  lies: command('lies', lies(drains(30))),
  app: {
    path: '/usr/bin/node',
    behaviour: withPidfile(talks(60, 40)),
    options: '--kind=app -A ./app.mjs',
    honest: true,
  },
} satisfies Record<string, Worker>

export type WorkerName = keyof typeof WORKERS

export const workerOf = (name: WorkerName): Worker => WORKERS[name]
