export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

type Say = (message: string, fields?: Readonly<Record<string, unknown>>) => void
export type Log = Readonly<Record<Level, Say>>

/** A disk that fills up, or a reader that went away, must not end a worker in the middle of a job. */
export function keepWritingHarmless(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

const oneLine = (text: string): string => text.replaceAll('\r', '\\r').replaceAll('\n', '\\n')

function rendered(value: unknown): string {
  if (typeof value === 'string') return /^[^\s="]+$/.test(value) ? value : JSON.stringify(value)
  if (value instanceof Error) return JSON.stringify(value.message)
  try {
    // Its type does not say so: undefined and functions have no JSON.
    return String(JSON.stringify(value))
  } catch {
    // Circular, or a BigInt: better half a line than none.
    return String(value)
  }
}

/** `2026-11-20T12:00:00.000Z INFO  w1@host message key=value`, one line per call. Synchronous: stdout is a file or a pipe (Node, process I/O). */
export function makeLog(name: string, threshold: Level): Log {
  const say = (level: Level): Say => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return () => {}
    const label = level.toUpperCase().padEnd(5)
    return (message, fields = {}) => {
      const more = Object.entries(fields).map(([key, value]) => ` ${key}=${rendered(value)}`)
      process.stdout.write(`${new Date().toISOString()} ${label} ${name} ${oneLine(message + more.join(''))}\n`)
    }
  }
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}

/** An error of the app: one line to find, and its stack as it is, because that says where in the app. */
export function logFailure(log: Log, what: string, error: unknown): void {
  log.error(`${what}: ${error instanceof Error ? error.message : rendered(error)}`)
  if (error instanceof Error && error.stack !== undefined) process.stdout.write(`${error.stack}\n`)
}
