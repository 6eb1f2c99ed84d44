import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rigFor } from '../../rig/rig.ts'
import { ROOT, readExamples, runExamples } from './transcript.ts'

const page = join(ROOT, 'man/multi.1')
const pages = readdirSync(join(ROOT, 'man')).filter((name) => /\.[1-8]$/.test(name))

/** The literal blocks of EXAMPLES that stand behind the comment `run`. */
const blocks = [...readFileSync(page, 'utf8').matchAll(/^\.\\" run\n\.Bd [^\n]*\n([\s\S]*?)\n\.Ed/gm)].map(
  ([, text = '']) => text.split('\n'),
)

test('the manual has examples that can be run', () => {
  expect(blocks.length).toBeGreaterThan(2)
})

test('every page of the manual is installed with the package', () => {
  const { man } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { man: string[] }
  expect(man.toSorted()).toEqual(pages.map((name) => `man/${name}`).toSorted())
})

for (const lines of blocks) {
  test(`the example of the manual works: ${lines[0]}`, async (context) => {
    expect(lines[0]).toMatch(/^\$ multi /)
    await runExamples(rigFor(context), readExamples(lines))
  })
}

const has = (program: string): boolean => spawnSync(program, ['-h'], { stdio: 'ignore' }).error === undefined

const missing = ['mandoc'].filter((program) => !has(program))
const skip = missing.length > 0 && process.env['MULTI_REQUIRE_PEERS'] !== '1'
const note = skip ? ` (skipped: ${missing.join(', ')} missing; apt-get install mandoc)` : ''

// Reporters do not show why a suite is skipped.
if (skip) console.warn(`the manual is not rendered: ${missing.join(', ')} missing; apt-get install mandoc`)

describe.skipIf(skip)(`the manual, as mandoc reads it${note}`, () => {
  test.each(pages)('has no mistakes in %s', (name) => {
    const lint = ['-T', 'lint', '-W', 'warning', join(ROOT, 'man', name)]
    const { status, stdout, stderr } = spawnSync('mandoc', lint, { encoding: 'utf8' })
    expect({ status, text: `${stdout}${stderr}` }).toEqual({ status: 0, text: '' })
  })

  test('renders, with every section and no macro left over', () => {
    const text = execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=100', page], { encoding: 'utf8' })
    // Bold is a letter, a backspace, and the letter again.
    const plain = text.replaceAll(/.[\b]/g, '')
    for (const heading of ['NAME', 'SYNOPSIS', 'NODE SPECS', 'EXIT STATUS', 'CAVEATS']) {
      expect(plain).toMatch(new RegExp(`^${heading}$`, 'm'))
    }
    expect(plain).toContain('--start-timeout duration')
    expect(plain).not.toMatch(/^\s*\.[A-Z][a-z]\b/m)
    expect(plain).not.toMatch(/\b(Fl|Ar|Cm|Ns|Ql) /)
  })
})

describe.skipIf(!has('man'))('man', () => {
  test('shows the page', () => {
    const { status, stdout } = spawnSync('man', ['-l', page], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', MANWIDTH: '100', MANPAGER: 'cat', TERM: 'dumb' },
    })
    expect(status).toBe(0)
    expect(stdout).toContain('start, watch and stop fleets of worker processes')
  })
})
