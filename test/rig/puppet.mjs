// A worker that does what the test says, over the unix socket that PUPPET_SOCKET names: one JSON document a line, both ways.
// It ends when the socket does, so that none outlives its test.
import { spawn } from 'node:child_process'
import { closeSync, readdirSync, readlinkSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']

/** What is done on a signal besides reporting it: `exit`, or `stay`. HUP, USR1 and USR2 end nobody here. */
const answers = new Map(
  SIGNALS.map((name) => [name, ['SIGTERM', 'SIGINT', 'SIGQUIT'].includes(name) ? 'exit' : 'stay']),
)
if (process.env.PUPPET_STAYS) answers.set('SIGTERM', 'stay')

const socket = connect(process.env.PUPPET_SOCKET ?? '/nowhere')
const say = (what, then) => socket.write(`${JSON.stringify(what)}\n`, then)

/** Open descriptors with what they lead to, without the socket's and the listing's own. */
function descriptors() {
  const open = {}
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const to = readlinkSync(`/proc/self/fd/${name}`)
      if (!/^(socket:|anon_inode:|\/proc\/)/.test(to)) open[name] = to
    } catch {
      // The one that listed the others.
    }
  }
  return open
}

const commands = {
  exit: ({ code }) => say({ leaving: code }, () => process.exit(code)),
  die({ signal }) {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  },
  print: ({ text, fd }) => writeSync(fd, text),
  onSignal: ({ signal, answer }) => answers.set(signal, answer),
  write: ({ path, text }) => writeFileSync(path, text),
  remove: ({ path }) => rmSync(path, { force: true }),
  retitle: ({ title }) => {
    process.title = title
  },
  close: ({ fds }) => fds.forEach((fd) => closeSync(fd)),
  fds: () => descriptors(),
  // `bare`: without the environment of its parent, as programs that clear or overwrite it.
  fork({ session, stays, bare }) {
    const { PUPPET_SOCKET, MULTI_NODE } = process.env
    const own = { PUPPET_PARENT: String(process.pid), PUPPET_STAYS: stays ? '1' : '' }
    const child = spawn(process.execPath, [process.argv[1]], {
      env: bare ? { PUPPET_SOCKET, MULTI_NODE, ...own } : { ...process.env, ...own },
      detached: session,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.unref()
    return child.pid
  },
}

for (const signal of SIGNALS) {
  process.on(signal, () => {
    say({ signal }, () => answers.get(signal) === 'exit' && process.exit(0))
  })
}

socket.on('connect', () => {
  const { env, pid, ppid, argv } = process
  const { MULTI_NODE: node, MULTI_LAUNCH: launch, PUPPET_PARENT: parent } = env
  const cwd = process.cwd()
  say({ hello: { pid, ppid, node, launch, parent: parent && Number(parent), argv, env, cwd, fds: descriptors() } })
})
socket.on('error', () => process.exit(98))
socket.on('close', () => process.exit(98))

let text = ''
socket.setEncoding('utf8')
socket.on('data', (chunk) => {
  text += chunk
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
    const { id, command, ...given } = JSON.parse(text.slice(0, at))
    text = text.slice(at + 1)
    say({ id, answer: commands[command](given) ?? null })
  }
})
