import type { ProcessFacts } from '../model/process.ts'
import type { System } from '../system/port.ts'

/** One look at /proc, shared by every node that needs the whole of it in one round: it costs a file per process. */
export class Look {
  readonly system: System
  #processes: Promise<readonly ProcessFacts[]> | undefined

  constructor(system: System) {
    this.system = system
  }

  processes(): Promise<readonly ProcessFacts[]> {
    return (this.#processes ??= this.system.processes())
  }
}
