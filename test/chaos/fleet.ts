import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rig } from '../rig/rig.ts'

export type Line = readonly [string, ...string[]]

export const VERBS = ['start', 'restart', 'stopwait'] as const
export type VerbName = (typeof VERBS)[number]

/** Nodes, and the command lines that take all of them through their lives. */
export interface Fleet {
  readonly nodes: readonly string[]
  readonly lines: Readonly<Record<VerbName, Line>>
}

interface Kind {
  /** The words of `--cmd`. */
  readonly command: string
  /** Options of `restart`. */
  readonly restart?: readonly string[]
}

export function fleetOf(count: number, { command, restart = [] }: Kind): Fleet {
  const nodes = Array.from({ length: count }, (_, index) => `w${index + 1}`)
  return {
    nodes,
    lines: {
      start: ['start', ...nodes, '--cmd', command, '--startsecs=0.05'],
      restart: ['restart', ...nodes, ...restart, '--startsecs=0.05'],
      stopwait: ['stopwait', ...nodes],
    },
  }
}

/** Writes its own pidfile, late, as Celery does, and removes it when it ends. */
const LATE = `#!/bin/sh
for word; do case $word in --pidfile=*) pidfile=\${word#--pidfile=} ;; esac; done
trap 'kill $!; wait; rm -f "$pidfile"; exit 0' TERM
sleep 0.2 & wait
echo $$ > "$pidfile"
sleep 1000 & wait
`

/** Has a child in its group, and takes a moment to end. */
const PARENT = `#!/bin/sh
trap 'kill $!; wait; sleep 0.1; exit 0' TERM
sleep 1000 & wait
`

function program(rig: Rig, name: string, text: string): string {
  const directory = join(rig.directory, 'bin')
  mkdirSync(directory, { recursive: true })
  const path = join(directory, name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

/** What workers are like: the command line of one, in that rig. */
export const WORKERS = {
  sleeps: () => 'sleep 1000',
  'writes its own pidfile, late': (rig: Rig) => program(rig, 'celery', LATE),
  'has a child and takes a moment to end': (rig: Rig) => program(rig, 'parent', PARENT),
} satisfies Record<string, (rig: Rig) => string>

export type WorkerKind = keyof typeof WORKERS
