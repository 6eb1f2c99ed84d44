import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { MULTI, type Rig } from '../../rig/rig.ts'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A command of an example and what the document says that it prints. */
export interface Shown {
  readonly command: string
  readonly code: number
  readonly output: readonly string[]
}

/** `$ command   # exit code N`, then its output, until the next `$`. */
export function readExamples(lines: readonly string[]): Shown[] {
  const examples: { command: string; code: number; output: string[] }[] = []
  for (const line of lines) {
    if (line.startsWith('$ ')) {
      const [, command = '', code = '0'] = /^\$ (.*?)(?:\s+# exit code (\d+))?$/.exec(line) ?? []
      examples.push({ command, code: Number(code), output: [] })
    } else examples.at(-1)?.output.push(line)
  }
  return examples
}

/** The fenced blocks of a document that stand behind `<!-- mark -->`. */
export function markedBlocks(file: string, mark: string): string[][] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const blocks = text.matchAll(new RegExp(`<!-- ${mark} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\\n\`\`\``, 'g'))
  return [...blocks].map(([, block = '']) => block.split('\n'))
}

/** A directory with a command `multi` in it: the one that is tested. */
function commandDirectory(rig: Rig): string {
  const directory = join(rig.directory, 'bin')
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'multi')
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${MULTI}' "$@"\n`)
  chmodSync(path, 0o755)
  return directory
}

/** What may differ from one run to the next: pids, times, how many jobs, the machine, the directories, the order of what is done at once. */
function comparable(lines: readonly string[], rig: Rig): string[] {
  return lines
    .filter((line) => line !== '' && !line.startsWith('> Waiting for'))
    .map((line) =>
      line
        .replaceAll(`@${hostname()}`, '@box')
        .replaceAll(rig.logs, 'LOG')
        .replaceAll(rig.run, 'RUN')
        .replace(/^multi v[\d.]+$/, 'multi vN')
        .replaceAll(/\b(\d+(\.\d)? s|\d+m\d\ds)\b/g, 'T s')
        .replaceAll(/\b\d{2,}\b/g, 'N')
        .replace(/( T s +app +)\d+(, oldest T s)?/, '$1J')
        .replace(/\b\d+ jobs? left/, 'J left')
        .replaceAll(/ {2,}/g, ' '),
    )
    .toSorted()
}

/** Runs the commands of one block one after the other, and compares what they print with what the document shows. */
export async function runExamples(rig: Rig, examples: readonly Shown[], cwd = rig.work): Promise<void> {
  const { PATH } = process.env
  const env = { PATH: `${commandDirectory(rig)}:${PATH}`, IMAGES_SPOOL: join(rig.directory, 'spool') }
  for (const { command, code, output } of examples) {
    const finished = await rig.program(['/bin/sh', '-c', command], { cwd, env }).ended
    const printed = `${finished.stdout}${finished.stderr}`
    expect([command, finished.code, ...(finished.code === code ? [] : [printed])]).toEqual([command, code])
    const shown = comparable(output, rig)
    if (shown.length > 0) expect([command, ...comparable(printed.split('\n'), rig)]).toEqual([command, ...shown])
  }
}
