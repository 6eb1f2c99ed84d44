const ESC = String.fromCharCode(27)

const paint = (code: number) => (text: string) => `${ESC}[${code}m${text}${ESC}[0m`
const plain = (text: string) => text

/** The colours that Celery gives the same words. Ten lines here instead of a package: start-up pays for every import. */
const COLOURED = {
  ok: paint(32),
  failed: paint(31),
  down: paint(35),
  busy: paint(33),
  heading: paint(34),
  banner: paint(36),
  faint: paint(2),
}

export type Styles = Record<keyof typeof COLOURED, (text: string) => string>
export type Style = keyof Styles

const PLAIN: Styles = {
  ok: plain,
  failed: plain,
  down: plain,
  busy: plain,
  heading: plain,
  banner: plain,
  faint: plain,
}

export const stylesFor = (color: boolean): Styles => (color ? COLOURED : PLAIN)

/** What is known of the terminal, looked up by the caller. */
export interface Terminal {
  readonly isTTY: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

const isDumb = (env: Terminal['env']): boolean => env['TERM'] === 'dumb'

/** https://no-color.org: present and not empty, whatever its value. */
export const wantsColor = ({ isTTY, env }: Terminal): boolean => isTTY && !isDumb(env) && !env['NO_COLOR']

/** A live line needs a cursor that can go back, not colours. */
export const wantsLive = ({ isTTY, env }: Terminal): boolean => isTTY && !isDumb(env)

export const CLEAR_TO_END = `${ESC}[K`
