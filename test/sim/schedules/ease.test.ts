/** A worker that heeds wishes is asked to take no more jobs before it gets its TERM. */
import { describe, expect, test } from 'vitest'
import type { FleetEvent } from '../../../src/model/events.ts'
import type { AbsPath } from '../../../src/model/names.ts'
import { recordPath } from '../../../src/node/files.ts'
import type { NodeRecord } from '../../../src/node/record.ts'
import { type Command, Fleet, outcomesOf, RUN, UID } from './fleet.ts'
import { type Heeding, heeds } from './heeders.ts'
import type { WorkerName } from './workers.ts'

const ROOT = { uid: 0, gid: 0 }

interface Asked {
  readonly at: number
  readonly path: string
}

/** A fleet that is up, and who was asked since. */
class Eased extends Fleet {
  readonly wishes: Asked[] = []

  static async up(nodes: readonly string[], heeding: Heeding = {}, worker: WorkerName = 'heeds'): Promise<Eased> {
    const fleet = new Eased({ worker, nodes })
    if (worker === 'heeds') fleet.world.program('/usr/bin/heeds', heeds(heeding))
    fleet.furnish()
    await fleet.done(fleet.start)
    fleet.world.onCall(({ call, args }) => {
      if (call !== 'symlink') return
      const path = String(args[0])
      if (path.endsWith('.wish')) fleet.wishes.push({ at: fleet.now, path })
    })
    return fleet
  }

  get now(): number {
    return this.world.clock.now
  }

  termsOf = (node: string): number[] =>
    this.world.signals
      .filter(({ signal, process }) => signal === 'TERM' && process.env['MULTI_NODE'] === `${node}@sim`)
      .map(({ at }) => at)

  /** Until its worker has been asked: multi waits for its word then. */
  async isAsked(times = 1): Promise<void> {
    for (let ms = 0; this.wishes.length < times && ms < 1000; ms += 1) await this.world.pass(1)
    if (this.wishes.length < times) throw new Error('nobody was asked')
  }

  links(): string[] {
    return this.files().filter((name) => name.endsWith('.wish'))
  }
}

const results = (command: Command): string[] => outcomesOf(command).map(({ result }) => result)

const waitedFor = (events: readonly FleetEvent[]): string[] =>
  events.flatMap((event) => (event.event === 'waiting' ? event.nodes.map(({ detail }) => detail ?? '') : []))

describe('a worker that heeds wishes', () => {
  test('gets TERM as soon as it says that it is quiet', async () => {
    const fleet = await Eased.up(['w1'], { quietMs: 700 })
    const begun = fleet.now
    const command = await fleet.done('stopwait w1')
    expect(results(command)).toEqual(['stopped'])
    expect(fleet.wishes).toHaveLength(1)
    const [term = 0] = fleet.termsOf('w1')
    expect(term - begun).toBeGreaterThan(700)
    expect(term - begun).toBeLessThan(1200)
    expect(waitedFor(command.events)).toContain('asked to take no more jobs')
    expect(fleet.links()).toEqual([])
  })

  test('is asked once, also when two commands want it to end', async () => {
    const fleet = await Eased.up(['w1'], { quietMs: 700 })
    const [one, two] = [fleet.issue('stopwait w1'), fleet.issue('stopwait w1')]
    await fleet.world.runUntil(Promise.all([one.answer, two.answer]))
    expect([...results(one), ...results(two)]).toEqual(['stopped', 'stopped'])
    expect(fleet.termsOf('w1')).toHaveLength(1)
    expect(fleet.links()).toEqual([])
  })

  test('has its jobs waited for before TERM, for two seconds', async () => {
    const short = await Eased.up(['w1'], { jobs: 3, jobsMs: 900 })
    const begun = short.now
    await short.done('stopwait w1')
    expect(short.termsOf('w1')[0]).toBeGreaterThan(begun + 900)
    expect(short.termsOf('w1')[0]).toBeLessThan(begun + 1500)
    const long = await Eased.up(['w1'], { jobs: 3, jobsMs: 60_000 })
    const after = long.now
    await long.done('stopwait w1')
    expect(long.termsOf('w1')[0]).toBeGreaterThan(after + 2000)
    expect(long.termsOf('w1')[0]).toBeLessThan(after + 2500)
  })

  test.each([
    ['says', { quietMs: 1e9 }],
    ['does, and the wish is taken back', { lookMs: 1e9 }],
  ])('gets TERM after five seconds whatever it %s', async (_, heeding) => {
    const fleet = await Eased.up(['w1'], heeding)
    const begun = fleet.now
    let left: string[] | undefined
    fleet.world.onCall(({ call }) => {
      if (call === 'signal') left ??= fleet.links()
    })
    expect(results(await fleet.done('stopwait w1'))).toEqual(['stopped'])
    expect(fleet.termsOf('w1')[0]).toBeGreaterThan(begun + 4900)
    expect(fleet.termsOf('w1')[0]).toBeLessThan(begun + 5500)
    expect(left).toEqual([])
  })

  test('leaves half of a --timeout for its drain', async () => {
    const fleet = await Eased.up(['w1'], { quietMs: 1e9, drainMs: 300 })
    const begun = fleet.now
    expect(results(await fleet.done('stopwait w1 --timeout=1s --then=kill'))).toEqual(['stopped'])
    expect(fleet.termsOf('w1')[0]).toBeGreaterThan(begun + 400)
    expect(fleet.termsOf('w1')[0]).toBeLessThan(begun + 700)
    expect(fleet.world.signals.filter(({ signal }) => signal === 'KILL')).toEqual([])
  })

  test('is asked again by restart at each turn, after the wish of the last one was taken', async () => {
    const fleet = await Eased.up(['w1'])
    for (let turn = 1; turn <= 3; turn += 1) {
      expect(results(await fleet.done('restart w1'))).toEqual(['restarted'])
      expect(fleet.wishes).toHaveLength(turn)
    }
    expect(fleet.leadersOf('w1')).toHaveLength(1)
  })

  test('is not asked by stop and kill, nor with a signal that is not its warm one', async () => {
    for (const line of ['stop w1', 'kill w1', 'stopwait w1 -KILL']) {
      const fleet = await Eased.up(['w1'])
      await fleet.done(line)
      expect(fleet.wishes).toEqual([])
    }
  })

  test('is not asked once it drains', async () => {
    const fleet = await Eased.up(['w1'], { drainMs: 500 })
    await fleet.done('stop w1')
    expect(results(await fleet.done('stopwait w1'))).toEqual(['stopped'])
    expect(fleet.wishes).toEqual([])
  })

  test('that ends while it is asked is stopped, and nothing is left', async () => {
    const fleet = await Eased.up(['w1'], { quietMs: 1e9 })
    const begun = fleet.now
    const command = fleet.issue('stopwait w1')
    await fleet.isAsked()
    for (const one of fleet.processesOf('w1')) fleet.world.signal(one, 'KILL')
    await fleet.world.runUntil(command.answer)
    expect(results(command)).toEqual(['stopped'])
    expect(fleet.now - begun).toBeLessThan(1000)
    expect(fleet.links()).toEqual([])
  })
})

