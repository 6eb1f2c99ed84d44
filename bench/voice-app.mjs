// 100 jobs a second, as an app of `multi worker` has them that takes them from a broker: an account of each is kept.
import { setTimeout as rest } from 'node:timers/promises'

export default ({ job }) => {
  const work = job(() => rest(1))
  const jobs = setInterval(() => void work(), 10)
  return { close: () => clearInterval(jobs) }
}
