import type { OptionRule } from '../spec/grammar.ts'

export type VerbName =
  | 'start'
  | 'stop'
  | 'stopwait'
  | 'restart'
  | 'kill'
  | 'forget'
  | 'quiet'
  | 'resume'
  | 'status'
  | 'show'
  | 'names'
  | 'expand'
  | 'get'
  | 'help'

/** An option of multi itself. From this table come parsing, help and completion; the manual is checked against it. */
export interface Setting extends OptionRule {
  readonly setting: true
  /** What its value is called in help. */
  readonly placeholder?: string
  readonly verbs: readonly VerbName[]
  readonly summary: string
}

const CHANGES: readonly VerbName[] = ['start', 'stop', 'stopwait', 'restart', 'kill', 'forget']
const ACTIONS: readonly VerbName[] = [...CHANGES, 'quiet', 'resume']
const EVERY: readonly VerbName[] = [...ACTIONS, 'status', 'show', 'names', 'expand', 'get']

const flag = (names: Setting['names'], verbs: readonly VerbName[], summary: string): Setting => ({
  names,
  arity: 'flag',
  setting: true,
  verbs,
  summary,
})

const value = (names: Setting['names'], placeholder: string, verbs: readonly VerbName[], summary: string): Setting => ({
  names,
  arity: 'value',
  setting: true,
  placeholder,
  verbs,
  summary,
})

export const settings: readonly Setting[] = [
  value(
    ['--startsecs'],
    'DURATION',
    ['start', 'restart'],
    'how long a worker that cannot say that it is ready must live to count as started (1s)',
  ),
  value(['--start-timeout'], 'DURATION', ['start', 'restart'], 'how long a worker may take to be ready (60s)'),
  value(['--jobs'], 'N', ['start', 'restart'], 'at most N nodes at once (all)'),
  value(
    ['--timeout'],
    'DURATION',
    ['stopwait', 'restart', 'quiet', 'resume'],
    'how long to wait for a node to be gone (no limit), or to answer (30s)',
  ),
  value(
    ['--then'],
    'WHAT',
    ['start', 'stopwait', 'restart'],
    'at the limit: leave (default), soft, kill or soft,kill (stopwait, restart), stop (start)',
  ),
  value(
    ['--orphan-grace'],
    'DURATION',
    ['stopwait', 'restart'],
    'how long processes that a worker leaves behind may go on before they get TERM (10s)',
  ),
  {
    names: ['--rolling'],
    arity: 'optional',
    setting: true,
    placeholder: 'N|%',
    verbs: ['restart'],
    summary: 'at most N nodes, or that share, down at once (1); halts at the first that does not come back',
  },
  value(['--fleet'], 'NAME', EVERY, 'the fleet that is meant, or started (the directory of the call)'),
  flag(['--takeover'], ['start', 'restart'], 'start a node though its worker may live in another container'),
  flag(['--all'], [...ACTIONS.filter((verb) => verb !== 'forget'), 'status'], 'every recorded node of every fleet'),
  value(
    ['--wait-lock'],
    'DURATION',
    CHANGES,
    'how long to wait for another multi that is changing the same nodes (10s)',
  ),
  value(['--audit-log'], 'FILE', ACTIONS, 'append a JSON line for each node to FILE (MULTI_AUDIT_LOG)'),
  flag(['--stats'], ['status'], 'CPU and memory of each worker'),
  flag(['--json'], EVERY, 'print one JSON document and nothing else on standard output'),
  flag(['--verbose'], EVERY, 'print more: command lines, pids, why a kind was chosen'),
  flag(['--quiet', '-q'], EVERY, 'print failures only'),
  flag(['--no-color'], EVERY, 'no colours (also NO_COLOR)'),
  flag(['--nosplash'], EVERY, 'no banner'),
]
