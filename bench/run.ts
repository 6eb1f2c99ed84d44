import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { misused, orMisused, readOptions } from '../scripts/options.ts'
import { marked, rewritten } from './document.ts'
import { floor, removeFloor, runAdopted } from './floor.ts'
import { machine } from './machine.ts'
import { measureRound, measureSmall, type Small } from './measure.ts'
import { findPeers, peerNames } from './peers/index.ts'
import { type Effort, NAMES_ROUNDS, sizesOf, type Turn, turns } from './plan.ts'
import { Results } from './results.ts'
import { fleetRows, growthRows, isMet, pairOf, type Row, smallRows, targets } from './rows.ts'
import { Stage } from './stage.ts'
import { spread, summary } from './table.ts'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const INTERRUPTED = 130

const { values } = readOptions('bench', {
  options: {
    quick: { type: 'boolean' },
    check: { type: 'boolean' },
    write: { type: 'boolean' },
    only: { type: 'string' },
    sizes: { type: 'string' },
    rounds: { type: 'string' },
  },
})
const effort: Effort = values.quick ? 'quick' : 'full'
const say = (text: string): void => void process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)

function build(): void {
  if (existsSync(file('../dist/cli.cjs'))) return
  execFileSync(process.execPath, [file('../scripts/build.mjs')], { stdio: 'inherit' })
}

/** A failure ends what one manager does with so many workers, and nothing else. */
async function take(stage: Stage, results: Results, { peer, count, round }: Turn): Promise<void> {
  const line = results.line(peer, count)
  if (line.failed) return
  say(`${count} workers, round ${round}: ${peer.name}`)
  try {
    results.add(peer, count, await measureRound(stage, peer, count))
  } catch (error) {
    if (isLeaving) throw error
    line.failed = true
    process.exitCode = 1
    console.error(`\n${peer.name} with ${count} workers:`, error)
    await stage.killAll()
  }
}

function rowsOf(small: Small, results: Results): Row[] {
  const [few, many] = [pairOf(results, 100), pairOf(results, 1000)]
  return [
    ...smallRows(small),
    ...(few ? fleetRows(few) : []),
    ...(many ? fleetRows(many) : []),
    ...(few && many ? growthRows(few, many) : []),
  ]
}

function document(shown: string, rows: readonly Row[], results: Results): string {
  return [
    '# Results',
    'What each column means, and what each side does: [README.md](README.md).',
    marked(shown),
    '## Targets',
    targets(rows),
    '## Spread',
    'Median, least and most.',
    spread(results),
  ]
    .join('\n\n')
    .concat('\n')
}

function write(shown: string, text: string): void {
  writeFileSync(file('RESULTS.md'), text)
  writeFileSync(file('../README.md'), rewritten(readFileSync(file('../README.md'), 'utf8'), shown))
}

let isLeaving = false

/** Interrupted: what is under way fails by that, and says no more. */
async function leave(stage: Stage): Promise<void> {
  if (isLeaving) return
  isLeaving = true
  await stage.clear()
  removeFloor()
  process.exit(INTERRUPTED)
}

async function main(): Promise<void> {
  if (values.write && (values.only || values.sizes)) misused('bench', '--write is for all managers and all sizes')
  build()
  const facts = machine()
  const sizes = orMisused('bench', () => sizesOf(effort, values))
  const { peers, missing } = orMisused('bench', () => findPeers(values.only?.split(',') ?? peerNames, floor))
  const stage = new Stage()
  // Not `once`: the death of a parent with several threads is told several times.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => void leave(stage))
  const results = new Results()
  const began = performance.now()
  try {
    const small = await measureSmall(stage, Number(values.rounds ?? NAMES_ROUNDS[effort]))
    for (const [count, rounds] of sizes) {
      for (const turn of turns(peers, count, rounds)) await take(stage, results, turn)
    }
    const minutes = Math.ceil((performance.now() - began) / 60_000)
    say('')
    const rows = rowsOf(small, results)
    const shown = summary(peers, results, [`${facts}; ${minutes} minutes.`, ...missing])
    const text = document(shown, rows, results)
    console.log(text)
    if (values.write) write(shown, text)
    if (values.check && !rows.every(isMet)) process.exitCode = 1
  } catch (error) {
    if (!isLeaving) throw error
    await new Promise(() => {})
  } finally {
    await stage.clear()
  }
}

const code = runAdopted()
if (code === undefined) await main()
else process.exitCode = code
