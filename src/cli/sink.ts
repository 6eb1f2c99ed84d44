import { createSink, type Sink } from '../report/sink.ts'
import { outlets } from './outlet.ts'

/** Of this process there is one: the parts of the bundle are handed it. */
export const openSink = (): Sink => createSink(outlets())
