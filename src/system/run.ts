import type { RunResult, System } from './port.ts'

/** Runs a program to its end, through execa: only probes need it, so it is loaded here (70 ms on Node 20). */
export const run: System['run'] = async ([program, ...args], { cwd, env, timeoutMs }): Promise<RunResult> => {
  const { execa } = await import('execa')
  const result = await execa(program, args, {
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  })
  return {
    stdout: result.stdout,
    stderr: result.stderr,
    ...(result.exitCode === undefined ? {} : { code: result.exitCode }),
    ...(result.code === undefined ? {} : { fault: result.code }),
  }
}
