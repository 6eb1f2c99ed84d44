/** All of them to their end, also when one fails: a rig must not be taken down under what still runs. */
export async function together<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all)
  return Promise.all(all)
}
