import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRoot, MULTI, NOBODY } from '../rig/rig.ts'
import { lacks } from './support/lacks.ts'

const SPACES = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private']

/** A pid namespace of its own, so that no other mount of /proc is concerned on kernels that keep hidepid per namespace. */
const inHiddenProc = (script: string) =>
  spawnSync('unshare', [...SPACES, 'sh', '-c', `mount -t proc -o hidepid=2 proc /proc || exit 77\n${script}`], {
    encoding: 'utf8',
    timeout: 50_000,
  })

/** A user with directories of its own, and how it calls multi. */
function someone(): { readonly home: string; readonly run: string; readonly multi: string } {
  const home = mkdtempSync(join(tmpdir(), 'multi-hidepid-'))
  const run = join(home, 'run')
  mkdirSync(run)
  for (const path of [home, run]) chownSync(path, NOBODY, NOBODY)
  const multi = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups -- env -i PATH=/usr/bin:/bin HOME=${home} MULTI_RUN_DIR=${run} ${process.execPath} ${MULTI}`
  return { home, run, multi }
}

/** A program with a capability, which the kernel keeps even from the user who runs it; false where there are none. */
function makeCapable(path: string): boolean {
  copyFileSync('/usr/bin/sleep', path)
  chmodSync(path, 0o755)
  return spawnSync('setcap', ['cap_net_bind_service+ep', path]).status === 0
}

const possible = isRoot && inHiddenProc('true').status === 0

test('with hidepid=2 a pidfile that names another user’s process is unknown: not stale, not started over', (context) => {
  if (!possible) lacks(context, 'needs root and a mount namespace in which /proc can be mounted with hidepid=2')
  const { home, run, multi } = someone()
  try {
    // Root's `sleep` is pid 2 or later of that namespace; the shell says which.
    const { stdout } = inHiddenProc(`
      sleep 300 & other=$!
      echo $other >${run}/w1.pid; chown ${NOBODY}:${NOBODY} ${run}/w1.pid
      cd ${home}
      ${multi} status w1 --json; echo "status $?"
      ${multi} start w1 --cmd='sleep 300' --startsecs=0; echo "start $?"
      ${multi} stop w1; echo "stop $?"
      [ -e ${run}/w1.pid ] && kill -0 $other && echo untouched
      kill $other`)
    expect(stdout).toMatch(/"state": ?"unknown"/)
    expect(stdout).toContain('status 4')
    expect(stdout).toContain('start 4')
    expect(stdout).toContain('stop 4')
    expect(stdout).toContain('untouched')
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

test('with hidepid=2 a worker that hides from its own user lives: unknown to status, stop and kill, not started over', (context) => {
  if (!possible) lacks(context, 'needs root and a mount namespace in which /proc can be mounted with hidepid=2')
  const { home, run, multi } = someone()
  try {
    const capable = join(home, 'capable')
    if (!makeCapable(capable)) lacks(context, 'needs setcap (apt-get install libcap2-bin)')
    const { stdout } = inHiddenProc(`
      cd ${home}
      ${multi} start w1 --cmd='sh -c "sleep 1; exec ${capable} 300"' --startsecs=0; echo "start $?"
      worker=$(cat ${run}/w1.pid)
      until grep -q '^${capable}' /proc/$worker/cmdline; do sleep 0.05; done
      ${multi} status w1 --json; echo "status $?"
      for verb in start stop kill; do ${multi} $verb w1; echo "again: $verb $?"; done
      pgrep -c -f '^${capable}'; kill -0 $worker && echo untouched
      kill $worker
      until ! kill -0 $worker; do sleep 0.05; done
      ${multi} status w1; echo "afterwards $?"`)
    expect(stdout).toContain('start 0')
    expect(stdout).toMatch(/"state": ?"unknown"/)
    expect(stdout).toContain('status 4')
    for (const verb of ['start', 'stop', 'kill']) expect(stdout).toContain(`again: ${verb} 4`)
    expect(stdout).toMatch(/^1\nuntouched$/m)
    expect(stdout).toContain('afterwards 1')
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

test('with hidepid=2 a worker that is hidden from the first is ended again, and start says why', (context) => {
  if (!possible) lacks(context, 'needs root and a mount namespace in which /proc can be mounted with hidepid=2')
  const { home, multi } = someone()
  try {
    const capable = join(home, 'capable')
    if (!makeCapable(capable)) lacks(context, 'needs setcap (apt-get install libcap2-bin)')
    const { stdout } = inHiddenProc(`
      cd ${home}
      for turn in 1 2; do ${multi} start w1 --cmd='${capable} 300' --startsecs=0; echo "start $?"; done
      ${multi} status w1; echo "status $?"
      pgrep -c -f '^${capable}'`)
    expect(stdout.match(/FAILED: \/proc does not show the worker of w1.* ended again .*hidepid/g)).toHaveLength(2)
    expect(stdout.match(/^start 6$/gm)).toHaveLength(2)
    expect(stdout).toMatch(/status 3\n0$/m)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})
