'use strict'
const fs = require('node:fs')
const path = require('node:path')

/** Of a command that was killed while it wrote. */
const LEFT_BEHIND_MS = 60_000

function removeLeftBehind(directory, now) {
  for (const name of fs.readdirSync(directory)) {
    const file = path.join(directory, name)
    if (name.endsWith('.draft') && now - fs.statSync(file).mtimeMs > LEFT_BEHIND_MS) fs.unlinkSync(file)
  }
}

/** Whole or not at all, also when the power fails: V8 believes what it reads. */
function replace(file, pieces) {
  const draft = `${file}.${process.pid}.draft`
  const fd = fs.openSync(draft, 'wx', 0o644)
  try {
    for (const piece of pieces) fs.writeFileSync(fd, piece)
    fs.fsyncSync(fd)
    fs.renameSync(draft, file)
  } catch (error) {
    fs.unlinkSync(draft)
    throw error
  } finally {
    fs.closeSync(fd)
  }
}

/** Keeps the code of all parts that ran, if we own dist; what cannot be kept is compiled again the next time. */
module.exports = (dist, file, parts, times) => {
  try {
    if (fs.statSync(dist).uid !== process.geteuid?.()) return
    const directory = path.dirname(file)
    fs.mkdirSync(directory, { recursive: true, mode: 0o755 })
    removeLeftBehind(directory, times.written)
    const made = [...parts].map(([name, { source, code }]) => ({ name, source, bytes: code() }))
    const head = { times, parts: made.map(({ name, source, bytes }) => [name, source, bytes.length]) }
    const all = Buffer.concat(made.map(({ bytes }) => bytes))
    replace(file, [`${JSON.stringify(head)}\n`, all, all])
  } catch {
    // A read-only or a full disk: nobody is worse off than before.
  }
}
