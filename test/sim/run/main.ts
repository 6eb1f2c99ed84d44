// npm run sim -- --runs N --seed S [--no-shrink] [--keep-going]: N random schedules, with the seeds S, S+1, …
import { countOf, readOptions } from '../../../scripts/options.ts'
import { runSeed } from './one.ts'
import { tell } from './tell.ts'

const PROGRESS_MS = 5000

const { values } = readOptions('sim', {
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    'no-shrink': { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
})

const runs = countOf('sim', 'runs', values.runs)
const first = countOf('sim', 'seed', values.seed)
const begun = performance.now()
let failures = 0
let said = begun

function report(done: number): void {
  const seconds = (performance.now() - begun) / 1000
  const rate = seconds > 0 ? Math.round(done / seconds) : 0
  console.log(
    `${done} of ${runs} schedules (seeds ${first}…${first + done - 1}) in ${seconds.toFixed(1)} s, ${rate}/s, ${failures} failed`,
  )
}

for (let done = 0; done < runs; done++) {
  const failed = await runSeed(first + done, { shrink: !values['no-shrink'] })
  if (failed) {
    failures++
    console.log(await tell(failed))
    if (!values['keep-going']) {
      report(done + 1)
      process.exit(1)
    }
  }
  if (performance.now() - said > PROGRESS_MS) {
    said = performance.now()
    report(done + 1)
  }
}
report(runs)
process.exit(failures > 0 ? 1 : 0)
