import { readFileSync } from 'node:fs'

/** The source of man/multi.1, by its sections (mdoc(7) macros `.Sh` and `.Ss`). */
export class ManPage {
  readonly lines: readonly string[]

  constructor(path: URL) {
    this.lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('.\\"'))
  }

  get sections(): string[] {
    return this.lines.filter((line) => line.startsWith('.Sh ')).map((line) => line.slice('.Sh '.length))
  }

  /** The lines of one section or subsection. */
  section(title: string): string[] {
    const start = this.lines.findIndex((line) => line === `.Sh ${title}` || line === `.Ss ${title}`)
    if (start < 0) throw new Error(`there is no section ${title}`)
    const ends = this.lines[start]?.startsWith('.Ss') ? /^\.S[hs] / : /^\.Sh /
    const length = this.lines.slice(start + 1).findIndex((line) => ends.test(line))
    return this.lines.slice(start + 1, length < 0 ? undefined : start + 1 + length)
  }

  /** The heads of the lists of a section: what stands behind `.It`. */
  items(title: string): string[] {
    return this.section(title)
      .filter((line) => line.startsWith('.It '))
      .map((line) => line.slice('.It '.length))
  }
}

/** The options that a line of mdoc names: `Fl q , -quiet Ar x` → `-q`, `--quiet`. Case of a selector or signal: no option. */
export function optionsOf(line: string): string[] {
  const found: string[] = []
  let inFlags = false
  for (const word of line.replaceAll(/^\./g, '').split(/\s+/)) {
    if (word === 'Fl') inFlags = true
    else if (/^[A-Z][a-z]$/.test(word)) inFlags = false
    else if (inFlags && /^(-[a-z-]+|[A-Za-z])$/.test(word)) found.push(`-${word}`)
  }
  return found
}
