'use strict'
// Runs dist/ with the code that V8 made of it in an earlier run, as Python does with __pycache__: compiling takes a quarter
// of the time of a `multi status`. Node has that from 22.1 on (module.enableCompileCache), but without the functions that are
// compiled when they are first called, which are most.
//
// dist/compiled has a file for each verb: a line of JSON, then for each part of dist what V8 made of it, twice. Only the owner of
// dist writes there, so whoever could change it could change dist itself. V8 takes it only from the same version with the same
// options. That it was made of the same source is shown by the hash in the first line of each part and by its time: V8 looks at
// lengths. That it is what was written is shown by its twin: V8 does not look, and dies of a wrong bit; to compare two hundred
// kilobytes takes a hundredth of the time of a checksum.
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')
const { O_NONBLOCK, O_RDONLY } = fs.constants

/**
 * @typedef {{ source: string, code: () => Buffer }} Part what V8 makes of a part of dist, and of which source
 * @typedef {{ born: number, written: number }} Times in ms since the epoch
 */

const DIST = path.join(__dirname, '../dist')
/** The first line of a part is `//` and its hash, or zeros: scripts/build.mjs. */
const HASH = [2, 34]
const UNHASHED = '0'.repeat(32)
const BEFORE = '(function (exports, require, module, __filename, __dirname) {'
const AFTER = '\n})'

/** Many times what a verb has. */
const LIMIT = 1 << 24

/** Nothing that never ends, or that waits for a writer. */
function readRegular(file) {
  const fd = fs.openSync(file, O_RDONLY | O_NONBLOCK)
  try {
    const stats = fs.fstatSync(fd)
    if (!stats.isFile() || stats.size > LIMIT) throw new Error(`${file} is not what it should be`)
    const all = Buffer.allocUnsafeSlow(stats.size)
    return { bytes: all.subarray(0, fs.readSync(fd, all, 0, all.length, 0)), mtimeMs: stats.mtimeMs }
  } finally {
    fs.closeSync(fd)
  }
}

/** @returns {{ times: Times, parts: Map<string, Part> } | undefined} */
function readKept(file) {
  try {
    const { bytes } = readRegular(file)
    let at = bytes.indexOf('\n') + 1
    const middle = at + (bytes.length - at) / 2
    if (bytes.compare(bytes, middle, bytes.length, at, middle) !== 0) return undefined
    const { times, parts } = JSON.parse(bytes.latin1Slice(0, at))
    const kept = new Map()
    for (const [name, source, length] of parts) {
      const code = bytes.subarray(at, (at += length))
      kept.set(name, { source, code: () => code })
    }
    return at === middle ? { times, parts: kept } : undefined
  } catch {
    return undefined
  }
}

/** Twice as old as when it was written: by then other functions may have been called. So it is written ever more rarely. */
const isDue = ({ born, written }, now) => now - born > 2 * (written - born) + 1000

/** Runs a part of dist, and with it, in the same way, the parts that it needs. */
module.exports = (main, word) => {
  const verb = /^[a-z_]+$/.test(word) ? word : 'options'
  const file = path.join(DIST, 'compiled', `${process.versions.v8}-${process.arch}`, verb)
  const kept = readKept(file)
  /** @type {Map<string, Part>} */
  const parts = new Map(kept?.parts)
  const loaded = new Map()
  let isWhole = true

  const compile = (part, filename, text, source) => {
    const known = kept?.parts.get(part)
    const script = new vm.Script(BEFORE + text + AFTER, {
      filename,
      cachedData: known?.source === source ? known.code() : undefined,
    })
    if (script.cachedDataRejected !== false) isWhole = false
    parts.set(part, { source, code: () => script.createCachedData() })
    return script.runInThisContext()
  }

  const load = (part) => {
    const before = loaded.get(part)
    if (before) return before.exports
    const filename = path.join(DIST, part)
    const { bytes, mtimeMs } = readRegular(filename)
    const text = bytes.latin1Slice() // esbuild writes ASCII.
    const hash = text.slice(...HASH)
    if (hash === UNHASHED) return require(filename)
    const module = { exports: {} }
    loaded.set(part, module)
    const requireIt = (id) => (id.startsWith('.') ? load(path.join(path.dirname(part), id)) : require(id))
    const run = compile(part, filename, text, `${hash} ${mtimeMs}`)
    run(module.exports, requireIt, module, filename, path.dirname(filename))
    return module.exports
  }

  process.once('exit', (code) => {
    // After an error of usage the verb may be none. With options of V8 what it makes may be of no use to others.
    if (code === 2 || process.execArgv.length > 0 || process.env['NODE_OPTIONS']) return
    const now = Date.now()
    if (kept && isWhole && !isDue(kept.times, now)) return
    require('./keep-compiled.js')(DIST, file, parts, { born: kept?.times.born ?? now, written: now })
  })
  load(main)
}
