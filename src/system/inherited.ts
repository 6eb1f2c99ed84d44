import { closeSync, readdirSync, readFileSync } from 'node:fs'

import { codeOfRead } from './fault.ts'

/** O_CLOEXEC as /proc/PID/fdinfo prints it (octal flags, proc(5)). */
const CLOSE_ON_EXEC = 0o2000000

const survivesExec = (fd: number): boolean => {
  try {
    const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch (error) {
    codeOfRead(error)
    return false // The descriptor that listed the directory: closed by now.
  }
}

/**
 * Closes what our caller left open for us (a lock of `flock 200>…`, the pipe of an ssh session), so that no worker holds it
 * open for its whole life. Node opens everything with O_CLOEXEC; libuv marks inherited descriptors only up to the first gap
 * above 16 (uv_disable_stdio_inheritance), so fd 200 would get through.
 */
export function closeInherited(): void {
  const channel = Number(process.env['NODE_CHANNEL_FD'] ?? -1)
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name)
    if (fd > 2 && fd !== channel && survivesExec(fd)) closeSync(fd)
  }
}
