import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../../src/model/exit-code.ts'
import { rigFor, until } from '../../rig/rig.ts'
import { markedBlocks, ROOT, readExamples, runExamples } from './transcript.ts'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** With the checkout built already, `npm ci` would only take it away from the other tests. */
const START = 'npm ci && npx multi start 10 -A ./examples/images.mjs -Q:1-3 images,video -Q default -L:4,5 debug'

describe('the README', () => {
  const blocks = markedBlocks('README.md', 'run')
  const [app = []] = markedBlocks('README.md', 'app')

  test('has transcripts to run', () => {
    expect(blocks.length).toBeGreaterThan(4)
  })

  for (const lines of blocks) {
    test(`prints what is printed: ${lines[0]}`, async (context) => {
      const rig = rigFor(context)
      cpSync(join(ROOT, 'examples'), join(rig.work, 'examples'), { recursive: true })
      writeFileSync(join(rig.work, 'worker.mjs'), app.join('\n'))
      const examples = readExamples(lines)
      expect(examples).not.toEqual([])
      await runExamples(rig, examples)
    })
  }

  test('has an app of ten lines that closes with its last job done', async (context) => {
    const rig = rigFor(context)
    writeFileSync(join(rig.work, 'worker.mjs'), app.join('\n'))
    expect(app.filter((line) => line !== '' && !line.startsWith('import')).length).toBeLessThanOrEqual(10)
    expect((await rig.multi('start', 'w1', '-A', './worker.mjs', '-Q', 'mail')).code).toBe(0)
    expect((await rig.multi('stopwait', 'w1')).code).toBe(0)
    expect(rig.log('w1')).toMatch(/INFO {2}w1@\S+ jobs done queues=\["mail"\]/)
  })

  test('starts ten workers with its first command, which do the jobs of the example; status and stopwait follow', async (context) => {
    const [start = [], after = []] = markedBlocks('README.md', 'quick start')
    expect(start).toEqual([START])
    expect(after).toEqual(['npx multi status', 'npx multi stopwait'])
    const rig = rigFor(context)
    const options = { cwd: ROOT, env: { IMAGES_SPOOL: join(rig.directory, 'spool'), npm_config_offline: 'true' } }
    const run = (command: string) => rig.program(['/bin/sh', '-c', command], options).ended
    const started = await run(START.replace('npm ci && ', ''))
    expect(started.code).toBe(0)
    expect(started.stdout.match(/celery\d+@\S+: OK \(pid \d+, ready in/g)).toHaveLength(10)
    await until(() => /done job=/.test(rig.log('celery1')), 'a job to be done')
    await until(() => /DEBUG celery4@/.test(rig.log('celery4')), 'the debug log of the fourth')
    const status = await run('npx multi status')
    expect(status.code).toBe(0)
    expect(status.stdout).toContain('10 nodes: 10 running')
    const stopped = await run('npx multi stopwait')
    expect(stopped.code).toBe(0)
    expect(stopped.stdout.match(/celery\d+@\S+: OK \(down in/g)).toHaveLength(10)
    expect(rig.processes()).toEqual([])
  })

  test('shows the two commands of a fresh machine', () => {
    expect(readme).toContain(`\n${START}\n`)
    expect(readme).toContain('\nnpm ci && npm test\n')
  })

  test('lists every exit code, and no other', () => {
    const section = readme.slice(readme.indexOf('## Exit codes'), readme.indexOf('## Compared'))
    const listed = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(listed).toEqual(Object.values(EXIT).toSorted((a, b) => a - b))
  })

  test('names a test for each line of the comparison', () => {
    const section = readme.slice(readme.indexOf('## Compared'), readme.indexOf('## Measured'))
    const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| |'))
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows) {
      const tests = [...row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, path]) => path ?? '')
      expect([row, tests.length > 0]).toEqual([row, true])
      expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    }
  })
})

test.for([
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  'examples/README.md',
  'examples/celery/README.md',
  'examples/bullmq/README.md',
])('every link of %s within the repository leads somewhere', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '')
  const local = links.filter((link) => !/^https?:/.test(link))
  expect(local.filter((link) => !existsSync(join(ROOT, file, '..', link)) || link.startsWith('../..'))).toEqual([])
})
