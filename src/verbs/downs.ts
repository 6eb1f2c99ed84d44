/** What ends nodes, as one part of the build. */
export { forget } from './forget.ts'
export { kill, stop, stopwait } from './stop.ts'
