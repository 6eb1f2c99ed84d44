// The floor for `multi start N --cmd 'sleep 3600' --startsecs 0`: the same workers, each with a log opened for appending, a
// session of its own and a pidfile; no record, no claim, no look at what is there already.
//     node bare-start.mjs N DIRECTORY
import { spawn } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'

const [count, directory] = process.argv.slice(2)
for (let index = 1; index <= Number(count); index++) {
  const log = openSync(`${directory}/w${index}.log`, 'a', 0o640)
  const child = spawn('/bin/sleep', ['3600'], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  writeFileSync(`${directory}/w${index}.pid`, `${child.pid}\n`)
  child.unref()
}
