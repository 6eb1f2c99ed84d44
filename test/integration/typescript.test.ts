import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Rig, rigFor } from '../rig/rig.ts'

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url))

const strips = Boolean(Reflect.get(process.features, 'typescript'))
/** For workers as on Node 20, also where Node strips types. */
const AS_NODE_20 = strips ? { NODE_OPTIONS: '--no-experimental-strip-types' } : {}

function folderOf(rig: Rig): string {
  const folder = join(rig.work, 'app')
  mkdirSync(folder)
  const source = `const word: string = 'typed'\nexport default ({ log }: { log: Console }): void => log.info(word)\n`
  writeFileSync(join(folder, 'x.ts'), source)
  return folder
}

async function expectServed(rig: Rig, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const started = await rig.multi({ cwd, env }, 'start', 'w1', '-A', './x.ts')
  expect(started.stdout).toMatch(/w1@\S+: OK \(pid \d+, ready in/)
  expect(started.code).toBe(0)
  expect(rig.log('w1')).toMatch(/INFO .*typed/)
  expect((await rig.multi({ cwd, env }, 'stopwait', 'w1')).code).toBe(0)
  expect(rig.processes()).toEqual([])
}

test.skipIf(!strips)('-A ./x.ts runs by itself on a Node that strips types', async (context) => {
  const rig = rigFor(context)
  await expectServed(rig, folderOf(rig), {})
  expect(rig.record('w1')?.plan?.argv).not.toContain('--import')
})

test('-A ./x.ts runs on Node 20 with the tsx that the app would import', async (context) => {
  const rig = rigFor(context)
  const folder = folderOf(rig)
  symlinkSync(PACKAGES, join(folder, 'node_modules'))
  await expectServed(rig, folder, AS_NODE_20)
  const argv = rig.record('w1')?.plan?.argv ?? []
  expect(argv[argv.indexOf('--import') + 1]).toContain(`${folder}/node_modules/tsx/`)
})

test('-A ./x.ts on Node 20 without tsx: exit 5, every folder that was tried, and what to install', async (context) => {
  const rig = rigFor(context)
  const folder = folderOf(rig)
  const { code, stdout } = await rig.multi({ cwd: folder, env: AS_NODE_20 }, 'start', 'w1', '-A', './x.ts')
  expect(code).toBe(5)
  const tried = [folder]
  while (tried.at(-1) !== '/') tried.push(dirname(tried.at(-1) ?? '/'))
  const places = tried.map((place) => join(place, 'node_modules/tsx')).join(', ')
  expect(stdout).toContain(`cannot find tsx, to run the TypeScript of ${folder}/x.ts, tried ${places} (npm i tsx, `)
  expect(stdout).toContain('or use Node 22.18 or newer, which runs TypeScript by itself)')
  expect(rig.processes()).toEqual([])
})
