import { execFile, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Secret } from '../../src/secret.ts'
import { createLogger, type Logger, type LogOptions } from '../../src/server/log.ts'
import type { Fields } from '../../src/server/log_line.ts'
import { Throttle } from '../../src/server/throttle.ts'

const TIME = Date.UTC(2026, 10, 24, 1, 2, 3, 456)

/** A log whose reader takes every batch at once. */
function openLog(options: Partial<LogOptions> = {}): { log: Logger; written: () => Promise<string> } {
  let text = ''
  const log = createLogger({
    level: 'debug',
    format: 'text',
    now: () => TIME,
    write: (octets, done) => {
      text += Buffer.from(octets).toString()
      done()
    },
    ...options,
  })
  return {
    log,
    written: async () => {
      await log.flush()
      return text
    },
  }
}

describe('lines for people', () => {
  const rows: { name: string; given: Fields; message?: string; expect: string }[] = [
    {
      name: 'fields in the order given, quoted only where needed',
      given: {
        reason: 'wrong-otp',
        client: 'vpn',
        user: 'alice',
        source: '10.0.0.1:4711',
        ms: 0.8,
        ok: true,
        none: null,
      },
      expect:
        'login rejected reason=wrong-otp client=vpn user=alice source=10.0.0.1:4711 ms=0.8 ok=true none=null',
    },
    { name: 'an absent field', given: { user: undefined }, expect: 'login rejected' },
    { name: 'a list', given: { serials: ['HOTP1', 'HOTP2'] }, expect: 'login rejected serials=HOTP1,HOTP2' },
    {
      name: 'a big number',
      given: { counter: 9007199254740993n },
      expect: 'login rejected counter=9007199254740993',
    },
    { name: 'an empty value', given: { user: '' }, expect: 'login rejected user=""' },
    { name: 'a space', given: { user: 'alice smith' }, expect: 'login rejected user="alice smith"' },
    { name: 'a name in other letters', given: { user: 'Zoë.李' }, expect: 'login rejected user=Zoë.李' },
    {
      name: 'quotes and backslashes',
      given: { user: 'EXAMPLE\\a"b' },
      expect: 'login rejected user="EXAMPLE\\\\a\\"b"',
    },
    {
      name: 'an equals sign, which would make a field',
      given: { user: 'x=y' },
      expect: 'login rejected user="x=y"',
    },
    {
      name: 'a line break, which would make a line',
      given: { user: 'a\r\n2026-11-24T01:02:03.456Z info  login accepted' },
      expect: 'login rejected user="a\\r\\n2026-11-24T01:02:03.456Z info  login accepted"',
    },
    { name: 'an ANSI sequence', given: { user: '\u001b[2Jx' }, expect: 'login rejected user="\\u001b[2Jx"' },
    {
      name: 'NUL, DEL and C1',
      given: { user: '\0\x7f\x85\x9b' },
      expect: 'login rejected user="\\u0000\\u007f\\u0085\\u009b"',
    },
    {
      name: 'separators that some viewers break at',
      given: { user: '\u2028\u2029' },
      expect: 'login rejected user="\\u2028\\u2029"',
    },
    {
      name: 'bidi overrides and invisible characters',
      given: { user: '\u202ecba\u2066\u200b\ufeff' },
      expect: 'login rejected user="\\u202ecba\\u2066\\u200b\\ufeff"',
    },
    {
      name: 'half of a surrogate pair',
      given: { user: '\ud83d!' },
      expect: 'login rejected user="\\ud83d!"',
    },
    {
      name: 'an invisible character beyond 16 bits',
      given: { user: '\u{e0041}' },
      expect: 'login rejected user="\\udb40\\udc41"',
    },
    { name: 'a message with a line break', given: {}, message: 'a\nb', expect: 'a\\nb' },
    {
      name: 'an error',
      given: { error: new Error('disk full') },
      expect: 'login rejected error="disk full"',
    },
    {
      name: 'an error with its cause',
      given: { error: new Error('cannot commit', { cause: new Error('disk full') }) },
      expect: 'login rejected error="cannot commit: disk full"',
    },
    {
      name: 'an error that has but a code',
      given: { error: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) },
      expect: 'login rejected error=ECONNREFUSED',
    },
    {
      name: 'an endless value',
      given: { user: 'a'.repeat(5000) },
      expect: `login rejected user=${'a'.repeat(4096)}…`,
    },
    {
      name: 'a secret that a caller forgot',
      given: { secret: new Secret('hunter2') as unknown as string },
      expect: 'login rejected secret=[redacted]',
    },
  ]
  test.each(rows)('$name', async ({ given, message, expect: expected }) => {
    const { log, written } = openLog()
    log.info(message ?? 'login rejected', given)
    expect(await written()).toBe(`2026-11-24T01:02:03.456Z info  ${expected}\n`)
  })

  test('each level has its name, in one width', async () => {
    const { log, written } = openLog()
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log[level]('x')
    expect((await written()).split('\n').map((line) => line.slice(25))).toEqual([
      'error x',
      'warn  x',
      'info  x',
      'debug x',
      '',
    ])
  })
})

