import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { type Rig, rigFor, until } from '../../rig/rig.ts'

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** The example of that number in the manual, as a reader would copy it. */
function example(number: number): string {
  const block = [...read('man/multi-worker.7').matchAll(/^\.Bd -literal\n([\s\S]*?)^\.Ed/gm)][number]?.[1]
  if (block === undefined) throw new Error('multi-worker(7) has no such example')
  return block.replaceAll('\\e', '\\')
}

interface Row {
  readonly state: string
  readonly jobs: { readonly active: number } | null
}

async function row(rig: Rig, node: string): Promise<Row> {
  const rows = (await rig.multi('status', node, '--json')).json() as Row[]
  if (!rows[0]) throw new Error('status has no row')
  return rows[0]
}

const valid = new Ajv2020().compile(JSON.parse(read('schema/vitals.v1.json')) as object)

test.for([
  ['sh', 0],
  ['python3', 1],
] as const)('the example for %s in multi-worker(7) speaks the protocol', async ([program, number], context) => {
  const there = spawnSync(program, ['-c', program === 'sh' ? ':' : '']).status === 0
  context.skip(!there, `${program} is not here: apt-get install ${program}`)
  const script = example(number)
  expect(script).toContain('MULTI_VITALS')
  const rig = rigFor(context)
  const file = join(rig.directory, 'worker')
  writeFileSync(file, script)
  const started = await rig.multi('start', 'w1', '--cmd', `${program} ${file}`, '--startsecs=60')
  expect(started.stdout).toMatch(/w1@\S+: OK \(pid \d+, ready in/)
  await until(async () => (await row(rig, 'w1')).jobs?.active === 1, 'the job to be shown')
  const environ = readFileSync(`/proc/${rig.readPid('w1')}/environ`, 'utf8')
  const path = /(?:^|\0)MULTI_VITALS=([^\0]+)/.exec(environ)?.[1] ?? ''
  expect(valid(JSON.parse(readFileSync(path, 'utf8')))).toBe(true)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})
