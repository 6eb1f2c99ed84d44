import type { AbsPath, NodeName } from '../../../src/model/names.ts'
import type { Target } from '../../../src/model/spec.ts'

export const path = (text: string): AbsPath => text as AbsPath

const target = (short: string): Target => ({
  name: `${short}@host` as NodeName,
  short,
  fleet: '/srv/shop',
  pidfile: path(`/run/shop/${short}.pid`),
  logfile: path(`/var/log/shop/${short}.log`),
})

export const w1 = target('w1')
export const w2 = target('w2')

/** What a reporter wrote, stream by stream. */
export function written() {
  const streams = { stdout: '', stderr: '' }
  return {
    streams,
    out: (text: string): void => {
      streams.stdout += text
    },
    err: (text: string): void => {
      streams.stderr += text
    },
  }
}

export const quote = (argv: readonly string[]): string =>
  argv.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')

export const ESC = String.fromCharCode(27)
