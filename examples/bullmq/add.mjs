// node add.mjs [HOW MANY] [MS EACH] [QUEUE]

import { Queue } from 'bullmq'

const [, , jobs = '20', ms = '1000', name = 'images'] = process.argv
const queue = new Queue(name, { connection: { url: process.env.REDIS_URL ?? 'redis://localhost:6379' } })
await queue.addBulk(Array.from({ length: Number(jobs) }, (_, id) => ({ name: 'resize', data: { id, ms: Number(ms) } })))
process.stdout.write(`${jobs} jobs in ${name}\n`)
await queue.close()
