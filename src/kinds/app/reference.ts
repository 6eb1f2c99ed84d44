/** `-A` of an app, taken apart: `./lib/images.mjs:worker`. */
export interface AppReference {
  readonly path: string
  /** undefined: the default export. */
  readonly exportName?: string
}

const EXTENSIONS = ['mjs', 'js', 'cjs', 'mts', 'ts', 'cts'] as const
const SCRIPT = /\.[mc]?[jt]s$/

export const readReference = (text: string): AppReference => {
  const [, path = text, exportName] = /^(.+?)(?::([A-Za-z_$][\w$]*))?$/.exec(text) ?? []
  return { path, ...(exportName === undefined ? {} : { exportName }) }
}

const isScript = (path: string): boolean => SCRIPT.test(path)
export const isTypeScript = (path: string): boolean => /\.[mc]?ts$/.test(path)

/** No Python module is called like a path, and none ends like a script. */
export const looksLikeApp = ({ path }: AppReference): boolean => /^(\.{1,2})?\//.test(path) || isScript(path)

/** Where the module may be; a script's own name says it. */
export const placesOfApp = (path: string): readonly string[] =>
  isScript(path)
    ? [path]
    : [...EXTENSIONS.map((ending) => `${path}.${ending}`), ...EXTENSIONS.map((ending) => `${path}/index.${ending}`)]

/** Where `-A name` would be a Python module: `proj.celery` is proj/celery.py or the package proj/celery. */
export const placesOfPython = (path: string): { readonly file: string; readonly directory: string } => {
  // Celery's own `module:attribute` was cut off with the export; its dots are directories.
  const directory = path.replaceAll('.', '/')
  return { file: `${directory}.py`, directory }
}
