import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { isAlive, processOf } from './processes.ts'
import { until } from './until.ts'

export const PUPPET = fileURLToPath(new URL('puppet.mjs', import.meta.url))

/** What a puppet says of itself when it starts. */
export interface Hello {
  readonly pid: number
  readonly ppid: number
  /** MULTI_NODE */
  readonly node?: string
  /** MULTI_LAUNCH */
  readonly launch?: string
  /** The puppet that forked it. */
  readonly parent?: number
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly fds: Readonly<Record<string, string>>
}

type Message = { hello?: Hello; signal?: string; id?: number; answer?: unknown }

/** A worker (or a child of one) that does what the test says. By default TERM, INT and QUIT end it with code 0. */
export class Puppet {
  readonly hello: Hello
  readonly startTicks: number
  /** Every signal that it got, as it came: `SIGTERM`. */
  readonly signals: string[] = []
  readonly #socket: Socket
  readonly #server: Puppets
  readonly #answers: ((answer: unknown) => void)[] = []

  constructor(hello: Hello, socket: Socket, server: Puppets) {
    this.hello = hello
    this.startTicks = processOf(hello.pid)?.startTicks ?? 0
    this.#socket = socket
    this.#server = server
  }

  get pid(): number {
    return this.hello.pid
  }

  get alive(): boolean {
    return isAlive(this.pid, this.startTicks)
  }

  /** From the server only. */
  hear({ signal, id, answer }: Message): void {
    if (signal !== undefined) this.signals.push(signal)
    if (id !== undefined) this.#answers[id]?.(answer)
  }

  #tell(command: string, given: Record<string, unknown> = {}): Promise<unknown> {
    const id = this.#answers.length
    const answered = new Promise((resolve) => this.#answers.push(resolve))
    this.#socket.write(`${JSON.stringify({ id, command, ...given })}\n`)
    return answered
  }

  async exit(code = 0): Promise<void> {
    void this.#tell('exit', { code })
    await this.gone()
  }

  /** Ends by a signal, as a crash does. */
  async die(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    void this.#tell('die', { signal })
    await this.gone()
  }

  async gone(): Promise<void> {
    await until(() => !this.alive, `puppet ${this.pid} to be gone`)
  }

  async got(signal: string): Promise<void> {
    await until(() => this.signals.includes(signal), `puppet ${this.pid} to get ${signal}`)
  }

  async print(text: string, fd: 1 | 2 = 1): Promise<void> {
    await this.#tell('print', { text, fd })
  }

  /** `stay`: it reports the signal and goes on, until it is told to exit. */
  async on(signal: NodeJS.Signals, answer: 'stay' | 'exit'): Promise<void> {
    await this.#tell('onSignal', { signal, answer })
  }

  async write(path: string, text: string): Promise<void> {
    await this.#tell('write', { path, text })
  }

  async remove(path: string): Promise<void> {
    await this.#tell('remove', { path })
  }

  async retitle(title: string): Promise<void> {
    await this.#tell('retitle', { title })
  }

  async close(...fds: number[]): Promise<void> {
    await this.#tell('close', { fds })
  }

  /** Open descriptors with what they lead to. */
  fds = (): Promise<Record<string, string>> => this.#tell('fds') as Promise<Record<string, string>>

  /** A child, in its group unless it gets a session of its own; `stays`: it survives TERM; `bare`: without our environment. */
  async fork({ session = false, stays = false, bare = false } = {}): Promise<Puppet> {
    const pid = await this.#tell('fork', { session, stays, bare })
    return this.#server.find(({ hello }) => hello.pid === pid, `the child ${String(pid)} of puppet ${this.pid}`)
  }
}

/** Where puppets report. */
export class Puppets {
  readonly all: Puppet[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(path: string) {
    this.#server = createServer((socket) => this.#welcome(socket))
    this.#server.listen(path, () => chmodSync(path, 0o777)) // Workers of other users report here too.
  }

  #welcome(socket: Socket): void {
    let puppet: Puppet | undefined
    let text = ''
    this.#sockets.add(socket)
    socket.on('error', () => undefined) // Killed in the middle of a word.
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const message = JSON.parse(line) as Message
        if (message.hello) this.all.push((puppet = new Puppet(message.hello, socket, this)))
        puppet?.hear(message)
      }
    })
  }

  /** The newest live one of that kind, as soon as there is one. */
  find(is: (puppet: Puppet) => boolean, what: string): Promise<Puppet> {
    return until(() => this.all.findLast((puppet) => puppet.alive && is(puppet)), `${what} to say hello`)
  }

  end(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
