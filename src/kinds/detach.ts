/**
 * Celery would fork away from us, and an app cannot; multi detaches every worker by itself, which keeps the early output
 * and saves one start of Python.
 */
export const DETACH: ReadonlySet<string> = new Set(['--detach', '-D'])

export const DETACH_NOTE = '--detach is left out: multi detaches the worker itself'
