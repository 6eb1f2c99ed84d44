/** Sleep that a child's end or the user's interruption cuts short. */
export class Wakeable {
  readonly #sleepers = new Set<() => void>()

  wake(): void {
    for (const end of this.#sleepers) end()
  }

  rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#sleepers.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#sleepers.add(end)
    })
  }
}
