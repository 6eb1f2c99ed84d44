import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rigFor } from '../../rig/rig.ts'
import { ROOT } from './transcript.ts'

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

test('multi help and multi --help print the same page on standard output, and exit 0', async (context) => {
  const rig = rigFor(context)
  const pages = await Promise.all([rig.multi('help'), rig.multi('--help'), rig.multi('-h')])
  for (const { code, stdout, stderr } of pages) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(pages[0].stdout)
  }
  expect(pages[0].stdout).toContain('multi stopwait')
})

test('multi help start and multi start --help print the page of that verb', async (context) => {
  const rig = rigFor(context)
  const [asked, behind, general] = await Promise.all([
    rig.multi('help', 'start'),
    rig.multi('start', 'w1', '--help'),
    rig.multi('help'),
  ])
  expect(asked.code).toBe(0)
  expect(asked.stdout).toMatch(/^multi start /)
  expect(asked.stdout).toContain('--start-timeout')
  expect(asked.stdout).not.toContain('--orphan-grace')
  expect(behind.stdout).toBe(asked.stdout)
  expect(general.stdout).not.toBe(asked.stdout)
})

test('help knows the other name of stopwait, and app workers', async (context) => {
  const rig = rigFor(context)
  const [alias, host, behind] = await Promise.all([
    rig.multi('help', 'stop_verify'),
    rig.multi('help', 'worker'),
    rig.multi('worker', '--help'),
  ])
  expect(alias.stdout).toMatch(/^multi stopwait /)
  expect(host.stdout).toMatch(/^multi worker /)
  expect({ code: behind.code, stdout: behind.stdout }).toEqual({ code: 0, stdout: host.stdout })
})

test('behind -- the word --help is the worker’s', async (context) => {
  const rig = rigFor(context)
  const { code, stdout } = await rig.multi('show', 'w1', '--cmd', '/bin/echo', '--', '--help')
  expect({ code, stdout }).toEqual({ code: 0, stdout: '/bin/echo -- --help\n' })
})

test('multi --version prints the version and nothing else', async (context) => {
  const { code, stdout } = await rigFor(context).multi('--version')
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` })
})

test.for([
  [['strat', 'w1'], 'did you mean start?'],
  [['stopwiat'], 'did you mean stopwait?'],
  [['help', 'strat'], 'did you mean start?'],
  [['stat'], 'did you mean status?'],
  [['resta', 'w1'], 'did you mean restart?'],
  [['ls'], 'did you mean status?'],
  [['logs', 'w1'], 'multi status shows where the logs are'],
  [['reload'], 'did you mean restart --rolling?'],
  [['delete', 'w1'], 'did you mean forget?'],
  [['signal', 'INT', 'w1'], 'stop -INT asks a node to end by another signal'],
  [['constructor'], 'multi help lists the verbs'],
  [['frobnicate'], 'multi help lists the verbs'],
  [[], 'multi help lists them'],
] as const)('%j is refused with exit 2, says "%s", and leaves nothing behind', async ([line, hint], context) => {
  const rig = rigFor(context)
  const { code, stdout, stderr } = await rig.multi({}, ...line)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(hint)
  expect([rig.run, rig.logs, rig.state].flatMap((directory) => readdirSync(directory))).toEqual([])
})
