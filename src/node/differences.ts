import type { LaunchPlan } from '../model/spec.ts'
import type { NodeRecord } from './record.ts'

/** What a running worker was started with that is not what is asked for now, each a short phrase. */
export function differences(plan: LaunchPlan, record: NodeRecord | undefined): string[] {
  const saved = record?.plan
  if (!saved) return []
  const differs: string[] = []
  if (saved.kind !== plan.kind) differs.push(`kind ${saved.kind}`)
  if (saved.cwd !== plan.cwd) differs.push(`directory ${saved.cwd}`)
  for (const word of wordsOnlyIn(saved.argv, plan.argv)) differs.push(word)
  for (const word of wordsOnlyIn(plan.argv, saved.argv)) differs.push(`without ${word}`)
  // Others are told of it: it is one of their words.
  if (plan.kind === 'command' && record.logfile !== plan.logfile) differs.push(`log ${record.logfile}`)
  for (const name of ['uid', 'gid', 'umask'] as const) {
    if (saved[name] !== plan[name]) differs.push(`${name} ${saved[name] ?? 'as it was'}`)
  }
  return differs
}

/** Words with the option before them, where there is one: `-c 4` says more than `4`. */
function wordsOnlyIn(one: readonly string[], other: readonly string[]): string[] {
  const phrases = (words: readonly string[]): string[] => {
    const found: string[] = []
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? ''
      const next = words[at + 1]
      const takes = /^-[A-Za-z]$/.test(word) && next !== undefined && !next.startsWith('-')
      found.push(takes ? `${word} ${next}` : word)
      if (takes) at++
    }
    return found
  }
  const there = new Set(phrases(other))
  return phrases(one).filter((phrase) => !there.has(phrase))
}
