import type { FleetEvent } from '../model/events.ts'
import { unreachable } from '../model/result.ts'
import { type Styles, stylesFor } from './ansi.ts'
import { liveLine } from './live.ts'
import { clean, maskArgv } from './mask.ts'
import { outcomeLines } from './outcome-lines.ts'
import { lines } from './plain.ts'
import { printable } from './printable.ts'
import { liveText, type WaitingEvent, waitingSayer, waitingText } from './waiting.ts'

export interface TextOptions {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly verb: string
  readonly version: string
  /** Monotonic, ms. */
  readonly now: () => number
  /** Makes an argv ready to paste into a shell. */
  readonly quote: (argv: readonly string[]) => string
  readonly color?: boolean
  readonly verbose?: boolean
  readonly quiet?: boolean
  readonly nosplash?: boolean
  /** Only on a terminal: its width. */
  readonly live?: { readonly columns: () => number | undefined } | undefined
}

export interface Reporter {
  readonly emit: (event: FleetEvent) => void
  /** Nothing more will happen. */
  readonly end: () => void
}

/** Their output is read by scripts: no banner there, and `expand` may not say a word more even on stderr. */
const PLAIN_VERBS: ReadonlySet<string> = new Set(['names', 'expand', 'get', 'show'])

/** Prints what happens as Celery does: outcomes, failed ones too, on stdout. */
export function textReporter(options: TextOptions): Reporter {
  if (options.quiet === true) return quietReporter(options)
  if (PLAIN_VERBS.has(options.verb)) return plainReporter(options)
  const styles = stylesFor(options.color === true)
  const wait = waitPrinter(options, (line) => print([line]))
  let banner = options.nosplash === true ? [] : [styles.banner(`multi v${options.version}`)]
  const said = new Set<string>()

  const print = (more: readonly string[]): void => {
    if (more.length === 0) return
    wait.erase()
    options.out(lines([...banner, ...more]))
    banner = []
  }
  return {
    emit(event) {
      if (event.event === 'waiting') return wait.show(event)
      if (event.event === 'starting' || event.event === 'stopping') wait.total(event.count)
      if (event.event === 'signalled') said.add(event.target.name)
      // `stop` is done when it has signalled: the line of the signal is the line of the outcome.
      if (event.event === 'outcome' && event.outcome.result === 'signalled' && said.has(event.outcome.target.name))
        return
      print(eventLines(event, options, styles))
    },
    end: () => wait.erase(),
  }
}

function eventLines(event: Exclude<FleetEvent, WaitingEvent>, options: TextOptions, styles: Styles): string[] {
  switch (event.event) {
    case 'starting':
      return [styles.heading('> Starting nodes...')]
    case 'stopping':
      return [styles.heading('> Stopping nodes...')]
    case 'launching':
      return options.verbose === true
        ? [`\t  ${event.target.name}: ${printable(options.quote(maskArgv(event.argv)))}`]
        : []
    case 'launched':
      return options.verbose === true ? [`\t  ${event.target.name}: pid ${event.pid}`] : []
    case 'signalled':
      return [signalLine(event, options.verb)]
    case 'alert':
      return [`> ${clean(event.text)}`]
    case 'note':
      return [event.target === undefined ? `> ${clean(event.text)}` : `\t> ${event.target.name}: ${clean(event.text)}`]
    case 'outcome':
      return outcomeLines(event.outcome, options.verb, styles)
    default:
      return unreachable(event)
  }
}

function signalLine({ target, pid, signal, group }: Extract<FleetEvent, { event: 'signalled' }>, verb: string): string {
  if (signal === 'KILL' && (group || verb === 'kill')) return `Sending KILL to node ${target.name} (${pid})`
  return `\t> ${target.name}: ${signal} -> ${group ? `group ${pid}` : pid}`
}

interface WaitPrinter {
  show(event: WaitingEvent): void
  total(count: number): void
  erase(): void
}

/** A line that changes where the cursor can go back, a line now and then where it cannot. */
function waitPrinter({ live, now, out }: TextOptions, print: (line: string) => void): WaitPrinter {
  const line = live === undefined ? undefined : liveLine({ write: out, columns: live.columns, now })
  const worthALine = waitingSayer(now)
  let total = 0
  return {
    show(event) {
      total = Math.max(total, event.nodes.length)
      if (event.nodes.length === 0) line?.erase()
      else if (line !== undefined) line.draw(liveText(event, total))
      else if (worthALine(event)) print(waitingText(event))
    },
    total: (count) => {
      total = Math.max(total, count)
    },
    erase: () => line?.erase(),
  }
}

/** Success says nothing, so failures are no part of any output: stderr. */
function quietReporter({ verb, err }: TextOptions): Reporter {
  return {
    emit: (event) => {
      if (event.event === 'outcome' && event.outcome.result === 'failed')
        err(lines(outcomeLines(event.outcome, verb, stylesFor(false))))
      if (event.event === 'alert') err(`multi: ${clean(event.text)}\n`)
    },
    end: () => {},
  }
}

function plainReporter({ verb, err }: TextOptions): Reporter {
  return {
    emit: (event) => {
      if (event.event === 'alert' || (event.event === 'note' && verb !== 'expand')) err(`multi: ${clean(event.text)}\n`)
    },
    end: () => {},
  }
}
