// The floor for `multi status`: asks of each pid that a pidfile holds whether it is there. It trusts the pids.
//     node bare-status.mjs DIRECTORY
import { readdirSync, readFileSync } from 'node:fs'

const isThere = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const [directory] = process.argv.slice(2)
const lines = readdirSync(directory)
  .filter((name) => name.endsWith('.pid'))
  .map((name) => Number(readFileSync(`${directory}/${name}`, 'latin1')))
  .map((pid) => `${pid} ${isThere(pid) ? 'alive' : 'dead'}\n`)
process.stdout.write(lines.join(''))
