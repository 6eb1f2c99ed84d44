import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Failure } from '../../model/failure.ts'
import type { AbsPath } from '../../model/names.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { System } from '../../system/port.ts'
import type { PlanContext } from '../kind.ts'
import { once } from '../memo.ts'
import { absolute, findProgram } from '../program.ts'
import { isTypeScript } from './reference.ts'

type Start = readonly [AbsPath, ...string[]]

const HINT = 'npm i tsx, or use Node 22.18 or newer, which runs TypeScript by itself'

/** Node 22.18 and 24 do by default. Asked of the very program, with our environment: NODE_OPTIONS decides too. */
async function stripsTypes(node: AbsPath, system: System): Promise<boolean> {
  const asked = await once(system, `${node} typescript`, () =>
    system.run([node, '-p', 'Boolean(process.features.typescript)'], { timeoutMs: 10_000 }),
  )
  return asked.code === 0 && asked.stdout.trim() === 'true'
}

/** What package.json exports as the package itself; tsx has had a plain string there since 4.0. */
function entryOf(manifest: string): string | undefined {
  try {
    const { exports } = JSON.parse(manifest) as { exports?: { '.'?: unknown } }
    const entry = exports?.['.']
    return typeof entry === 'string' ? entry : undefined
  } catch {
    return undefined
  }
}

const upwards = (directory: AbsPath): readonly AbsPath[] => {
  const parent = dirname(directory) as AbsPath
  return parent === directory ? [directory] : [directory, ...upwards(parent)]
}

/** The tsx that the app would import: the one of its own project, as Node looks for packages. */
async function tsxFor(file: AbsPath, system: System): Promise<Result<string, Failure>> {
  const homes = upwards(dirname(file) as AbsPath).map((directory) => absolute(directory, 'node_modules/tsx'))
  for (const home of homes) {
    const manifest = await system.readFile(absolute(home, 'package.json'), 1 << 20)
    const entry = manifest.found === 'text' ? entryOf(manifest.text) : undefined
    if (entry !== undefined) return ok(pathToFileURL(absolute(home, entry)).href)
  }
  return err({ reason: 'not-found', what: `tsx, to run the TypeScript of ${file}`, tried: homes, hint: HINT })
}

/** Node and what it needs before the program's name: `--executable` names another Node. */
export async function nodeFor(
  file: AbsPath,
  executable: string | undefined,
  cwd: AbsPath,
  context: PlanContext,
): Promise<Result<Start, Failure>> {
  const { system } = context
  const node = executable === undefined ? ok(context.node) : await findProgram(executable, cwd, context)
  if (!node.ok) return node
  if (!isTypeScript(file) || (await stripsTypes(node.value, system))) return ok([node.value])
  const tsx = await tsxFor(file, system)
  return tsx.ok ? ok([node.value, '--import', tsx.value]) : tsx
}
