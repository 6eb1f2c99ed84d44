declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** An absolute, normalised path. */
export type AbsPath = Branded<string, 'AbsPath'>
/** The full name of a node, `name@host`. */
export type NodeName = Branded<string, 'NodeName'>
/** What one pidfile is called in directories that many pidfiles share. Made only in node/key.ts. */
export type NodeKey = Branded<string, 'NodeKey'>
/** One start of one worker; handed to it as MULTI_LAUNCH, so that it can be found again in /proc. */
export type LaunchId = Branded<string, 'LaunchId'>

/** Of users and groups: the number above it is (uid_t)-1, which means nobody. */
export const HIGHEST_ID = 0xffff_fffe
