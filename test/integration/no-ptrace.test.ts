import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandLineOf, end, type Process, processOf } from '../rig/processes.ts'
import { isRoot, type Rig, rigFor, until } from '../rig/rig.ts'
import { atCall, listed } from './support/at-call.ts'
import { OTHER } from './support/others.ts'

/** What root has in a container of Docker's: it may signal anybody, and look into nobody else's environment. */
const CAPABILITIES =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap'

const bounded = `--bounding-set=-all,${CAPABILITIES.replaceAll(/\w+/g, '+$&')}`

const under = ['setpriv', '--inh-caps=-all', bounded, '--'] as const

const possible = isRoot && spawnSync(under[0], [...under.slice(1), 'true']).status === 0

const start = (node: string) =>
  ['start', node, `--uid=${OTHER}`, `--gid=${OTHER}`, '--cmd', 'sleep 1000', '--startsecs=0'] as const

/** A start of w1 that was killed when it had begun its worker, before it could record that; answers the worker. */
async function abandonedIn(rig: Rig): Promise<Process> {
  // Other programs are run before it, to learn of the user: which call it is, a start says that is like it.
  const { env, calls } = listed(rig)
  for (const options of [{ under }, { under, env }]) {
    expect((await rig.multi(options, ...start('w1'))).code).toBe(0)
    expect((await rig.multi({ under }, 'stopwait', 'w1')).code).toBe(0)
  }
  const born = calls().findLastIndex((call) => call.includes(' spawn '))
  await rig.multi({ under, env: atCall(`KILL ${born + 2}`) }, ...start('w1'))
  return until(() => {
    const [worker, ...others] = rig.processes()
    // Not what leads to it any more.
    return worker && others.length === 0 && commandLineOf(worker.pid).startsWith('/usr/bin/sleep ') ? worker : undefined
  }, 'the worker')
}

test.runIf(possible)(
  'root without CAP_SYS_PTRACE: the worker of a killed start as another user is in doubt, named, and not started twice',
  async (context) => {
    const rig = rigFor(context)
    const worker = await abandonedIn(rig)
    const { pid } = worker
    for (const line of [start('w1'), ['stop', 'w1'], ['status', 'w1', '--json']] as const) {
      const { code, stdout } = await rig.multi({ under }, ...line)
      expect([line[0], code, stdout]).toEqual([line[0], 4, expect.stringContaining(`pid ${pid} may be the worker`)])
    }
    expect(rig.processes().map((one) => one.pid)).toEqual([pid])
    // A neighbour's worker is on its record, so it is in nobody's way.
    expect((await rig.multi({ under }, ...start('w2'))).code).toBe(0)
    end(worker)
    await until(() => processOf(pid) === undefined, 'its end')
    expect((await rig.multi({ under }, ...start('w1'))).code).toBe(0)
    expect((await rig.multi({ under }, 'stopwait', 'w1', 'w2')).code).toBe(0)
  },
)

test.runIf(possible)('who may look finds it then, and takes it over', async (context) => {
  const rig = rigFor(context)
  const { pid } = await abandonedIn(rig)
  expect((await rig.multi({ under }, ...start('w1'))).code).toBe(4)
  expect((await rig.multi(...start('w1'))).stdout).toContain(`took over pid ${pid}`)
  expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
})
