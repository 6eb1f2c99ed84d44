import { printable } from './printable.ts'

/** `user:password@` after `://`. A password may hold a raw `@`; a raw `/` ends the host part, so it ends here too. */
const USERINFO = /(:\/\/[^\s:@/?#[]*:)[^\s/]*@/g
/** The same with a raw `/` in the password: no URL, but a secret. `host:6379/` is a port, not that. */
const BROKEN_USERINFO = /(:\/\/[^\s:@/?#[]*:)(?!\*\*\*@|\d+(?:[/?#,;]|$))[^\s]*@/g
const QUERY = /([?&](?:password|passwd|pwd|secret)=)[^&\s'"]+/gi

/** Passwords in URLs (`redis://:***@host`). For everything printed of command lines except what `show` and `get` are for. */
export const mask = (text: string): string =>
  text.replace(USERINFO, '$1***@').replace(BROKEN_USERINFO, '$1***@').replace(QUERY, '$1***')

/** Before quoting: a quote inside a password would hide its end. */
export const maskArgv = (argv: readonly string[]): string[] => argv.map(mask)

/** Text that came from elsewhere, fit for a line of output. */
export const clean = (text: string): string => printable(mask(text))