describe('lines for machines', () => {
  test('are JSON, with the fields beside time, level and message', async () => {
    const { log, written } = openLog({ format: 'json' })
    log.info('login rejected', {
      user: 'a"b',
      ms: 0.8,
      ok: false,
      none: null,
      gone: undefined,
      serials: ['H1'],
      n: 1n,
      error: new Error('x'),
    })
    expect(JSON.parse(await written())).toEqual({
      time: '2026-11-24T01:02:03.456Z',
      level: 'info',
      message: 'login rejected',
      user: 'a"b',
      ms: 0.8,
      ok: false,
      none: null,
      serials: ['H1'],
      n: '1',
      error: 'x',
    })
  })

  test('no field takes the place of time, level or message', async () => {
    const { log, written } = openLog({ format: 'json' })
    log.info('login rejected', { level: 'error', message: 'accepted' })
    expect(JSON.parse(await written())).toMatchObject({
      level: 'info',
      message: 'login rejected',
      level_: 'error',
      message_: 'accepted',
    })
  })
})

describe('whatever a user name holds', () => {
  const anything = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 253,
  })
  const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

  test.each(['text', 'json'] as const)('it is one printable line (%s)', async (format) => {
    await fc.assert(
      fc.asyncProperty(anything, async (user) => {
        const { log, written } = openLog({ format })
        log.info('login rejected', { user })
        const text = await written()
        expect(text.endsWith('\n')).toBe(true)
        expect(text.slice(0, -1)).not.toMatch(UNSAFE)
      }),
    )
  })

  test('JSON gives it back', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (user) => {
        const { log, written } = openLog({ format: 'json' })
        log.info('login rejected', { user })
        expect(JSON.parse(await written()).user).toBe(user)
      }),
    )
  })
})

describe('levels', () => {
  test('what is below the level is not written, and the level can be changed while it runs', async () => {
    const { log, written } = openLog({ level: 'warn' })
    log.info('1')
    log.warn('2')
    expect([log.isEnabled('info'), log.isEnabled('warn')]).toEqual([false, true])
    log.setLevel('debug')
    log.debug('3')
    log.setLevel('error')
    log.warn('4')
    log.error('5')
    expect([...(await written()).matchAll(/ (\d)$/gm)].map(([, number]) => number)).toEqual(['2', '3', '5'])
  })
})

describe('a reader that does not keep up', () => {
  /** Takes a batch only when told. */
  function slowReader() {
    const batches: string[] = []
    const done: ((error?: Error) => void)[] = []
    const log = createLogger({
      level: 'info',
      format: 'text',
      now: () => TIME,
      capacity: 100,
      write: (octets, finished) => {
        batches.push(Buffer.from(octets).toString())
        done.push(finished)
      },
    })
    const lines = () =>
      batches.map((batch) =>
        batch
          .trimEnd()
          .split('\n')
          .map((line) => line.slice(25)),
      )
    return { log, lines, finish: (error?: Error) => done.shift()!(error) }
  }
  const turn = () => new Promise<void>((go) => setImmediate(go))
  const DROPPED = 'warn  log lines dropped, standard error could not take them'

  test('lines of one turn of the event loop are one batch', async () => {
    const { log, lines } = slowReader()
    log.info('1')
    log.info('2')
    expect(lines()).toEqual([])
    await turn()
    expect(lines()).toEqual([['info  1', 'info  2']])
  })

  test('past the bound lines are dropped, and a line says how many, in their place', async () => {
    const { log, lines, finish } = slowReader()
    log.info('0')
    await turn()
    for (let i = 1; i <= 9; i++) log.info(String(i))
    finish()
    await turn()
    log.info('after')
    finish()
    await turn()
    expect(lines()).toEqual([
      ['info  0'],
      ['info  1', 'info  2', 'info  3', `${DROPPED} lines=6`],
      ['info  after'],
    ])
    expect(log.linesDropped()).toBe(6)
  })

  test('after a failed write the next line says what is missing', async () => {
    const { log, lines, finish } = slowReader()
    log.info('1')
    log.info('2')
    await turn()
    finish(new Error('no space left on device'))
    await turn()
    expect(lines()).toHaveLength(1)
    log.info('3')
    await turn()
    expect(lines()[1]).toEqual([`${DROPPED} lines=2`, 'info  3'])
    expect(log.linesDropped()).toBe(2)
    finish(new Error('no space left on device'))
    await turn()
    log.info('4')
    await turn()
    expect(lines()[2]).toEqual([`${DROPPED} lines=3`, 'info  4'])
    expect(log.linesDropped()).toBe(3)
  })

  test('flush waits for it, but no longer than allowed', async () => {
    const { log, lines, finish } = slowReader()
    log.info('1')
    const started = performance.now()
    await log.flush(20)
    expect(performance.now() - started).toBeGreaterThan(15)
    let isFlushed = false
    const flushed = log.flush(5000).then(() => {
      isFlushed = true
    })
    await turn()
    expect(isFlushed).toBe(false)
    finish()
    await flushed
    expect(lines()).toEqual([['info  1']])
  })

  test('10,000 lines at once all arrive, in order', async () => {
    const { log, written } = openLog()
    for (let i = 0; i < 10_000; i++) log.info(String(i))
    const numbers = (await written())
      .trimEnd()
      .split('\n')
      .map((line) => Number(line.slice(31)))
    expect(numbers).toEqual([...Array(10_000).keys()])
  })
})

