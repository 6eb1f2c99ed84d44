import { play, type Schedule } from '../schedules/schedule.ts'
import type { Failed } from './one.ts'

const NOTHING_SAID = new Set(['undefined', '[]', '{}'])

/** A schedule in words, as its test would be written by hand. */
function inWords(schedule: Schedule): string[] {
  const { commands, happenings = [], faults = [], reboot, ...rest } = schedule
  const begins = `${rest.nodes.join(', ')}: ${rest.worker}, ${rest.begins} at the beginning`
  const plan = [
    ...commands.map(({ verb, at, killedAt, by, only, asked }) => ({
      at,
      text: `multi ${verb}${only ? ` ${only}` : ''}${by ? ` by ${by}` : ''}${killedAt === undefined ? '' : `, killed before its call ${killedAt}`}${asked ? ', then status' : ''}`,
    })),
    ...happenings.map(({ what, at }) => ({ at, text: what })),
    ...(reboot
      ? [{ at: reboot.at, text: `the machine reboots${reboot.torn ? `, files are torn (${reboot.torn})` : ''}` }]
      : []),
  ].toSorted((a, b) => a.at - b.at)
  const { nodes: _nodes, worker: _worker, begins: _begins, ...world } = rest
  const odd = Object.entries(world).map(([key, value]) => `${key} ${JSON.stringify(value)}`)
  return [
    begins,
    `world: ${odd.filter((text) => !NOTHING_SAID.has(text)).join(', ')}`,
    ...plan.map(({ at, text }) => `${String(at).padStart(5)} ms  ${text}`),
    ...faults.map((rule) => `refused: ${JSON.stringify(rule)}`),
  ]
}

const indent = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n')

/** Everything that somebody needs who has to find out why. */
export async function tell({ seed, flavour, complaints, shrunk }: Failed): Promise<string> {
  const { complaints: again, fleet } = await play(shrunk)
  return [
    `FAILED: seed ${seed} (${flavour}); again: npm run sim -- --runs 1 --seed ${seed}`,
    indent(complaints),
    'The smallest schedule found that fails as well:',
    indent(inWords(shrunk)),
    indent(again.map((text) => `! ${text}`)),
    'What happens in it:',
    fleet.world.story(),
  ].join('\n')
}
