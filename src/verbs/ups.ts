/** What starts nodes, as one part of the build: restart needs all that start does. */
export { restart } from './restart.ts'
export { start } from './start.ts'
