import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'

const PACKAGES = ['yargs', 'execa', 'pino', 'pidusage', 'proper-lockfile'] as const

/** What is imported passes here one by one; what is required stands in the cache at the end, if Node itself loads it. */
const HOOK = `
import { appendFileSync } from 'node:fs'
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context)
  appendFileSync(process.env.LOADED, found.url + '\\n')
  return found
}`
const PRELOAD = `
import { appendFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOK)}`)})
const { cache } = createRequire('/')
process.on('exit', () => appendFileSync(process.env.LOADED, Object.keys(cache).join('\\n')))`

/** Runs a command, and answers which packages it loaded, and how many files of ours. */
async function loadedBy(rig: Rig, ...line: string[]): Promise<{ packages: string[]; own: number }> {
  const list = join(rig.directory, 'loaded')
  writeFileSync(list, '')
  const env = {
    LOADED: list,
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(PRELOAD)}`,
    NODE_DISABLE_COMPILE_CACHE: '1',
  }
  const { code, stderr } = await rig.multi({ env }, ...line)
  expect([code, stderr]).toEqual([0, ''])
  const files = [...new Set(readFileSync(list, 'utf8').trim().split('\n'))]
  return {
    packages: PACKAGES.filter((name) => files.some((file) => file.includes(`/node_modules/${name}/`))),
    own: files.filter((file) => file.includes('/dist/')).length,
  }
}

test('names, expand and get load no package, and one file of ours', async (context) => {
  const rig = rigFor(context)
  expect(await loadedBy(rig, 'names', '3')).toEqual({ packages: [], own: 1 })
  expect(await loadedBy(rig, 'expand', '%n.pid', '3')).toEqual({ packages: [], own: 1 })
  expect(await loadedBy(rig, 'get', 'w1', 'w1', '-c', '3')).toEqual({ packages: [], own: 1 })
})

test('start, stop and status load nothing, and the lock where there is one', async (context) => {
  const rig = rigFor(context)
  const start = ['start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0']
  expect((await loadedBy(rig, ...start)).packages).toEqual([])
  expect((await loadedBy(rig, 'status', 'w1')).packages).toEqual([])
  expect((await loadedBy(rig, 'stopwait', 'w1')).packages).toEqual([])
  const lock = join(rig.run, '.multi.lock')
  mkdirSync(lock)
  utimesSync(lock, 0, 0)
  expect((await loadedBy(rig, 'stopwait', 'w1')).packages).toEqual(['proper-lockfile'])
  expect(existsSync(lock)).toBe(false)
})

test('the others are loaded where they work: help, --stats, --audit-log', async (context) => {
  const rig = rigFor(context)
  expect((await loadedBy(rig, 'help')).packages).toEqual(['yargs'])
  await rig.multi('start', 'w1', '--cmd', 'sleep 1000', '--startsecs=0')
  expect((await loadedBy(rig, 'status', 'w1', '--stats')).packages).toEqual(['pidusage'])
  const audited = await loadedBy(rig, 'stopwait', 'w1', '--audit-log', join(rig.directory, 'audit'))
  expect(audited.packages).toEqual(['pino'])
})
