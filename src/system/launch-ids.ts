import { closeSync, openSync, readSync } from 'node:fs'
import type { LaunchId } from '../model/names.ts'

const BYTES = 9
/** So many ids are made of one reading. */
const BATCH = 64

/** Random ids that nobody guesses or meets again, random(4). Loading `node:crypto` for them takes longer than a hundred claims. */
export function launchIds(): () => LaunchId {
  let bytes: Uint8Array = new Uint8Array()
  return () => {
    if (bytes.length < BYTES) bytes = random(BYTES * BATCH)
    const id = Buffer.from(bytes.subarray(0, BYTES)).toString('base64url') as LaunchId
    bytes = bytes.subarray(BYTES)
    return id
  }
}

function random(length: number): Uint8Array {
  try {
    const fd = openSync('/dev/urandom', 'r')
    try {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, null)) // A signal may cut it short, not below 256 bytes.
    } finally {
      closeSync(fd)
    }
  } catch {
    return process.getBuiltinModule('node:crypto').randomBytes(length) // No descriptor is left, or no /dev.
  }
}
