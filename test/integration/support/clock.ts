import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rig } from '../../rig/rig.ts'

/** libfaketime, from Debian's package `faketime`: it answers for the wall clock of any program. */
const LIBRARY = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/local/lib']
  .map((directory) => `${directory}/faketime/libfaketimeMT.so.1`)
  .find(existsSync)

export const missing = LIBRARY === undefined ? 'libfaketime is missing: apt-get install faketime' : undefined
export const skip = missing !== undefined && process.env['MULTI_REQUIRE_PEERS'] !== '1'

/** A wall clock that the test sets, for commands and workers that get its environment. */
export class Clock {
  readonly #file: string

  constructor(rig: Rig) {
    if (LIBRARY === undefined) throw new Error(missing)
    this.#file = join(rig.directory, 'clock')
    this.step(0)
  }

  /** So many seconds ahead of the real one, from now on and also for those who run already. */
  step(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }

  /** As when somebody sets the clock: the monotonic one goes on, and so do the times of files. */
  get env(): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }
}
