import { err, ok, type Result } from '../model/result.ts'

/** One piece of a command line: blanks, plain text, '…', "…" or an escaped character. Sticky: what it cannot read is an open quote. */
const PIECE = /[ \t\n]+|[^ \t\n'"\\]+|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]/y

/** Splits as a POSIX shell does, and does nothing else of a shell: `$HOME`, `*`, `;` and `#` are plain text. The error says what is open. */
export function splitWords(text: string): Result<readonly string[], string> {
  const words: string[] = []
  let word: string | undefined
  PIECE.lastIndex = 0
  for (let at = 0; at < text.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at
    const piece = PIECE.exec(text)?.[0]
    if (piece === undefined) return err(text[at] === '\\' ? 'a \\ at the end' : `an unbalanced ${text[at]}`)
    if (!/^[ \t\n]/.test(piece)) {
      // An escaped newline joins two lines and is nothing itself, not even an empty word.
      if (piece !== '\\\n') word = (word ?? '') + unquote(piece)
    } else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  return ok(word === undefined ? words : [...words, word])
}

function unquote(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1)
  if (piece.startsWith('\\')) return piece.slice(1)
  if (!piece.startsWith('"')) return piece
  return piece.slice(1, -1).replace(/\\([$`"\\\n])/g, (_, escaped: string) => (escaped === '\n' ? '' : escaped))
}

const SAFE = /^[\w@%+=:,./-]+$/

/** One word for sh: as it is when nothing in it means anything to a shell. */
export const shellQuote = (word: string): string => (SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** As the first word these are grammar, an assignment or a job, not a program. */
const NOT_A_PROGRAM =
  /^(?:if|then|else|elif|fi|do|done|case|esac|while|until|for|in|select|function|time|coproc)$|^[^/]*=|^%/

/** A command line to paste into sh: it gets exactly these words. */
export function shellJoin(words: readonly string[]): string {
  const [program, ...rest] = words
  if (program === undefined) return ''
  const first = NOT_A_PROGRAM.test(program) && SAFE.test(program) ? `'${program}'` : shellQuote(program)
  return [first, ...rest.map(shellQuote)].join(' ')
}
