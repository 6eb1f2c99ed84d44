let last = 0

/** Memory of this process in RAM, bytes. It is read from /proc: who has no descriptor left for that has what it had before. */
export function residentBytes(): number {
  try {
    last = process.memoryUsage.rss()
  } catch {
    // EMFILE.
  }
  return last
}
