import { EXIT } from '../model/exit-code.ts'
import { usage } from '../model/failure.ts'
import { nearest } from '../spec/nearest.ts'
import { verbNames } from '../verbs/index.ts'
import { packageVersion } from '../worker/assets.ts'
import { manual } from './manual.ts'
import { reportFailure, sink } from './reporting.ts'

/** Everything that is not a verb's work: help, version, and words that are no verb. */
export async function help(word: string | undefined, argv: readonly string[]): Promise<number> {
  if (argv.includes('--version') && word === undefined) return said(`${packageVersion()}\n`)
  const topic = word === 'help' ? argv.find((one) => verbNames.includes(one)) : word
  if (topic === undefined || verbNames.includes(topic)) {
    const wanted = word !== undefined || argv.some((one) => one === '--help' || one === '-h')
    if (!wanted)
      return reportFailure(usage('no verb is given', { hint: 'multi help lists them' }), argv.includes('--json'))
    return said(await manual(topic, process.stdout.columns || 100))
  }
  const near = nearest(topic, verbNames)
  const hint = near === undefined ? 'multi help lists the verbs' : `did you mean ${near}?`
  return reportFailure(usage(`${topic} is no verb`, { argument: topic, hint }), argv.includes('--json'))
}

async function said(text: string): Promise<number> {
  sink.out(text)
  await sink.flush()
  return EXIT.ok
}
