import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRoot, MULTI, rigFor } from '../../rig/rig.ts'
import { lacks } from '../support/lacks.ts'

/** Own pid namespace: what is done to its pids and its init is nobody else's business. */
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', '--'] as const

const hasNamespaces = isRoot && spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0

/** Since Linux 6.14 a pid namespace has a pid_max of its own; before, this would be the machine's. */
const hasOwnPidMax = (): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  return hasNamespaces && (major > 6 || (major === 6 && minor >= 14))
}

/** Says one line for each thing that is not as it should be, and one at the end. */
const PROLOGUE = `
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
const multi = (...words) => spawnSync(process.execPath, [${JSON.stringify(MULTI)}, ...words], { encoding: 'utf8' })
const say = (text) => console.log(text)
const expect = (what, { status, stdout, stderr }, code = 0) => {
  if (status !== code) say(\`\${what} ended with \${status}: \${stdout}\${stderr}\`)
}
const stateOf = (pid) => {
  try { return readFileSync(\`/proc/\${pid}/stat\`, 'latin1').replace(/.*\\) /s, '')[0] } catch { return undefined }
}
const pidOf = (node) => Number(readFileSync(\`\${process.env.MULTI_RUN_DIR}/\${node}.pid\`, 'utf8'))
const all = () => readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map(Number)
/** What status says of a node, and who lives. */
const check = (nodes, up) => {
  const rows = JSON.parse(multi('status', ...nodes, '--json').stdout)
  const said = rows.filter(({ pid }) => pid !== null).map(({ pid }) => pid).sort()
  const live = all().filter((pid) => !'Z'.includes(stateOf(pid) ?? 'Z') && /sleep\\0/.test(readFileSync(\`/proc/\${pid}/cmdline\`, 'latin1'))).sort()
  if (String(said) !== String(live) || live.length !== up) say(\`status names \${said}, there live \${live}, \${up} should\`)
}
`

/** What stays of nodes that are down: not `litter`, for which a pid of that namespace would be one of ours. */
const recordsOf = (...nodes: string[]): string[] => [
  ...nodes.map((node) => `.${node}.pid.multi.json`),
  'vitals',
  'vitals/0',
]

/** `left`: of all files in the run directory. `reaping`: under an init that takes zombies away, as bash does. */
async function playedIn(context: Parameters<typeof rigFor>[0], script: string, { reaping = false } = {}) {
  const rig = rigFor(context)
  const file = join(rig.directory, 'init.mjs')
  writeFileSync(file, PROLOGUE + script)
  const init = reaping ? ['bash', '-c', '"$@" & wait $!', 'bash'] : []
  const ended = await rig.program([...NAMESPACE, ...init, process.execPath, file]).ended
  return { ...ended, left: readdirSync(rig.run, { recursive: true, encoding: 'utf8' }).sort() }
}

test('an init that never reaps (Node as process 1 of a container): zombies hold up neither stopwait nor restart nor start', async (context) => {
  if (!hasNamespaces) lacks(context, 'needs root and a pid namespace of its own')
  // Node waits for its own children only: workers, whose multi has ended, are zombies for ever.
  const { code, stdout, stderr, left } = await playedIn(
    context,
    `
    const nodes = ['w1', 'w2', 'w3']
    expect('start', multi('start', ...nodes, '--cmd', 'sleep 1000', '--startsecs=0'))
    check(nodes, 3)
    const first = nodes.map(pidOf)
    expect('rolling restart', multi('restart', ...nodes, '--rolling', '--startsecs=0'))
    check(nodes, 3)
    const second = nodes.map(pidOf)
    expect('stopwait', multi('stopwait', ...nodes))
    check(nodes, 0)
    expect('status', multi('status', ...nodes), 3)
    expect('another start', multi('start', ...nodes, '--startsecs=0'))
    check(nodes, 3)
    expect('kill', multi('kill', ...nodes))
    check(nodes, 0)
    for (const pid of [...first, ...second]) if (stateOf(pid) !== 'Z') say(pid + ' is in state ' + stateOf(pid))
    say('played')
    process.exit(0)
  `,
  )
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'played\n', stderr: '' })
  expect(left).toEqual(recordsOf('w1', 'w2', 'w3'))
})

