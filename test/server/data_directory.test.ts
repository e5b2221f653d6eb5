import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { newMasterKey } from '../../src/seal.ts'
import { makeClientSecret, makeDataDirectory, masterKey } from '../../src/server/data_directory.ts'

let base: string
let file: string
let mask: number
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sallyport-data-'))
  file = join(base, 'master.key')
  // The modes must not depend on the umask.
  mask = process.umask(0)
})
afterEach(() => {
  process.umask(mask)
  rmSync(base, { recursive: true, force: true })
})

describe('makeDataDirectory', () => {
  test('makes what is missing, for its owner only', () => {
    const directory = join(base, 'var', 'sallyport')
    expect([makeDataDirectory(directory), makeDataDirectory(directory)]).toEqual([true, false])
    expect(modeOf(directory)).toBe('700')
  })

  test('leaves one that is there as it is', () => {
    const directory = join(base, 'there')
    mkdirSync(directory, { mode: 0o750 })
    expect(makeDataDirectory(directory)).toBe(false)
    expect(modeOf(directory)).toBe('750')
  })

  test('a file in its place, or on the way to it, is no directory', () => {
    writeFileSync(join(base, 'file'), '')
    expect(refusal(() => makeDataDirectory(join(base, 'file')))).toEqual([
      `the data directory ${join(base, 'file')} is not a directory`,
      'set server.data_dir',
    ])
    expect(refusal(() => makeDataDirectory(join(base, 'file', 'deeper')))).toEqual([
      `the data directory ${join(base, 'file', 'deeper')} cannot be written: a file is in the way`,
      expect.stringContaining('server.data_dir'),
    ])
  })

  test('one that its user may not use is refused, whichever right is missing', () => {
    const directories = [0o000, 0o400, 0o500, 0o600, 0o300].map((mode) => {
      const directory = join(base, mode.toString(8))
      mkdirSync(directory)
      chmodSync(directory, mode)
      return directory
    })
    chmodSync(base, 0o755)
    // A process of its own: the system asks here who started it, which root cannot step down from for a moment.
    const script = `
      import { makeDataDirectory } from ${JSON.stringify(resolve('src/server/data_directory.ts'))}
      for (const directory of process.argv.slice(1)) {
        try { makeDataDirectory(directory); console.log('taken') } catch ({ message }) { console.log(message) }
      }`
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...directories], {
      ...nobody,
      cwd: '/',
      encoding: 'utf8',
    })
    expect(stdout.trimEnd().split('\n')).toEqual(
      directories.map((directory) => `the data directory ${directory} cannot be written: permission denied`),
    )
  })

  test('one that cannot be made is refused', () => {
    chmodSync(base, 0o555)
    expect(refusal(() => asNobody(() => makeDataDirectory(join(base, 'new'))))).toMatchObject([
      expect.stringContaining('cannot be written: permission denied'),
      expect.any(String),
    ])
  })
})

