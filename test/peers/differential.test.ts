import { beforeAll, describe, expect, test } from 'vitest'
import { classify, facts, isSame, report } from './differential-compare.ts'
import { randomLines, type Trait } from './differential-lines.ts'
import { type Answer, askCelery, missingCelery } from './differential-oracle.ts'

const SEED = Number(process.env['MULTI_SEED'] ?? 20_261_120)
const COUNT = 3000
const MOST_DIFFERENT = 0.2
const SHARES: Readonly<Record<Trait, number>> = {
  selector: 0.3,
  short: 0.3,
  prefix: 0.1,
  suffix: 0.1,
  host: 0.1,
  passthrough: 0.1,
}

const missing = missingCelery()
const required = process.env['MULTI_REQUIRE_PEERS'] === '1'

// Reporters do not show why a suite is skipped.
if (missing !== undefined) console.warn(`not compared with celery multi: ${missing}`)

test.runIf(missing !== undefined && required)('Celery can be asked', () => expect.fail(missing))

describe.skipIf(missing !== undefined)(
  `the same as celery multi${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    const lines = randomLines(SEED, COUNT)
    let answers: readonly Answer[] = []
    const counts = new Map<string, number>()
    const unexplained: string[] = []

    beforeAll(async () => {
      answers = await askCelery(
        lines.map((line) => line.argv),
        facts.hostname,
      )
      for (const [at, line] of lines.entries()) {
        const celery = answers[at] ?? { error: 'no answer' }
        const kind = isSame(line, celery) ? 'the same' : classify(line, celery)
        if (kind === undefined) unexplained.push(report(line, celery))
        else counts.set(kind, (counts.get(kind) ?? 0) + 1)
      }
      const table = [...counts].toSorted((one, other) => other[1] - one[1])
      console.log(
        [
          `${COUNT} command lines, MULTI_SEED=${SEED}`,
          ...table.map(([kind, count]) => `${String(count).padStart(6)}  ${kind}`),
        ].join('\n'),
      )
    })

    test('Celery answered every line', () => expect(answers).toHaveLength(COUNT))

    test.each(Object.entries(SHARES))('enough lines with %s', (trait, share) => {
      const having = lines.filter((line) => line.traits.has(trait as Trait)).length
      expect(having / COUNT).toBeGreaterThanOrEqual(share)
    })

    test('names, options, pidfiles and logfiles are those of Celery, or a named difference', () => {
      expect(unexplained.slice(0, 5).join('\n'), `${unexplained.length} unexplained, MULTI_SEED=${SEED}`).toBe('')
    })

    test(`at most ${MOST_DIFFERENT * 100} % differ`, () => {
      const different = COUNT - (counts.get('the same') ?? 0)
      expect(different / COUNT).toBeLessThanOrEqual(MOST_DIFFERENT)
    })
  },
)