test('pids that are given out in a small circle, again and again: workers keep to their own, strangers are left alone', async (context) => {
  if (!hasOwnPidMax()) lacks(context, 'needs root and Linux 6.14, where a pid namespace has a pid_max of its own')
  const { code, stdout, stderr, left } = await playedIn(
    context,
    `
    writeFileSync('/proc/sys/kernel/pid_max', '450') // Round again they begin with 300 (RESERVED_PIDS).
    const max = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'))
    const nodes = ['w1', 'w2', 'w3', 'w4']
    const given = new Set()
    let wraps = 0
    let last = 0
    expect('start', multi('start', ...nodes, '--cmd', 'sleep 1000', '--startsecs=0'))
    // Nobody's: each takes the pid of somebody who has gone.
    const strangers = []
    for (let turn = 0; turn < 4000 && wraps < 3; turn++) {
      const one = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] })
      if (one.pid < last) wraps++
      last = one.pid
      strangers.push(one)
      if (strangers.length > 20) strangers.shift().stdin.end()
      await new Promise((resolve) => setImmediate(resolve))
      if (turn % 25 !== 0) continue
      expect('restart', multi('restart', ...nodes, '--startsecs=0'))
      for (const node of nodes) given.add(pidOf(node))
      check(nodes, nodes.length)
      if (strangers.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)) say('a stranger was ended')
    }
    if (wraps < 3) say('pids never came round: ' + wraps + ' times below ' + max)
    expect('stopwait', multi('stopwait', ...nodes))
    check(nodes, 0)
    if (strangers.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)) say('a stranger was ended')
    say('played')
    process.exit(0)
  `,
    { reaping: true },
  )
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'played\n', stderr: '' })
  expect(left).toEqual(recordsOf('w1', 'w2', 'w3', 'w4'))
})

test('a group that hands itself on from process to process, faster than /proc can be read, is never called gone', async (context) => {
  if (!hasNamespaces) lacks(context, 'needs root and a pid namespace of its own')
  const { code, stdout, stderr, left } = await playedIn(
    context,
    `
    const until = async (isSo) => { while (!isSo()) await new Promise((resolve) => setImmediate(resolve)) }
    const commandLineOf = (pid) => { try { return readFileSync(\`/proc/\${pid}/cmdline\`, 'latin1') } catch { return '' } }
    if (${hasOwnPidMax()}) writeFileSync('/proc/sys/kernel/pid_max', '1000')
    const hop = process.cwd() + '/hop'
    writeFileSync(hop, '#!/bin/sh\\n[ -e stop ] && exit\\n"$0" &\\n', { mode: 0o755 })
    expect('start', multi('start', 'w1', '--cmd', "sh -c '" + hop + "; sleep 1000'", '--startsecs=0'))
    const leader = pidOf('w1')
    // To look who is in /proc could miss them as well.
    const hops = () => { try { return process.kill(-leader, 0) } catch { return false } }
    process.kill(leader, 'SIGKILL')
    await until(() => stateOf(leader) === undefined)
    // What it was busy with is of the group too, and ends by hand: as soon as it is seen, for it may only just have been forked.
    const endSleep = () => {
      for (const pid of all()) if (/^sleep.1000/s.test(commandLineOf(pid)) && hops()) try { process.kill(pid, 'SIGKILL') } catch {}
    }
    endSleep()
    for (let look = 0; look < 15; look++) {
      const [{ state }] = JSON.parse(multi('status', 'w1', '--json').stdout)
      if (state !== 'orphaned' && state !== 'unknown') say('it was called ' + state)
    }
    if (!hops()) say('it has ended')
    writeFileSync('stop', '')
    await until(() => (endSleep(), !hops()))
    expect('stopwait', multi('stopwait', 'w1'))
    say('played')
    process.exit(0)
  `,
    { reaping: true },
  )
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'played\n', stderr: '' })
  expect(left).toEqual(recordsOf('w1'))
})

test('where /proc is of another pid namespace than ours: one sentence, nobody is signalled or started, and what needs no processes works', async (context) => {
  if (!hasNamespaces) lacks(context, 'needs root and a pid namespace of its own')
  const rig = rigFor(context)
  const stranger = rig.bystander()
  const worker = await rig.started('w1')
  const under = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--']
  for (const [verb, code] of [
    ['status', 4],
    ['start', 6],
    ['stop', 6],
    ['stopwait', 6],
    ['restart', 6],
    ['kill', 6],
  ] as const) {
    writeFileSync(rig.pidfile('w2'), `${stranger.pid}\n`)
    for (const node of ['w1', 'w2']) {
      const { code: ended, stderr } = await rig.multi({ under }, verb, node, '--cmd', 'sleep 1000')
      expect([verb, ended, stderr]).toEqual([
        verb,
        code,
        'multi: /proc is not that of this pid namespace, so nobody can be told by it (mount it anew, as unshare --mount-proc does)\n',
      ])
    }
  }
  for (const verb of ['names', 'show', 'expand', 'help']) {
    const words = verb === 'help' ? [] : verb === 'expand' ? ['%n', 'w1'] : ['w1', '--cmd', 'sleep 1000']
    expect([verb, (await rig.multi({ under }, verb, ...words)).code]).toEqual([verb, 0])
  }
  expect(rig.alive(stranger.pid)).toBe(true)
  expect(worker.signals).toEqual([])
  rmSync(rig.pidfile('w2'))
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})
