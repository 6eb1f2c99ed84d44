import type { Failure } from '../model/failure.ts'
import type { Done } from '../model/outcome.ts'
import type { Signal } from '../model/signals.ts'

/** What to do next with one node: one change, or waiting, or nothing more. */
export type Step = Change | Settled

/** Everything that alters a file or a process. All but `kill` are made under a claim. */
export type Change =
  /**
   * `blind`: before any look. `unseen`: the look under the claim finds out whether there is anything to be changed. `presumed`: what
   * the record says is enough, if that is still the same under the claim.
   */
  | { readonly step: 'claim'; readonly purpose: 'start' | 'stop'; readonly blind?: 'unseen' | 'presumed' }
  /** Look for what dead starters may have left, and record it. */
  | { readonly step: 'resolve' }
  /** Remove the pidfile of somebody who is gone. */
  | { readonly step: 'clear'; readonly why?: string }
  | { readonly step: 'launch' }
  | { readonly step: 'write-pidfile' }
  /** Record what is wanted, and who asked, where there is nothing to signal. */
  | { readonly step: 'want' }
  /** Record that its very first start failed: it is not wanted up. */
  | { readonly step: 'unwant' }
  /** Remove the record of a node that is down. */
  | { readonly step: 'forget' }
  | { readonly step: 'signal-leader'; readonly signal: Signal }
  | { readonly step: 'signal-soft'; readonly signal: Signal }
  /** The soft stage cannot be had: say so, and go on. */
  | { readonly step: 'skip-soft'; readonly why: string }
  | { readonly step: 'signal-rest' }
  | { readonly step: 'kill' }

export type Settled =
  | {
      readonly step: 'wait'
      readonly for: 'ready' | 'stopped' | 'claim'
      readonly pid?: number
      readonly detail?: string
      readonly jobs?: number
      readonly oldestMs?: number
      readonly untilMono?: number
    }
  | { readonly step: 'done'; readonly done: Done }
  | { readonly step: 'fail'; readonly failure: Failure }

export const isChange = (step: Step): step is Change =>
  step.step !== 'wait' && step.step !== 'done' && step.step !== 'fail'
