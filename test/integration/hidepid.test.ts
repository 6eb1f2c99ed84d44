import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
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

const possible = isRoot && inHiddenProc('true').status === 0

test('with hidepid=2 a pidfile that names another user’s process is unknown: not stale, not started over', (context) => {
  if (!possible) lacks(context, 'needs root and a mount namespace in which /proc can be mounted with hidepid=2')
  const home = mkdtempSync(join(tmpdir(), 'multi-hidepid-'))
  const run = join(home, 'run')
  mkdirSync(run)
  for (const path of [home, run]) chownSync(path, NOBODY, NOBODY)
  // Root's `sleep` is pid 2 or later of that namespace; the shell says which.
  const multi = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups -- env -i PATH=/usr/bin:/bin HOME=${home} MULTI_RUN_DIR=${run} ${process.execPath} ${MULTI}`
  try {
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
