import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface CeleryNode {
  readonly name: string
  readonly options: readonly (readonly [string, string | null])[]
  readonly pidfile: string
  readonly logfile: string
  readonly append: string
  readonly passthrough: string
  readonly argv: readonly string[]
}

export type Answer = { readonly nodes: readonly CeleryNode[] } | { readonly error: string }

const python = process.env['MULTI_TEST_PYTHON'] ?? '/usr/bin/python3'

/** Why Celery cannot be asked here, if it cannot. */
export function missingCelery(): string | undefined {
  const tried = spawnSync(python, ['-c', 'import celery.bin.multi'], { encoding: 'utf8' })
  if (tried.status === 0) return undefined
  const why = tried.error?.message ?? tried.stderr.trim().split('\n').at(-1)
  return `${python} has no Celery (${why}): apt-get install celery, for /usr/bin/python3 or the one in MULTI_TEST_PYTHON`
}

/** Asks one Python process about all lines. */
export async function askCelery(lines: readonly (readonly string[])[], hostname: string): Promise<readonly Answer[]> {
  const script = fileURLToPath(new URL('celery-multi-oracle.py', import.meta.url))
  const child = spawn(python, [script, hostname], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  child.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const answers: Answer[] = []
  for await (const line of createInterface({ input: child.stdout })) answers.push(JSON.parse(line) as Answer)
  await exit
  return answers
}
