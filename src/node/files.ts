import type { AbsPath } from '../model/names.ts'
import type { Identity } from '../model/process.ts'

/**
 * Where a node's own files are: beside its pidfile, so that whoever can name the pidfile finds them, as any user.
 *
 *     w1.pid                       digits and a newline
 *     .w1.pid.multi.json           the record
 *     .w1.pid.multi.json.PID-TICKS a record being written by that process
 *     .w1.pid.multi.claim.N        the right to make change N (a symlink: its text is the claim)
 *     .multi.lock                  the queue of those who have found a claim taken: of all nodes there
 */
const beside = (pidfile: AbsPath, suffix: string): AbsPath => {
  const slash = pidfile.lastIndexOf('/')
  return `${pidfile.slice(0, slash)}/.${pidfile.slice(slash + 1)}.multi.${suffix}` as AbsPath
}

/**
 * What a worker that heeds wishes is asked for, beside its vitals: a symbolic link whose text is the wish. It is there whole or
 * not at all, leads nowhere, and needs no owner: the directory is the worker's user's, who takes it away.
 */
export const wishPath = (vitals: AbsPath): AbsPath => `${vitals}.wish` as AbsPath

export const directoryOf = (path: AbsPath): AbsPath => (path.slice(0, path.lastIndexOf('/')) || '/') as AbsPath

export const nameOf = (path: AbsPath): string => path.slice(path.lastIndexOf('/') + 1)

export const recordPath = (pidfile: AbsPath): AbsPath => beside(pidfile, 'json')

export const draftPath = (pidfile: AbsPath, writer: Identity): AbsPath =>
  beside(pidfile, `json.${writer.pid}-${writer.startTicks}`)

export const claimPath = (pidfile: AbsPath, generation: number): AbsPath => beside(pidfile, `claim.${generation}`)

/** The name of the pidfile beside which a record has this name; undefined: it is no record. */
export const pidfileOfRecord = (name: string): string | undefined => /^\.(.+)\.multi\.json$/.exec(name)?.[1]

/** What a name in a pidfile directory is of ours, if anything: what a killed command may have left. */
export type Litter =
  | { readonly kind: 'draft'; readonly pidfile: string; readonly pid: number; readonly startTicks: number }
  | { readonly kind: 'claim'; readonly pidfile: string; readonly generation: number }

const LITTER = /^\.(.+)\.multi\.(?:json\.(\d+)-(\d+)|claim\.(\d+))$/

export function litterOf(name: string): Litter | undefined {
  const [, pidfile, pid, ticks, generation] = LITTER.exec(name) ?? []
  if (pidfile === undefined) return undefined
  return generation === undefined
    ? { kind: 'draft', pidfile, pid: Number(pid), startTicks: Number(ticks) }
    : { kind: 'claim', pidfile, generation: Number(generation) }
}