describe('a worker that does not say that it heeds wishes', () => {
  test.each(['talks', 'lies', 'drains'] as const)('is not asked (%s)', async (worker) => {
    const fleet = await Eased.up(['w1'], {}, worker)
    const begun = fleet.now
    expect(results(await fleet.done('stopwait w1'))).toEqual(['stopped'])
    expect(fleet.wishes).toEqual([])
    expect(fleet.termsOf('w1')[0]).toBeLessThan(begun + 50)
  })
})

describe('while workers are asked', () => {
  test('all are asked at the same time', async () => {
    const nodes = Array.from({ length: 20 }, (_, at) => `w${at + 1}`)
    const fleet = await Eased.up(nodes, { quietMs: 1000 })
    const begun = fleet.now
    await fleet.done(`stopwait ${fleet.names}`)
    expect(fleet.wishes).toHaveLength(20)
    for (const node of nodes) expect(fleet.termsOf(node)[0]).toBeLessThan(begun + 2000)
  })

  test('with --rolling only the node whose turn it is', async () => {
    const fleet = await Eased.up(['w1', 'w2'], { quietMs: 500 })
    await fleet.done('restart w1 w2 --rolling')
    const [first, second] = fleet.wishes
    const [term = 0] = fleet.termsOf('w1')
    expect(first?.at).toBeLessThan(term)
    expect(second?.at).toBeGreaterThan(term + 40)
  })

  test('other commands may change other nodes beside it', async () => {
    const fleet = await Eased.up(['w1', 'w2'], { quietMs: 1e9 })
    const waiting = fleet.issue('stopwait w1')
    await fleet.isAsked()
    const begun = fleet.now
    await fleet.done('kill w2')
    expect(fleet.now - begun).toBeLessThan(500)
    expect(waiting.result).toBeUndefined()
  })

  test('an interruption ends it at once, and TERM is not sent', async () => {
    const fleet = await Eased.up(['w1'], { quietMs: 1e9 })
    const command = fleet.issue('stopwait w1')
    await fleet.isAsked()
    const begun = fleet.now
    fleet.world.interrupt(command.system)
    await fleet.world.runUntil(command.answer)
    expect(fleet.now - begun).toBeLessThan(50)
    expect(outcomesOf(command)[0]).toMatchObject({ failure: { reason: 'interrupted', state: 'running' } })
    expect(fleet.termsOf('w1')).toEqual([])
    await fleet.world.pass(100)
    expect(fleet.links()).toEqual([])
  })

  test.each([
    ['that is about to be quiet', { quietMs: 700 }, 200],
    ['that is quiet, and has jobs', { quietMs: 100, jobs: 2, jobsMs: 60_000 }, 1000],
  ])('an interruption leaves no worker quiet %s', async (_, heeding, ms) => {
    const fleet = await Eased.up(['w1'], heeding)
    const command = fleet.issue('stopwait w1')
    await fleet.isAsked()
    await fleet.world.pass(ms)
    fleet.world.interrupt(command.system)
    await fleet.world.runUntil(command.answer)
    await fleet.world.pass(2000)
    expect((await fleet.status())[0]).toMatchObject({ state: 'running' })
    expect(fleet.links()).toEqual([])
  })

  test('an interruption takes the wish back that the worker has not taken: it goes on taking jobs', async () => {
    const fleet = await Eased.up(['w1'], { lookMs: 500 })
    const command = fleet.issue('stopwait w1')
    await fleet.isAsked()
    fleet.world.interrupt(command.system)
    await fleet.world.runUntil(command.answer)
    await fleet.world.pass(2000)
    expect((await fleet.status())[0]).toMatchObject({ state: 'running' })
  })

  test('a start that finds it quiet says so', async () => {
    const fleet = await Eased.up(['w1'], { quietMs: 100 })
    const command = fleet.issue('stopwait w1')
    await fleet.isAsked()
    fleet.world.kill(command.system)
    await fleet.world.pass(1000)
    expect(outcomesOf(await fleet.done('start w1'))[0]).toMatchObject({ result: 'already-running', quiet: true })
  })

  test.each(['stopwait w1', 'restart w1'])(
    'a command that is killed leaves it quiet, and %s finishes',
    async (line) => {
      const fleet = await Eased.up(['w1'], { quietMs: 300 })
      const command = fleet.issue(line)
      await fleet.isAsked()
      fleet.world.kill(command.system)
      await fleet.world.pass(1000)
      expect((await fleet.status())[0]).toMatchObject({ state: 'quiet' })
      expect(fleet.termsOf('w1')).toEqual([])
      await fleet.done(line)
      expect(fleet.termsOf('w1')).toHaveLength(1)
      expect(fleet.leadersOf('w1')).toHaveLength(line.startsWith('restart') ? 1 : 0)
    },
  )
})