describe('a real standard error', () => {
  const script = (body: string) => [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    `import { createLogger } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/server/log.ts'))}
     const log = createLogger({ level: 'info', format: 'text' })
     ${body}`,
  ]
  const FLOOD = `for (let i = 0; i < 20000; i++) log.info('x'.repeat(100), { i })`

  test('everything arrives before the exit, if flush was awaited', async () => {
    const { promise, resolve: finished } = Promise.withResolvers<string>()
    const body = `${FLOOD}; await log.flush(5000); process.exit(0)`
    execFile(process.execPath, script(body), { maxBuffer: 1e8 }, (_, __, stderr) => finished(stderr))
    const lines = (await promise).trimEnd().split('\n')
    expect([lines.length, lines.at(-1)?.slice(-7)]).toEqual([20_000, 'i=19999'])
  })

  const STALLED = `${FLOOD}
    await new Promise((go) => setTimeout(go, 50))
    ${FLOOD}
    await log.flush(100)
    console.log('still here')
    process.exit(3)`

  /** What comes on standard output until the exit status is known; standard error is never read. */
  async function outputOf(command: string, parameters: string[]): Promise<string> {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    const { promise, resolve: finished } = Promise.withResolvers<void>()
    child.stdout.on('data', (part) => {
      output += part
      if (output.includes('status')) finished()
    })
    child.on('exit', (status) => {
      output += `status ${status}\n`
      finished()
    })
    await promise
    child.stdout.destroy()
    child.stderr.destroy()
    // The reader of the pipe is still asleep.
    if (child.exitCode === null) process.kill(-child.pid!)
    return output
  }

  test('a full socket, as journald has it, holds up neither the server nor its exit', async () => {
    expect(await outputOf(process.execPath, script(STALLED))).toBe('still here\nstatus 3\n')
  })

  test('nor does a full pipe', async () => {
    const shell = '{ ("$0" "$@" 2>&1 >&3; echo "status $?" >&3) | exec sleep 10; } 3>&1'
    expect(await outputOf('sh', ['-c', shell, process.execPath, ...script(STALLED)])).toBe(
      'still here\nstatus 3\n',
    )
  })
})

describe('Throttle', () => {
  const SECOND = { intervalMs: 1000, maxKeys: 2 }

  test('once per interval for each key, with the number held back', () => {
    const throttle = new Throttle(SECOND)
    const calls: [key: string, now: number][] = [
      ['a', 0],
      ['a', 1],
      ['b', 2],
      ['a', 999],
      ['a', 1000],
      ['a', 1999],
      ['b', 1002],
      ['a', 2000],
    ]
    expect(calls.map(([key, now]) => throttle.admit(key, now))).toEqual([0, null, 0, null, 2, null, 0, 1])
  })

  test('keys past the bound share one turn, so that forged sources fill neither memory nor log', () => {
    const throttle = new Throttle(SECOND)
    const admitted = Array.from({ length: 1000 }, (_, i) => throttle.admit(`source ${i}`, 0))
    expect(admitted.filter((held) => held !== null)).toEqual([0, 0, 0])
    expect([throttle.admit('another', 999), throttle.admit('source 0', 999)]).toEqual([null, null])
  })

  test('a key whose interval is over makes room', () => {
    const throttle = new Throttle(SECOND)
    const calls: [key: string, now: number][] = [
      ['a', 0],
      ['b', 500],
      ['c', 1000],
      ['d', 1000],
      ['b', 1100],
      ['e', 1600],
    ]
    expect(calls.map(([key, now]) => throttle.admit(key, now))).toEqual([0, 0, 0, 0, null, 0])
  })
})
