import { createSink, type Sink } from '../report/sink.ts'
import { outlet } from './outlet.ts'

/** Of this process there is one: parts of the bundle are handed it. */
export const openSink = (): Sink =>
  createSink({ stdout: outlet(1, () => process.stdout), stderr: outlet(2, () => process.stderr) })
