/** How a child ended. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** In its own words. */
  readonly reason?: string
}

export const describe = (index: number, { code, signal, reason }: ChildExit): string => {
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  return `child ${index} ${how}${reason === undefined ? '' : `: ${reason}`}`
}

/** The app itself could not be started, as against a child that something has killed. */
export const isRefusal = ({ code }: ChildExit, wasReady: boolean): boolean => !wasReady && code !== null
