import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createLogger } from '../src/server/log.ts'
import { createReadiness } from '../src/server/readiness.ts'

const root = resolve(import.meta.dirname, '..')
const unit = readFileSync(join(root, 'systemd/sallyport.service'), 'utf8')
const isInstalled = spawnSync('systemd-analyze', ['--version']).error === undefined
const testWithSystemd = isInstalled ? test : test.skip

/** Tenths of systemd's scale from 0 (safe) to 10; the unit says what each remaining one is needed for. */
const EXPOSURE = 13

describe('systemd/sallyport.service', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-unit-'))
  const file = join(directory, 'sallyport.service')
  beforeAll(() => writeFileSync(file, unit.replaceAll('/opt/sallyport', root)))
  afterAll(() => rmSync(directory, { recursive: true }))

  testWithSystemd('is understood by systemd without a warning', () => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    // It also reads the machine's own units, and warns of those.
    const ours = (stdout + stderr).split('\n').filter((line) => line.includes('sallyport'))
    expect({ status, ours }).toEqual({ status: 0, ours: [] })
  })

  testWithSystemd(`is exposed by ${EXPOSURE / 10} of 10 at most`, () => {
    const options = ['security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE}`, file]
    const { status, stdout } = spawnSync('systemd-analyze', options, { encoding: 'utf8' })
    expect({ status, output: stdout }).toEqual({ status: 0, output: expect.any(String) })
  })

  test('starts with an install recipe of 10 lines at most', () => {
    const recipe = unit.split('\n').findIndex((line) => !line.startsWith('#'))
    expect(recipe).toBeGreaterThan(0)
    expect(recipe).toBeLessThanOrEqual(10)
  })

  test('names only files that the repository has', () => {
    const named = unit.match(/\b(?:bin|systemd|config)\/[\w.-]+/g) ?? []
    expect(named.length).toBeGreaterThan(0)
    for (const name of named) {
      if (name !== 'systemd/system') expect(() => readFileSync(join(root, name))).not.toThrow()
    }
  })
})

describe('readiness', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-notify-'))
  const command = join(directory, 'systemd-notify')
  const told = join(directory, 'told')
  beforeAll(() => {
    const script = `#!/bin/sh\necho "$NOTIFY_SOCKET$SALLYPORT_DATABASE__URL: $*" >> ${told}\n`
    writeFileSync(command, script, { mode: 0o755 })
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  function open(env: Record<string, string>, notifier = command) {
    let text = ''
    const log = createLogger({
      level: 'debug',
      format: 'text',
      write: (octets, done) => {
        text += Buffer.from(octets).toString()
        done()
      },
    })
    const logged = async () => {
      await log.flush()
      return text
    }
    return { readiness: createReadiness({ env, log, command: notifier }), logged }
  }

  test('without $NOTIFY_SOCKET nobody is told', async () => {
    const { readiness, logged } = open({ PATH: process.env.PATH! })
    await readiness.ready('serving')
    await readiness.stopping()
    expect([existsSync(told), await logged()]).toEqual([false, ''])
  })

  test('with it systemd is told, a status on one line, and nothing of our environment goes along', async () => {
    const env = {
      PATH: process.env.PATH!,
      NOTIFY_SOCKET: '/run/s',
      SALLYPORT_DATABASE__URL: 'postgres://u:hunter2@db/x',
    }
    const { readiness, logged } = open(env)
    await readiness.ready('serving 2\nclients')
    await readiness.status('the database does not answer')
    await readiness.stopping()
    expect([readFileSync(told, 'utf8').split('\n'), await logged()]).toEqual([
      [
        '/run/s: READY=1 STATUS=serving 2 clients',
        '/run/s: STATUS=the database does not answer',
        '/run/s: STOPPING=1',
        '',
      ],
      '',
    ])
  })

  test('a failure is logged, and nothing else', async () => {
    const { readiness, logged } = open({ NOTIFY_SOCKET: '/run/s' }, join(directory, 'missing'))
    await readiness.ready('serving')
    expect((await logged()).slice(25).split(' command=')[0]).toBe(
      'warn  systemd was not told, and may end the service as not started; is systemd-notify installed?',
    )
  })
})
