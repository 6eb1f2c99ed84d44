import { fileURLToPath } from 'node:url'
import { type Candidate, type Command, FEW, type Fleet } from '../peer.ts'
import { lastLine } from './find.ts'
import { namedByPidfiles } from './pidfiles.ts'

const PYTHON = process.env['MULTI_TEST_PYTHON'] ?? '/usr/bin/python3'
const STUB = fileURLToPath(new URL('celery-stub.sh', import.meta.url))

function prepare(directory: string, count: number): Fleet {
  const files = [`--pidfile=${directory}/%n.pid`, `--logfile=${directory}/%n.log`]
  const multi = (verb: string, ...options: string[]): Command => {
    const words = ['-m', 'celery', 'multi', verb, String(count), ...files, ...options]
    return [PYTHON, ...words]
  }
  return {
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    // It looks for the word celery in its --cmd; the stub does not care.
    start: multi('start', `--executable=${STUB}`, '--cmd=celery'),
    stop: multi('stopwait'),
    expectUp: (workers) => void namedByPidfiles(directory, workers),
  }
}

export function findCelery(): Candidate {
  const version = lastLine(PYTHON, '-m', 'celery', '--version')?.split(' ')[0]
  if (version === undefined) return { missing: '`apt-get install celery`' }
  return {
    version,
    stays: '',
    cold: { command: [PYTHON, '-m', 'celery', '--version'], says: '--version' },
    notes: {
      stopped: 'Between looks at workers that go, celery multi sleeps for 2 s, more often the more there are.',
      status: 'celery multi has no such command; `celery status` asks the workers, through their broker.',
    },
    limits: { ...FEW, 100: 2, 1000: 1 },
    prepare,
  }
}
