import { shortageOf } from '../../src/system/fault.ts'
import type { FaultRule } from './faults.ts'

/** What the real System asks the kernel for to answer each of its looks; a signal looks first at whom it is for. */
const LOOKS: ReadonlyMap<string, string> = new Map([
  ['readFile', 'open'],
  ['stat', 'lstat'],
  ['statTarget', 'stat'],
  ['access', 'access'],
  ['readlink', 'readlink'],
  ['list', 'scandir'],
  ['process', 'open'],
  ['processes', 'scandir'],
  ['realUid', 'open'],
  ['environ', 'open'],
  ['commandLine', 'open'],
  ['workingDirectory', 'readlink'],
  ['descriptor', 'readlink'],
  ['signal', 'open'],
  ['signalGroup', 'open'],
])

/** A worker that was born and could not be looked at: the one shortage that throws after a change. */
export const comesTooLate = (call: string, { leaves }: FaultRule): boolean => call === 'spawn' && leaves === 'all'

/** What the real System throws in the place of an answer (src/system/fault.ts), as Node makes it. */
export function thrownBy(call: string, args: readonly unknown[], rule: FaultRule): Error | undefined {
  const syscall = comesTooLate(call, rule) ? 'open' : LOOKS.get(call)
  const { code } = rule
  if (syscall === undefined || code === undefined) return undefined
  const [about] = args
  const path = call !== 'spawn' && typeof about === 'string' ? about : '/proc'
  const error = Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path })
  return shortageOf(error) === undefined ? undefined : error
}
