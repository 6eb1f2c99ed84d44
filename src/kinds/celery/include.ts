import { lastPlace, listAt, valueAt } from './words.ts'

type Words = readonly string[]

const put = (words: Words, at: number, ...instead: string[]): Words => words.with(at, instead.join(''))

/** The module joined to the `-I` that counts: of two Celery would forget the first. */
export function included(words: Words, module: string): Words {
  const place = lastPlace(words, '-I')
  if (place !== undefined) {
    const word = words[place.at] ?? ''
    return put(words, place.at, word.slice(0, place.from), [...listAt(words, place), module].join(','))
  }
  const dashes = words.indexOf('--')
  const end = dashes < 0 ? words.length : dashes
  return [...words.slice(0, end), '-I', module, ...words.slice(end)]
}

/** The opposite. */
export function excluded(words: Words, module: string): Words {
  const place = lastPlace(words, '-I')
  if (place === undefined || !listAt(words, place).includes(module)) return words
  if (valueAt(words, place) === module && words[place.at - 1] === '-I') return words.toSpliced(place.at - 1, 2)
  const rest = listAt(words, place).filter((one) => one !== module)
  return put(words, place.at, (words[place.at] ?? '').slice(0, place.from), rest.join(','))
}
