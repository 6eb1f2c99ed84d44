import type { AbsPath } from '../../model/names.ts'
import type { PlanContext } from '../kind.ts'

type Start = readonly [AbsPath, ...string[]]
type Interpreter = readonly [string, ...string[]]

/** Scripts that pip and distributions install are far smaller; an archive with everything in it has rules of its own. */
const SCRIPT_LIMIT = 64 << 10
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const isPython = (path: string): boolean => /^(python|pypy)[\d.]*$/.test(baseName(path))

/** `exec python3 "$0" "$@"`: Debian's script, and pip's where the path of its Python is too long for a first line. */
const execOf = (text: string): Interpreter | undefined => {
  const found = /exec'?[ \t]+(?:"([^"]+)"|'([^']+)'|(\S+))[ \t]+"\$0"/.exec(text)
  const path = found?.[1] ?? found?.[2] ?? found?.[3]
  return path !== undefined && isPython(path) ? [path] : undefined
}

/** As execve(2) reads a first line: the program, and all that follows as one argument. */
function shebangOf(text: string): Interpreter | undefined {
  const [, program, argument] = /^#![ \t]*(\S+)(?:[ \t]+(\S.*?))?[ \t]*\n/.exec(text) ?? []
  if (program === undefined) return undefined
  if (baseName(program) === 'sh') return execOf(text)
  const runsPython =
    isPython(program) || (baseName(program) === 'env' && /(^|[\s/])(python|pypy)[\d.]*(\s|$)/.test(argument ?? ''))
  if (!runsPython) return undefined
  return argument === undefined ? [program] : [program, argument]
}

/** What runs Celery here, with its own options; undefined where that cannot be seen (a wrapper in another language). */
export async function interpreterOf(start: Start, { system }: PlanContext): Promise<Interpreter | undefined> {
  const [first, ...rest] = start
  if (rest.at(-2) === '-m' && rest.at(-1) === 'celery') return [first, ...rest.slice(0, -2)]
  if (rest.length === 1 && baseName(rest[0] ?? '') === 'celery') return [first]
  if (rest.length > 0) return undefined
  const file = await system.readFile(first, SCRIPT_LIMIT)
  if (file.found !== 'text' || !/^\s*(from|import) celery|load_entry_point\(/m.test(file.text)) return undefined
  return shebangOf(file.text)
}