test.each(['stopwait w1', 'restart w1', 'restart w1 --rolling'])(
  '%s that cannot claim the worker which it has asked (a full disk) leaves it as it was',
  async (line) => {
    const fleet = await Eased.up(['w1'], { quietMs: 100 })
    fleet.world.fault({ call: 'symlink', after: 1, times: 1, code: 'ENOSPC' })
    const failed = await fleet.done(line)
    expect(outcomesOf(failed)[0]).toMatchObject({ result: 'failed', failure: { code: 'ENOSPC' } })
    expect(fleet.wishes.length).toBeGreaterThan(0)
    expect(fleet.termsOf('w1')).toEqual([])
    await fleet.world.pass(2000)
    expect((await fleet.status())[0]).toMatchObject({ state: 'running' })
    expect(fleet.links()).toEqual([])
  },
)

describe('a wish that nobody took', () => {
  const placeOf = (fleet: Fleet): string => {
    const [vitals = ''] = fleet.files().filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    return `${RUN}/vitals/${UID}/${vitals}.wish`
  }

  test('because multi was killed goes when the worker is told to take jobs', async () => {
    const fleet = await Eased.up(['w1'], { lookMs: 500 })
    const command = fleet.issue('stopwait w1')
    await fleet.isAsked()
    fleet.world.kill(command.system)
    await fleet.done('resume w1')
    await fleet.world.pass(2000)
    expect(fleet.links()).toEqual([])
    expect((await fleet.status())[0]).toMatchObject({ state: 'running' })
  })

  test('because the worker died goes when the node is stopped', async () => {
    const fleet = await Eased.up(['w1'])
    for (const one of fleet.processesOf('w1')) fleet.world.signal(one, 'KILL')
    await fleet.world.pass(10)
    fleet.world.files.make('symlink', placeOf(fleet), ROOT, 'quiet', 0o777)
    await fleet.done('stop w1')
    expect(fleet.links()).toEqual([])
  })

  test('is not the next worker’s', async () => {
    const fleet = await Eased.up(['w1'])
    const place = placeOf(fleet)
    await fleet.done('stopwait w1')
    fleet.world.files.make('symlink', place, ROOT, 'quiet', 0o777)
    await fleet.done(fleet.start)
    await fleet.world.pass(1000)
    expect((await fleet.status())[0]).toMatchObject({ state: 'running' })
  })
})

test('root makes no link where a user’s record says that the vitals are', async () => {
  const fleet = await Eased.up(['w1'])
  const pidfile = `${RUN}/w1.pid` as AbsPath
  const read = fleet.world.files.read(recordPath(pidfile), ROOT, 1 << 20)
  const record = JSON.parse(read.found === 'text' ? read.text : '') as NodeRecord
  await fleet.done(`stopwait w1 --pidfile=${record.pidfile}`, 0)
  expect(fleet.wishes).toEqual([])
  expect(fleet.termsOf('w1')).toHaveLength(1)
})
