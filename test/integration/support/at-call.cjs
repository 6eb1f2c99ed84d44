// Preloaded into a multi (see at-call.ts): counts the calls by which it changes anything outside itself, and at one of them
// kills, suspends or fails it. AT_CALL says what and where, AT_CALL_LIST names a file for the calls, one a line, and AT_CALL_LOOKS
// one for the claims that it has read. For EMFILE the calls that need a descriptor are counted instead, and fail from that one on.
const fs = require('node:fs')
const children = require('node:child_process')
const { syncBuiltinESMExports } = require('node:module')

const { AT_CALL = '', AT_CALL_LIST, AT_CALL_LOOKS } = process.env
const NEEDS = {
  EMFILE: new Set(['open', 'spawn']),
  ENOSPC: new Set(['create', 'symlink', 'mkdir', 'write']),
}

const { appendFileSync } = fs
const kill = process.kill.bind(process)
const [what, where] = AT_CALL.split(' ')
let count = 0
let reached = false

const fault = (syscall, path) => Object.assign(new Error(`${what}: made up by the test`), { code: what, syscall, path })

/** Answers the error that the call shall fail with. From there on nothing that needs the same succeeds. */
function before(name, subject) {
  count++
  if (AT_CALL_LIST) appendFileSync(AT_CALL_LIST, `${count} ${name} ${String(subject)}\n`)
  const first = !reached && (where === String(count) || where === name)
  reached ||= first
  if (what.startsWith('E')) return reached && NEEDS[what].has(name) ? fault(name, String(subject)) : undefined
  if (first) kill(process.pid, `SIG${what}`)
  return undefined
}

function after(name) {
  if (reached || where !== `${name}+`) return
  reached = true
  kill(process.pid, `SIG${what}`)
}

function wrap(object, method, nameOf) {
  const original = object[method]
  object[method] = function wrapped(...args) {
    const name = nameOf(args)
    const error = name && before(name, args[0])
    const callback = args.at(-1)
    if (error && typeof callback === 'function') return process.nextTick(callback, error)
    if (error) throw error
    const result = original.apply(this, args)
    if (name) after(name)
    return result
  }
}

const creates = (flags) => flags === 'wx' || (typeof flags === 'number' && (flags & fs.constants.O_CREAT) !== 0)

/** Node's loader may or may not read modules by the same functions: they are not counted. */
const isModule = (path) => /\.c?js$|\/package\.json$/.test(String(path))

function armDescriptors() {
  for (const method of ['openSync', 'readFileSync', 'readdirSync']) {
    wrap(fs, method, ([path]) => (isModule(path) ? undefined : 'open'))
  }
  wrap(children, 'spawn', () => 'spawn')
}

function armChanges() {
  wrap(fs, 'symlinkSync', () => 'symlink')
  wrap(fs, 'renameSync', () => 'rename')
  wrap(fs, 'unlinkSync', () => 'unlink')
  wrap(fs, 'writeSync', ([fd]) => (fd > 2 ? 'write' : undefined))
  wrap(fs, 'openSync', ([, flags]) => (creates(flags) ? 'create' : undefined))
  // The lock is a directory, which proper-lockfile makes and removes by the asynchronous ones.
  for (const method of ['mkdir', 'mkdirSync']) wrap(fs, method, () => 'mkdir')
  for (const method of ['rmdir', 'rmdirSync']) wrap(fs, method, () => 'rmdir')
  wrap(children, 'spawn', () => 'spawn')
  wrap(process, 'kill', ([, signal]) => (signal === 0 ? undefined : 'kill'))
}

function arm() {
  if (what === 'EMFILE') armDescriptors()
  else armChanges()
  if (AT_CALL_LOOKS) noteLooks()
  syncBuiltinESMExports()
}

function noteLooks() {
  const { readlinkSync } = fs
  fs.readlinkSync = (path, ...rest) => {
    const text = readlinkSync(path, ...rest)
    if (path.includes('.claim.')) appendFileSync(AT_CALL_LOOKS, `${String(path)}\n`)
    return text
  }
}

// Workers are not meant, and should not see that anything was.
for (const name of ['NODE_OPTIONS', 'AT_CALL', 'AT_CALL_LIST', 'AT_CALL_LOOKS']) delete process.env[name]
if (process.argv[1]?.endsWith('/bin/multi.js') && process.argv[2] !== 'worker') arm()
