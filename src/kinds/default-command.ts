import { type Failure, usage } from '../model/failure.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { NodeSpec } from '../model/spec.ts'
import { collect } from '../spec/collect.ts'
import { expandLetters, workerLetters } from '../spec/expand.ts'
import { splitWords } from '../spec/quote.ts'
import type { PlanContext } from './kind.ts'

/** MULTI_CMD is a default for `--cmd`: split and expanded as `--cmd` is. `--kind app` does not ask for a command. */
export function withDefaultCommand(spec: NodeSpec, { env }: PlanContext): Result<NodeSpec, Failure> {
  const text = env['MULTI_CMD']
  if (!text || spec.cmd !== undefined || spec.kind === 'app') return ok(spec)
  const words = splitWords(text)
  if (!words.ok) return err(usage(`MULTI_CMD has ${words.error}`, { argument: text }))
  const host = spec.name.slice(spec.short.length + 1)
  const letters = workerLetters({ name: spec.name, short: spec.short, host })
  const cmd = collect(words.value.map((word) => expandLetters(word, letters, 'MULTI_CMD')))
  if (!cmd.ok) return cmd
  return cmd.value[0] ? ok({ ...spec, cmd: cmd.value }) : err(usage('MULTI_CMD names no program', { argument: text }))
}
