/** Stands around what a command has written into a document by itself. */
const BEGIN = '<!-- bench: written by `npm run bench -- --write` -->'
const END = '<!-- bench: end -->'

/** What is between the marks. */
export function written(document: string): string {
  const [begin, end] = placeOf(document)
  return document.slice(begin, end)
}

/** The same document with this between the marks. */
export function rewritten(document: string, text: string): string {
  const [begin, end] = placeOf(document)
  return `${document.slice(0, begin)}\n${text}\n${document.slice(end)}`
}

export const marked = (text: string): string => rewritten(`${BEGIN}${END}`, text)

function placeOf(document: string): [begin: number, end: number] {
  const begin = document.indexOf(BEGIN) + BEGIN.length
  const end = document.indexOf(END, begin)
  if (!document.includes(BEGIN) || end < 0)
    throw new Error('the document has no place for the results of the benchmark')
  return [begin, end]
}
