/** Linux signal numbers, signal(7). The same on every architecture that Node supports except MIPS and SPARC. */
const NUMBERS = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
} as const

/** A signal by its name without `SIG`. */
export type Signal = keyof typeof NUMBERS

export const signalNumber = (signal: Signal): number => NUMBERS[signal]

const NAMES = new Map<string, Signal>(
  (Object.keys(NUMBERS) as Signal[]).flatMap((name): [string, Signal][] => [
    [name, name],
    [`SIG${name}`, name],
    [String(NUMBERS[name]), name],
  ]),
)

/** `9`, `INT`, `SIGINT`, `int` → the signal; anything else → undefined. */
export const parseSignal = (text: string): Signal | undefined => NAMES.get(text.toUpperCase())
