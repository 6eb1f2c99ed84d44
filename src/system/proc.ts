import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { ProcessFacts } from '../model/process.ts'
import { codeOf, codeOfRead, stackless } from './fault.ts'
import type { ProcessRead } from './port.ts'

/** Of /proc/PID/stat, as far as anyone here reads it: the start time. */
const LAST_FIELD = 22

/**
 * Parses /proc/PID/stat, proc(5). The name in field 2 may hold spaces and brackets, so fields count from the last `)`.
 */
export function parseStat(line: string): ProcessFacts | undefined {
  const end = line.lastIndexOf(')')
  const rest = line.slice(end + 2).split(' ', LAST_FIELD - 2)
  const number = (field: number): number => Number(rest[field - 3])
  const facts = {
    pid: Number.parseInt(line, 10),
    state: rest[0] ?? '',
    ppid: number(4),
    pgrp: number(5),
    session: number(6),
    threads: number(20),
    startTicks: number(LAST_FIELD),
  }
  return end > 0 && Number.isSafeInteger(facts.startTicks) ? facts : undefined
}

/** PID_MAX_LIMIT, proc(5). */
const HIGHEST_PID = 2 ** 22

/** Whether nobody has this pid: kill(2) knows it also where /proc shows nothing. */
function isNobodys(pid: number): boolean {
  if (pid < 1 || pid > HIGHEST_PID) return true
  try {
    stackless(() => process.kill(pid, 0))
    return false
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

/** As UTF-8 a file is one call of Node's. Whatever bytes the name of a process is made of, the numbers stand behind it. */
const AS_TEXT = { encoding: 'utf8', flag: 'r' } as const

/**
 * ENOENT may mean hidden: mounted with hidepid, /proc shows nothing of other users' processes, nor of one's own whose memory is kept
 * from their user (a program with file capabilities, PR_SET_DUMPABLE). Who answers to kill(2) is read once more, because it may have
 * been born between the two, and what cannot be read then lives, unseen.
 */
export function readFacts(pid: number): ProcessRead {
  const read = readOnce(pid)
  if (read.found !== 'nothing' || isNobodys(pid)) return read
  const again = readOnce(pid)
  return again.found === 'nothing' && !isNobodys(pid) ? { found: 'unreadable' } : again
}

function readOnce(pid: number): ProcessRead {
  let text: string
  try {
    text = stackless(() => readFileSync(`/proc/${pid}/stat`, AS_TEXT))
  } catch (error) {
    // ESRCH: it ended between open and read.
    return ['ENOENT', 'ESRCH'].includes(codeOfRead(error)) ? { found: 'nothing' } : { found: 'unreadable' }
  }
  const facts = parseStat(text)
  return facts ? { found: 'process', facts } : { found: 'unreadable' }
}

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return stackless(read)
  } catch (error) {
    codeOfRead(error)
    return undefined // Gone or not ours to look at: both mean "cannot say".
  }
}

const nulSeparated = (text: string): string[] => text.split('\0').filter((part) => part !== '')

export const readCommandLine = (pid: number): readonly string[] | undefined =>
  attempt(() => nulSeparated(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))

export const readEnviron = (pid: number): ReadonlyMap<string, string> | undefined =>
  attempt(
    () =>
      new Map(
        nulSeparated(readFileSync(`/proc/${pid}/environ`, 'utf8')).map((entry): [string, string] => {
          const equals = entry.indexOf('=')
          return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
        }),
      ),
  )

export const readRealUid = (pid: number): number | undefined =>
  attempt(() => {
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return uid === undefined ? undefined : Number(uid)
  })

export const readCwd = (pid: number): string | undefined => attempt(() => readlinkSync(`/proc/${pid}/cwd`))

export const readDescriptor = (pid: number, fd: number): string | undefined =>
  attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))

/** With all digits: inodes of an overlay may have more than a number holds. */
const exactStat = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false })

/** Of a file that may be gone from there: its directory is not. */
const resolved = (path: string): string =>
  attempt(() => realpathSync(path)) ?? `${realpathSync(dirname(path))}/${basename(path)}`

export const writesTo = (pid: number, fd: number, path: string): boolean =>
  attempt(() => {
    const link = `/proc/${pid}/fd/${fd}`
    const open = exactStat(link)
    if (!open?.isFile()) return false
    const there = exactStat(path)
    if (there && there.dev === open.dev && there.ino === open.ino) return true
    // Rotated: the kernel still says where it was (d_path() in fs/d_path.c).
    return open.nlink === 0n && readlinkSync(link) === `${resolved(path)} (deleted)`
  }) ?? false

/** `btime` of /proc/stat: whole seconds, so times derived from it are good to about a second. */
export const readBootTime = (): number | undefined =>
  attempt(() => {
    const seconds = /^btime (\d+)/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]
    return seconds === undefined ? undefined : Number(seconds) * 1000
  })
