import { setTimeout as rest } from 'node:timers/promises'
import { misused, readOptions } from '../scripts/options.ts'
import { cpuSeconds } from './cpu.ts'
import { Samples } from './samples.ts'
import { Voices, type Worker } from './voices.ts'

/** CPU seconds more over 60 s. */
const TARGET = 0.6
/** From the start to where the load is even. */
const WARM_UP_MS = 3000
/** Of 100 a second, those that a worker must have done for its window to count. */
const LEAST_JOBS = 0.8

const { values } = readOptions('bench:voice', {
  options: {
    seconds: { type: 'string', default: '60' },
    pairs: { type: 'string', default: '5' },
    check: { type: 'boolean' },
  },
})
const [seconds, pairs] = [Number(values.seconds), Number(values.pairs)]
if (!(seconds > 0 && pairs > 0)) misused('bench:voice', '--seconds and --pairs are numbers above 0')

const voices = new Voices()

interface Pairs {
  readonly what: string
  readonly without: Samples
  readonly with: Samples
  readonly more: Samples
}

/** CPU seconds of a whole worker in one window. */
async function used(start: () => Promise<Worker>, speaks: boolean): Promise<number> {
  const worker = await start()
  await rest(WARM_UP_MS)
  const [before, doneBefore] = [cpuSeconds(worker.pid), worker.done()]
  await rest(seconds * 1000)
  const [after, doneAfter] = [cpuSeconds(worker.pid), worker.done()]
  await worker.stop()
  if (speaks !== (doneAfter !== undefined)) throw new Error(`a worker that should ${speaks ? '' : 'not '}speak`)
  const jobs = (doneAfter ?? 0) - (doneBefore ?? 0)
  if (speaks && jobs < LEAST_JOBS * 100 * seconds) throw new Error(`${jobs} jobs in ${seconds} s are not the load`)
  return after - before
}

/** By turns, and the difference of each pair: a machine that gets busier is so for both. */
async function compare(what: string, start: (speaks: boolean) => Promise<Worker>): Promise<Pairs> {
  const found = { what, without: new Samples(), with: new Samples(), more: new Samples() }
  for (let pair = 1; pair <= pairs; pair += 1) {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what}, pair ${pair} of ${pairs}`)
    const without = await used(() => start(false), false)
    const speaking = await used(() => start(true), true)
    found.without.add(without)
    found.with.add(speaking)
    found.more.add(speaking - without)
  }
  return found
}

const per60 = ({ more }: Pairs): number => (more.median * 60) / seconds

function row(of: Pairs): string {
  const verdict = per60(of) < TARGET ? 'met' : '**missed**'
  const cells = [of.without, of.with, of.more].map((samples) => samples.textWith(2))
  return `| ${of.what} | ${cells.join(' | ')} | ${per60(of).toFixed(2)} | < ${TARGET} | ${verdict} |`
}

try {
  await voices.startRedis()
  const found = [
    await compare('Celery bridge', (speaks) => voices.celery(speaks)),
    await compare('vitals of `multi worker`', (speaks) => voices.host(speaks)),
  ]
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  console.log(`Node ${process.version}; ${pairs} pairs of ${seconds} s, interleaved, 100 jobs/s\n`)
  console.log('| CPU s: median (least–most) | without | with | difference of a pair | over 60 s | target | |')
  console.log('|---|---|---|---|---|---|---|')
  for (const one of found) console.log(row(one))
  if (values.check && !found.every((one) => per60(one) < TARGET)) process.exitCode = 1
} finally {
  voices.clear()
}
