import type { AbsPath } from '../model/names.ts'
import type { System } from '../system/port.ts'

/** Where nodes without paths of their own go. */
export interface Directories {
  readonly run: AbsPath
  readonly log: AbsPath
  readonly state: AbsPath
}

export type Environment = Readonly<Record<string, string | undefined>>

interface Candidate {
  readonly path: string
  /** May stand in a directory that is everyone's (/var/tmp), if it itself is ours. */
  readonly shared?: boolean
}

const first = (list: string | undefined): string | undefined => list?.split(':')[0]

/** In order of preference. systemd's variables come first; a colon list of them means several, of which ours is the first. */
function candidates(env: Environment, uid: number, kind: keyof Directories): Candidate[] {
  const home = env['HOME']
  const state = home && `${home}/.local/state/multi`
  const lists: Record<keyof Directories, (string | undefined)[]> = {
    run: [
      first(env['RUNTIME_DIRECTORY']),
      uid === 0 ? '/run/multi' : undefined,
      env['XDG_RUNTIME_DIR'] && `${env['XDG_RUNTIME_DIR']}/multi`,
      state && `${state}/run`,
    ],
    log: [first(env['LOGS_DIRECTORY']), uid === 0 ? '/var/log/multi' : undefined, state && `${state}/log`],
    state: [first(env['STATE_DIRECTORY']), uid === 0 ? '/var/lib/multi' : undefined, state],
  }
  const own = lists[kind].filter((path): path is string => path !== undefined && path.startsWith('/'))
  // A daemon's user often has no home that it may write to (www-data, nobody).
  const last = ['/var/tmp', '/tmp'].map((tmp) => ({ path: `${tmp}/multi-${uid}/${kind}`, shared: true }))
  return [...own.map((path) => ({ path })), ...last]
}

const OVERRIDES = { run: 'MULTI_RUN_DIR', log: 'MULTI_LOG_DIR', state: 'MULTI_STATE_DIR' } as const

/** Touches nothing: the directories are made when something is to be put there. */
export async function findDirectories(system: System, env: Environment, cwd: string): Promise<Directories> {
  const find = async (kind: keyof Directories): Promise<AbsPath> => {
    const override = env[OVERRIDES[kind]]
    if (override) return (override.startsWith('/') ? override : `${cwd}/${override}`) as AbsPath
    const all = candidates(env, system.self.uid, kind)
    for (const candidate of all) if (await isUsable(system, candidate)) return candidate.path as AbsPath
    return all[0]?.path as AbsPath // Nothing is: the error will name this one.
  }
  return { run: await find('run'), log: await find('log'), state: await find('state') }
}

/** Those that are ours only as long as they belong to us: not those of our own variables, which are used whosever they are. */
const isFound = (env: Environment, kind: keyof typeof OVERRIDES): boolean => !env[OVERRIDES[kind]]

/** Where a worker of that user writes what it must write itself, if that is not where all files go. */
export const directoryOfUser = (
  env: Environment,
  directories: Directories,
  kind: 'run' | 'log',
  uid: number,
): AbsPath | undefined => (isFound(env, kind) ? (`${directories[kind]}/uid-${uid}` as AbsPath) : undefined)

/** What is not given to a worker's user, though it is made for that worker. */
export const neverGiven = (env: Environment, directories: Directories): ReadonlySet<AbsPath> =>
  new Set((['run', 'log'] as const).filter((kind) => isFound(env, kind)).map((kind) => directories[kind]))

/**
 * Ours and writable, or to be made in a directory that is. `su` keeps root's variables, so a path that is set
 * and writable for somebody else is passed over. Where everyone may write, a symlink may be anybody's trap: none is followed.
 */
async function isUsable(system: System, { path, shared = false }: Candidate): Promise<boolean> {
  let at = path
  for (;;) {
    const facts = await system.stat(at as AbsPath)
    if (facts) {
      if (facts.kind !== 'directory' && facts.kind !== 'symlink') return false
      const ours = facts.uid === system.self.uid && (facts.mode & 0o022) === 0
      const everyones = shared && (at === '/var/tmp' || at === '/tmp')
      return (
        (ours || everyones || (facts.kind === 'symlink' && at !== path && !shared)) &&
        (await system.access(at as AbsPath, 'write'))
      )
    }
    if (at === '/') return false
    at = at.slice(0, at.lastIndexOf('/')) || '/'
  }
}
