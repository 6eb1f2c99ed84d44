import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { err, ok, type Result } from '../model/result.ts'

/** Something that works until it is closed, e.g. BullMQ's Worker. */
export interface Closeable {
  close(): unknown
}

export type Start = (context: unknown) => unknown

/** What the app's module gave: things that work already, or a function that starts them. */
export type Loaded =
  | { readonly is: 'running'; readonly parts: readonly Closeable[] }
  | { readonly is: 'start'; readonly start: Start }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const isCloseable = (value: unknown): value is Closeable => isObject(value) && typeof value['close'] === 'function'

const nameOf = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  return Array.isArray(value) ? 'an array with something that has no close()' : `${typeof value} without close()`
}

/** One thing with close(), or several. */
export function partsOf(value: unknown): Result<readonly Closeable[], string> {
  if (Array.isArray(value) && value.every(isCloseable)) return ok(value)
  return isCloseable(value) ? ok([value]) : err(nameOf(value))
}

const split = (app: string): { path: string; name: string } => {
  const [, path = app, name = 'default'] = /^(.+?)(?::([A-Za-z_$][\w$]*))?$/.exec(app) ?? []
  return { path, name }
}

/** A CommonJS module that was compiled from ESM keeps its exports one level deeper. */
function exportOf(module: Readonly<Record<string, unknown>>, name: string): unknown {
  const inner = module['default']
  const nested = isObject(inner) && (inner['__esModule'] === true || !Object.hasOwn(module, name))
  return nested && Object.hasOwn(inner, name) ? inner[name] : module[name]
}

function understood(value: unknown, app: string, name: string, module: object): Result<Loaded, string> {
  const parts = partsOf(value)
  if (parts.ok) return ok({ is: 'running', parts: parts.value })
  if (typeof value === 'function') return ok({ is: 'start', start: value as Start })
  if (value !== undefined)
    return err(`${app}: its export ${name} is ${parts.error}; it must have close() or be a function`)
  const there = Object.keys(module).join(', ') || 'nothing'
  return err(`${app}: there is no export ${name}; it exports ${there}`)
}

/** The file of an app as typed, if it is there. */
export function fileOf(app: string): string | undefined {
  const file = resolve(split(app).path)
  return existsSync(file) ? file : undefined
}

/** Imports the app. What its own code throws passes through: its stack says where in the app. */
export async function loadApp(app: string, file: string): Promise<Result<Loaded, string>> {
  const { name } = split(app)
  const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  return understood(exportOf(module, name), app, name, module)
}
