/** A deliberate bug: text that must stand in the file exactly once, and what takes its place. */
interface Edit {
  readonly file: string
  readonly search: string
  readonly replace: string
}

export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** A test file that must find it; without it, random schedules must. */
  readonly test?: string
}

const mutant = (name: string, file: string, search: string, replace: string, test?: string): Mutant => ({
  name,
  edits: [{ file: `src/${file}`, search, replace }],
  ...(test === undefined ? {} : { test: `test/${test}` }),
})

const CONFORMANCE = 'integration/conformance.test.ts'
const FOUND = 'sim/schedules/found.test.ts'

/** The list that must never get shorter: what each promise rests on, taken away. */
export const MUTANTS: readonly Mutant[] = [
  mutant(
    'no identity check before a signal',
    'system/signalling.ts',
    "  if (read.facts.startTicks !== identity.startTicks) return 'stranger'\n",
    '',
    CONFORMANCE,
  ),
  mutant(
    'EPERM as dead',
    'system/signalling.ts',
    "return codeOf(error) === 'EPERM' ? 'denied' : 'gone'",
    "return 'gone'",
    CONFORMANCE,
  ),
  mutant(
    'EPERM as an empty group',
    'system/signalling.ts',
    "    return codeOf(error) !== 'ESRCH' //",
    '    return false //',
    CONFORMANCE,
  ),
  mutant(
    'a part of a file passes for all of it',
    'system/files.ts',
    'at < bytes.length; ) at += writeSync(fd, bytes, at)',
    'at === 0 && at < bytes.length; ) at += writeSync(fd, bytes, at)',
    'integration/faults/short-write.test.ts',
  ),
  mutant(
    'identity read after an await',
    'system/children.ts',
    '    return this.#watch(child, child.pid)\n',
    '    const { pid } = child\n    await new Promise((resolve) => setTimeout(resolve, 50))\n    return this.#watch(child, pid)\n',
    CONFORMANCE,
  ),
  mutant(
    'a signal that was denied passes for sent',
    'node/signal-effects.ts',
    "  if (answer === 'denied') return err(await deniedBy(scene, signal))\n  if (answer !== 'sent') return ok(undefined) // It",
    "  if (answer !== 'sent' && answer !== 'denied') return ok(undefined) // It",
  ),
  mutant(
    'TERM to the group',
    'node/signal-effects.ts',
    '  const answer = await system.signal(identity, signal)\n',
    '  const group = groupOf(scene)\n  const answer = group ? await system.signalGroup(group, signal) : await system.signal(identity, signal)\n',
  ),
  mutant(
    'a claim that is not exclusive',
    'node/act.ts',
    '  const made = await system.symlink(text, path)\n',
    '  await system.remove(path)\n  const made = await system.symlink(text, path)\n',
  ),
  {
    name: 'no claim before the spawn',
    edits: [
      {
        file: 'src/node/decide.ts',
        search: "  if (claims.top?.holder === 'ours') return unresolved",
        replace: "  if (step.step === 'launch' || claims.top?.holder === 'ours') return unresolved",
      },
      {
        file: 'src/node/act.ts',
        search: '  const id = claimedLaunch(seen.claims)\n',
        replace: '  const id = claimedLaunch(seen.claims) ?? system.newLaunchId()\n',
      },
    ],
  },
  mutant(
    'the pidfile trusted over a live record',
    'node/observe.ts',
    "  if (leader !== 'gone') {\n",
    "  const named = await pidfile()\n  if (leader !== 'gone' && (named.is !== 'pid' || named.pid === launch.identity.pid)) {\n",
  ),
  mutant(
    'start ticks ignored',
    'node/observe.ts',
    "read.found === 'process' && read.facts.startTicks === identity.startTicks && !isDead(read.facts)",
    "read.found === 'process' && !isDead(read.facts)",
  ),
  mutant(
    'a zombie as alive',
    'model/process.ts',
    "state === 'X' || (state === 'Z' && threads <= 1)",
    "state === 'X' && threads <= 1",
  ),
  mutant(
    'a process without its main thread passes for dead',
    'model/process.ts',
    "(state === 'Z' && threads <= 1)",
    "(state === 'Z' && threads <= 100)",
    'unit/node/observe.test.ts',
  ),
  mutant(
    'the record of another boot believed',
    'node/observe.ts',
    "  if (!hereAndNow(system, identity)) return 'gone'\n",
    '',
  ),
  mutant(
    'every stop signals once more',
    'node/decide-down.ts',
    'function draining(goal: DownGoal, state: Draining, seen: Seen, moment: Moment): Step {\n',
    "function draining(goal: DownGoal, state: Draining, seen: Seen, moment: Moment): Step {\n  if (state.leader && !moment.memory.signalled) return { step: 'signal-leader', signal: 'TERM' }\n",
  ),
  {
    name: 'KILL without a limit',
    edits: [
      {
        file: 'src/node/decide-down.ts',
        search: 'goal.timeoutMs === undefined ? undefined : limitStage(goal, goal.timeoutMs,',
        replace: 'limitStage(goal, goal.timeoutMs ?? 100,',
      },
      {
        file: 'src/node/decide-down.ts',
        search: "if (goal.atLimit.includes('kill')) return { at,",
        replace: 'if (goal.orphanGraceMs > 0) return { at,',
      },
    ],
  },
  mutant(
    'KILL before the limit',
    'node/decide-down.ts',
    '  if (stage && moment.now >= stage.at)',
    '  if (stage && moment.now >= stage.at - 100)',
  ),
  mutant(
    'group emptiness by the leader only',
    'node/observe.ts',
    '  return group ? byGroup(',
    '  return group && group.pgid < 0 ? byGroup(',
  ),
  mutant(
    'a claim that was given back counts as a dead one',
    'node/claim.ts',
    "    if (holder === 'dead' && (await system.readlink(path)) !== text)\n",
    "    if (text === '')\n",
    'unit/node/claim.test.ts',
  ),
  mutant(
    'a claim made before the look is taken for one made after it',
    'fleet/settle.ts',
    "return step.blind === 'unseen' ? undefined : stillAsSeen(",
    'return stillAsSeen(',
  ),
  mutant(
    'a worker looked for in the log of this line, not of its starter',
    'node/resolve.ts',
    "read.is === 'record' && read.uid === uid ? { ...target, logfile: read.record.logfile } : target",
    "read.is === 'record' && read.uid === uid ? { ...target } : target",
    'unit/node/resolve.test.ts',
  ),
  mutant(
    'a claim above that of somebody who lives counts as a right',
    'node/claim.ts',
    "  holder === 'ours' && below?.holder === 'alive' ? below : { claim, holder }",
    '  ({ claim, holder })',
    'unit/node/claim.test.ts',
  ),
  mutant(
    'who came in the same tick counts as older',
    'node/group.ts',
    'Math.floor((seenAt * system.ticksPerSecond) / 1000)',
    '(seenAt * system.ticksPerSecond) / 1000',
    'unit/node/group.test.ts',
  ),
  mutant(
    'a dead claim removed instead of superseded',
    'node/act.ts',
    '  const made = await system.symlink(text, path)\n',
    "  const dead = seen.claims.top?.holder === 'dead' ? seen.claims.top.claim.generation : undefined\n  if (dead !== undefined) await system.remove(claimPath(target.pidfile, dead))\n  const made = await system.symlink(text, claimPath(target.pidfile, dead ?? seen.claims.next))\n",
  ),
  mutant(
    'the time of the fork counts as the worker’s life',
    'node/launch.ts',
    '  const startedMono = system.now()\n',
    '  const startedMono = system.now() - (system.wall() - startedAt)\n',
    'unit/node/launch.test.ts',
  ),
  mutant(
    'a worker that nothing names any more counts as gone',
    'node/observe.ts',
    "gone !== undefined || (state !== 'stopped' && state !== 'stale')) return found",
    "gone !== undefined || state !== 'stopped') return found",
    'unit/node/observe.test.ts',
  ),
  mutant(
    'what a user recorded becomes root’s own word',
    'node/recording.ts',
    'isTheirs(system, seen) && !owner ? undefined',
    'isTheirs(system, seen) && changes.plan ? undefined',
    'unit/node/recording.test.ts',
  ),
  mutant(
    'a claim that nobody counts left behind',
    'fleet/settle.ts',
    '  if (!counts) await system.remove(',
    '  if (counts === null) await system.remove(',
    'sim/schedules/claims.test.ts',
  ),
  mutant(
    'nodes with one log started abreast',
    'fleet/pursue.ts',
    ' && one.task.target.logfile !== other.task.target.logfile',
    '',
    'sim/schedules/crashes.test.ts',
  ),
  mutant(
    'dead starters not looked after',
    'node/decide.ts',
    '  const unresolved = claims.abandoned.some(',
    '  const unresolved = claims.next < 0 && claims.abandoned.some(',
  ),
  mutant(
    'a record that cannot be read written over, to give a claim back',
    'node/recording.ts',
    "  if (seen.recordRead.is === 'blocked') return releaseOwn(",
    "  if (seen.recordRead.is === 'blocked' && next === 0) return releaseOwn(",
    'unit/node/recording.test.ts',
  ),
  mutant(
    'a claim given back without voiding those below',
    'node/recording.ts',
    '  if (top.claim.generation > recorded + 1) {',
    '  if (top.claim.generation < 0) {',
    'sim/schedules/claims.test.ts',
  ),
  mutant(
    'sweep removes claims in force',
    'fleet/sweep.ts',
    "      litter.kind === 'claim' ? litter.generation <= generation :",
    "      litter.kind === 'claim' ? litter.generation > 0 :",
  ),
  mutant(
    'a group is ours by its number',
    'node/group.ts',
    "if (proof === 'certain' || (proof === 'likely' && !recycled)) {",
    "if (proof === 'certain' || proof === 'likely' || proof === 'none') {",
  ),
  mutant(
    'vitals of another pid believed',
    'node/vitals.ts',
    '  if (!vitals || vitals.pid !== launch.identity.pid) return undefined\n',
    '  if (!vitals) return undefined\n',
  ),
  mutant(
    'vitals from before the start believed',
    'node/vitals.ts',
    '  if (writtenAt < launch.startedAt - TOLERANCE_MS || writtenAt',
    '  if (writtenAt',
  ),
  mutant(
    'a booting worker counts as ready',
    'node/readiness.ts',
    "vitals.state === 'booting' ? 'starting' :",
    "vitals.state === 'booting' ? 'running' :",
  ),
  mutant(
    'what was seen before the claim counts under it',
    'node/still-as-seen.ts',
    '  if (!isSameRecord(seen.recordRead, await readRecord(system, target.pidfile))) return undefined\n',
    '',
    'unit/node/still-as-seen.test.ts',
  ),
  mutant(
    'a pidfile written before the claim is not seen under it',
    'node/still-as-seen.ts',
    '  if (!(await isSamePidfile(system, target, seen.pidfile))) return undefined\n',
    '',
    'unit/node/still-as-seen.test.ts',
  ),
  mutant(
    'somebody else’s claim taken for one’s own',
    'node/act.ts',
    '  memory.claimed = made.ok ? ',
    "  memory.claimed = made.ok || made.error.code === 'EEXIST' ? ",
  ),
  mutant(
    'a record that was read before counts when its worker is gone',
    'node/observe.ts',
    '  if (wanted.record && !isLed(found) && (await',
    "  if (wanted.record && found.state.state === 'foreign' && (await",
    'unit/node/observe.test.ts',
  ),
  mutant(
    'a spoilt record believed over a worker that is waited for',
    'node/observe.ts',
    '  if (forgotten) return unknown(forgotten)\n',
    '',
    'unit/node/observe.test.ts',
  ),
  mutant(
    'who was found to be gone takes its successor along',
    'node/observe.ts',
    'const isGone = memory.gone === launch.id',
    'const isGone = memory.gone !== undefined',
    'unit/node/observe.test.ts',
  ),
  mutant(
    'a claim that was just made counts above that of somebody who lives',
    'node/claim.ts',
    "      top = topOf(top, ours, 'ours')\n",
    "      top = { claim: ours, holder: 'ours' }\n",
    'unit/node/claim.test.ts',
  ),
  mutant(
    'a half-done look believed',
    'node/observe.ts',
    '  if (isOnItsOwn && (await isBeingChanged(',
    '  if (isOnItsOwn && recordRead.is === "blocked" && (await isBeingChanged(',
    'unit/node/observe.test.ts',
  ),
  mutant(
    'a worker whose start is under way taken for somebody else’s',
    'node/observe.ts',
    '  if ((await system.readlink(claimPath(pidfile, next))) !== undefined) return true\n',
    '',
    'unit/node/observe.test.ts',
  ),
  mutant(
    'claims swept by a record that is not there any more',
    'fleet/sweep.ts',
    'litter.generation <= (await recordedNow(system, pidfile))',
    'litter.generation <= (runs[0]?.seen?.record?.generation ?? 0)',
    'unit/fleet/sweep.test.ts',
  ),
  mutant(
    'an old listing believed of what is looked at anew',
    'node/look.ts',
    'return this.isMissing ? new Look(this.system) : this',
    'return this',
    'unit/node/look.test.ts',
  ),
  mutant(
    'a worker presumed by another user’s record',
    'fleet/presume.ts',
    'uid !== self.uid || ',
    '',
    'unit/fleet/presume.test.ts',
  ),
  mutant(
    'who is signalled without a look is no witness of its group',
    'node/signal-effects.ts',
    '  if (leadsSession(launch)) memory.witness =',
    '  if (leadsSession(launch) && launch.adopted) memory.witness =',
    'unit/node/signal-effects.test.ts',
  ),
  mutant(
    'a finder that cannot record forgets',
    'fleet/settle.ts',
    '  if (ours && others) await release',
    '  if (ours || others) await release',
    FOUND,
  ),
  mutant(
    'changes made over a record that cannot be read',
    'node/decide.ts',
    "  if (recordRead.is === 'blocked') return step\n",
    '',
    'unit/node/decide.test.ts',
  ),
  mutant(
    'a user’s paths become root’s own',
    'node/recording.ts',
    'owner ? next : ownWords(next, seen, system)',
    'next',
    'unit/node/recording.test.ts',
  ),
  mutant(
    'root runs what a user recorded',
    'node/record.ts',
    "read.is === 'record' && (read.uid === system.self.uid || read.uid === 0)",
    "read.is === 'record'",
    'unit/fleet/plans.test.ts',
  ),
  mutant(
    'a younger process passes for the one that the pidfile names',
    'node/stranger.ts',
    '  if (wasIt || startedAt <= pidfile.mtimeMs + TOLERANCE_MS) return judged\n',
    '  return judged\n',
    'unit/node/stranger.test.ts',
  ),
  mutant(
    'pids that began anew while all were looked at are not looked at',
    'system/snapshot.ts',
    '    if (now < last) return undefined\n',
    '',
    'unit/system/snapshot.test.ts',
  ),
  mutant(
    'half a look at the processes believed',
    'system/snapshot.ts',
    '    from = now - BEING_BORN\n    last = now\n  }\n  return undefined\n',
    '    from = now - BEING_BORN\n    last = now\n  }\n  return found\n',
    'unit/system/snapshot.test.ts',
  ),
  mutant(
    'who is younger than the pidfile is a stranger, whatever it says',
    'node/stranger.ts',
    "  return judged.is === 'worker'\n    ? {",
    "  return judged.is === 'stale'\n    ? {",
    'unit/node/stranger.test.ts',
  ),
  mutant(
    'what /proc hides passes for nobody',
    'system/proc.ts',
    "  if (read.found !== 'nothing' || isNobodys(pid)) return read\n",
    '  if (read) return read\n',
    'integration/hidden.test.ts',
  ),
  mutant(
    'a /proc of another pid namespace is believed',
    'system/self.ts',
    '  if (numberInProc() !== String(process.pid)) throw',
    '  if (numberInProc() === undefined) throw',
    'integration/hidden.test.ts',
  ),
  mutant(
    'a log is told by its name alone',
    'system/proc.ts',
    '    if (there && there.dev === open.dev && there.ino === open.ino) return true\n',
    '    if (there && readlinkSync(link) === path) return true\n',
    CONFORMANCE,
  ),
  mutant(
    'who began before a dead starter is in doubt as its worker',
    'node/doubtful.ts',
    'facts.startTicks < startTicks ||',
    'facts.startTicks < 0 ||',
    'unit/node/doubtful.test.ts',
  ),
  mutant(
    'who cannot be looked into is not there',
    'node/doubtful.ts',
    '  if (uid === undefined) return undefined\n',
    '  if (uid === undefined || uid > 0) return undefined\n',
    'unit/node/doubtful.test.ts',
  ),
]