describe('masterKey', () => {
  test('is made for a new database, readable by its owner only, and found again', () => {
    const made = masterKey(file, true)
    expect([made.isNew, made.key.length, modeOf(file)]).toEqual([true, 32, '600'])
    expect(masterKey(file, false)).toEqual({ key: expect.anything(), isNew: false })
    expect(Buffer.from(masterKey(file, true).key)).toEqual(Buffer.from(made.key))
  })

  test('is another each time', () => {
    const keys = ['a', 'b'].map((name) => masterKey(join(base, name), true).key)
    expect(Buffer.from(keys[0]!)).not.toEqual(Buffer.from(keys[1]!))
  })

  test('missing for a database that has been used: refused, and none is made', () => {
    expect(refusal(() => masterKey(file, false))).toEqual([
      `the master key ${file} is missing, and the database has been used with one`,
      expect.stringContaining('put the key back'),
    ])
    expect(existsSync(file)).toBe(false)
  })

  const octets = Buffer.alloc(32, 0xab)
  const good: { name: string; given: Buffer | string }[] = [
    { name: 'as we write it', given: `${octets.toString('base64')}\n` },
    { name: 'hexadecimal', given: octets.toString('hex') },
    { name: 'capital hexadecimal and a newline', given: `${octets.toString('hex').toUpperCase()}\r\n` },
    { name: 'the octets themselves', given: octets },
  ]
  test.each(good)('reads $name', ({ given }) => {
    writeFileSync(file, given)
    expect(Buffer.from(masterKey(file, false).key)).toEqual(octets)
  })

  const bad: { name: string; given: Buffer | string }[] = [
    { name: 'nothing', given: '' },
    { name: 'a newline', given: '\n' },
    { name: 'a shorter key', given: octets.subarray(1).toString('base64') },
    { name: 'a longer key', given: Buffer.alloc(33, 1).toString('base64') },
    { name: '31 octets', given: octets.subarray(1) },
    { name: 'two keys', given: newMasterKey() + newMasterKey() },
    { name: 'a key cut short', given: newMasterKey().slice(0, 30) },
    { name: 'something else', given: 'secret = "0123456789abcdef"\n' },
  ]
  test.each(bad)('refuses $name, without repeating or overwriting it', ({ given }) => {
    writeFileSync(file, given)
    const [message, hint] = refusal(() => masterKey(file, true))
    expect(message).toBe(`${file} is not a master key: it must hold 32 octets as base64 or hexadecimal`)
    expect(hint).toContain('put the key back from your backup')
    expect(readFileSync(file)).toEqual(Buffer.from(given))
  })

  test('one that cannot be read is refused, not replaced', () => {
    const { key } = masterKey(file, true)
    chmodSync(base, 0o755)
    chmodSync(file, 0)
    expect(refusal(() => asNobody(() => masterKey(file, true)))).toEqual([
      `the master key ${file} cannot be read: permission denied`,
      'let the user that runs the server own it',
    ])
    chmodSync(file, 0o600)
    expect(Buffer.from(masterKey(file, false).key)).toEqual(Buffer.from(key))
  })

  test('a directory in its place is refused', () => {
    mkdirSync(file)
    expect(refusal(() => masterKey(file, true))[0]).toContain(`the master key ${file} cannot be read: `)
  })

  test('one that cannot be written is refused, with where', () => {
    const missing = join(base, 'none', 'master.key')
    expect(refusal(() => masterKey(missing, true))).toEqual([
      expect.stringContaining(`the master key cannot be written to ${missing}: `),
      `let the user that runs the server write to ${join(base, 'none')}`,
    ])
    chmodSync(base, 0o555)
    expect(refusal(() => asNobody(() => masterKey(file, true)))[0]).toContain('permission denied')
  })
})

describe('makeClientSecret', () => {
  test('is made once: 32 hexadecimal digits for its owner only', () => {
    const secret = join(base, 'localhost.secret')
    expect([makeClientSecret(secret), makeClientSecret(secret)]).toEqual([true, false])
    expect(readFileSync(secret, 'latin1')).toMatch(/^[0-9a-f]{32}\n$/)
    expect(modeOf(secret)).toBe('600')
  })

  test('one that is there is kept', () => {
    writeFileSync(file, 'mine\n')
    expect(makeClientSecret(file)).toBe(false)
    expect(readFileSync(file, 'latin1')).toBe('mine\n')
  })
})

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

/** Message and hint of the StartError that `work` throws. */
function refusal(work: () => unknown): [message: string, hint: string] {
  try {
    work()
  } catch (error) {
    const { name, message, hint } = error as Error & { hint: string }
    if (name === 'StartError') return [message, hint]
    throw error
  }
  throw new Error('it was not refused')
}

/** Root may do anything, so that it steps down for the moment. */
function asNobody<T>(work: () => T): T {
  if (process.getuid?.() !== 0) return work()
  chmodSync(base, statSync(base).mode | 0o055)
  process.seteuid?.(65534)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}
