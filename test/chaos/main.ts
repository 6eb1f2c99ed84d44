// npm run chaos [-- --rounds N] [--seed S] [--lanes L] [--keep-going]: N rounds with the seeds S, S+1, …, L at the same time
import { countOf, readOptions } from '../../scripts/options.ts'
import { Rig } from '../rig/rig.ts'
import { chaosRound, type Known, NODES } from './round.ts'

const { values } = readOptions('chaos', {
  options: {
    rounds: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    lanes: { type: 'string', default: '4' },
    'keep-going': { type: 'boolean', default: false },
  },
})

const rounds = countOf('chaos', 'rounds', values.rounds)
const first = countOf('chaos', 'seed', values.seed)
/** A killed command's lock takes two seconds to count as stale: lanes wait them out together. */
const lanes = countOf('chaos', 'lanes', values.lanes, 1)

const begun = performance.now()
const rigs = new Set<Rig>()
let next = 0
let done = 0
let failures = 0
let hits = 0
let ending = false

/** Ctrl-C leaves nobody behind. */
async function leave(): Promise<never> {
  ending = true
  // Twice: a round may have gone on in the meantime.
  for (let pass = 0; pass < 2; pass++) for (const rig of rigs) await rig.tearDown({ failed: true })
  for (const rig of rigs) rig.remove()
  process.exit(130)
}
process.once('SIGINT', () => void leave())

async function play(seed: number, known: Known): Promise<void> {
  const rig = new Rig()
  rigs.add(rig)
  let transcript = ''
  let complaint: string | undefined
  try {
    const hit = await chaosRound(rig, seed, known)
    hits += hit
  } catch (error) {
    complaint = error instanceof Error ? error.message : String(error)
    transcript = rig.transcript()
  }
  if (ending) return
  await rig.tearDown({ failed: true })
  rig.remove()
  rigs.delete(rig)
  done++
  if (complaint === undefined) return
  failures++
  const again = `again: npm run chaos -- --rounds 1 --seed ${seed}`
  console.log(`${transcript}\nFAILED: seed ${seed}; ${again}\n${complaint}`)
}

async function lane(): Promise<void> {
  const known: Known = new Map()
  while (next < rounds && !ending && (failures === 0 || values['keep-going'])) {
    await play(first + next++, known)
    report()
  }
}

function report(): void {
  const seconds = Math.round((performance.now() - begun) / 1000)
  const upTo = first + next - 1
  console.log(
    `${done} of ${rounds} rounds (seeds ${first}…${upTo}) in ${seconds} s, ${hits} kills hit, ${failures} failed`,
  )
}

console.log(`${rounds} rounds of ${NODES} workers, seed ${first}, ${lanes} at a time`)
await Promise.all(Array.from({ length: lanes }, lane))
process.exit(failures > 0 ? 1 : 0)
