import { Samples } from './samples.ts'
import { type Stage, WORKER } from './stage.ts'

export interface Small {
  readonly node: Samples
  readonly names: Samples
}

/** What a command costs before it does anything. */
export function measureSmall(stage: Stage, rounds: number): Small {
  const small = { node: new Samples(), names: new Samples() }
  stage.multi('names', '3')
  for (let round = 0; round < rounds; round++) {
    small.node.add(stage.node('-e', '0'))
    small.names.add(stage.multi('names', '3'))
  }
  return small
}

export interface Fleet {
  readonly count: number
  readonly node: Samples
  readonly bareStart: Samples
  readonly bareStop: Samples
  readonly start: Samples
  readonly status: Samples
  readonly stopwait: Samples
}

/** One fleet up and down, by turns with the bare scripts. Each is checked, outside of the time that counts. */
export function measureFleet(stage: Stage, count: number, rounds: number, say: (text: string) => void): Fleet {
  const fleet = {
    count,
    node: new Samples(),
    bareStart: new Samples(),
    bareStop: new Samples(),
    start: new Samples(),
    status: new Samples(),
    stopwait: new Samples(),
  }
  for (let round = 0; round < rounds; round++) {
    say(`${count} workers, round ${round + 1} of ${rounds}`)
    fleet.bareStart.add(stage.bareStart(count))
    stage.expectBareWorkers(count)
    fleet.bareStop.add(stage.bareStop())
    stage.expectNothing()
    fleet.start.add(stage.multi('start', String(count), '--cmd', WORKER, '--startsecs', '0'))
    stage.expectWorkers(count)
    fleet.node.add(stage.node('-e', '0'))
    fleet.status.add(stage.multi('status', String(count)))
    fleet.stopwait.add(stage.multi('stopwait', String(count)))
    stage.expectNothing()
  }
  return fleet
}
