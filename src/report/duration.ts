const two = (value: number): string => String(value).padStart(2, '0')

/**
 * `0.4 s`, `12 s`, `3m10s`, `2h05m`, `3d04h`. Seconds go up to 99, so that limits people type (`--timeout 60`) come
 * back as they were typed.
 */
export function duration(ms: number): string {
  const tenths = Math.max(0, Math.round(ms / 100))
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`
}
