import type { AbsPath, NodeName } from './names.ts'
import type { Signal } from './signals.ts'

/** One option as the worker shall get it, in its canonical spelling: `--concurrency`/`-c` as typed first. */
export interface Opt {
  /** With its dashes. */
  readonly name: string
  readonly value?: string
}

/** What every verb needs of a node: who it is and where its files are. */
export interface Target {
  readonly name: NodeName
  /** The part before `@`. */
  readonly short: string
  readonly fleet: string
  readonly pidfile: AbsPath
  readonly logfile: AbsPath
}

/** One node of a command line, templates expanded. */
export interface NodeSpec extends Target {
  /** 1-based position on the command line. */
  readonly index: number
  readonly options: readonly Opt[]
  /** What stood behind `--`. */
  readonly passthrough: readonly string[]
  /** `--cmd`, split. */
  readonly cmd?: readonly string[]
  /** `--append`, split. */
  readonly append?: readonly string[]
  readonly executable?: string
  /** `--kind` */
  readonly kind?: string
  /** Whether the line named these itself, or they are the defaults. */
  readonly given: { readonly pidfile: boolean; readonly logfile: boolean }
}

export type KindName = 'celery' | 'app' | 'command'

/** Everything needed to start one worker, and to stop it without asking its kind again. */
export interface LaunchPlan extends Target {
  readonly kind: KindName
  readonly argv: readonly [AbsPath, ...string[]]
  readonly cwd: AbsPath
  /** What is added to the caller's environment. */
  readonly env: Readonly<Record<string, string>>
  /** Names in `env` whose values hold one of the caller's (PYTHONPATH with ours before it): such a value is not recorded. */
  readonly unrecorded?: readonly string[]
  readonly pidfileOwner: 'manager' | 'worker'
  /**
   * What counts as ready while there are no vitals. `vitals`: nothing else. `pidfile`: its own pidfile. `alive`: it lived for
   * startsecs. `pidfile+alive`: both (Celery writes its pidfile early). Believable vitals always count.
   */
  readonly ready: 'vitals' | 'pidfile' | 'pidfile+alive' | 'alive'
  readonly stop: {
    readonly warm: Signal
    /** Running jobs are given back. `softWhen: 'said'`: only if its vitals say that this works. */
    readonly soft?: Signal
    readonly softWhen?: 'said'
    readonly cold: Signal
  }
  /** Where it may write what it knows of itself; set when the directory for it has been made. */
  readonly vitals?: AbsPath
  /** How it is told to take no more jobs, and to take jobs again. Absent: it cannot be told. */
  readonly quiet?: Quieting
  /** A variable that, set to this in the worker's environment, changes what its warm signal does. */
  readonly caution?: { readonly variable: string; readonly value: string; readonly text: string }
  readonly uid?: number
  readonly gid?: number
  readonly umask?: number
  /** Why this kind, for `show --verbose`. */
  readonly why: string
  /** Sentences about what was changed on the way from the command line to argv (`--detach` left out). Not recorded. */
  readonly notes?: readonly string[]
}

/** By a signal to the leader, or by a program of its kind, run once for each queue. */
export type Quieting =
  | { readonly by: 'signal'; readonly quiet: Signal; readonly resume: Signal }
  | {
      readonly by: 'program'
      /** The queue's name is put behind each. */
      readonly quiet: readonly [string, ...string[]]
      readonly resume: readonly [string, ...string[]]
      /** What it takes jobs from when it does not say so itself in its vitals. */
      readonly queues: readonly string[]
    }
