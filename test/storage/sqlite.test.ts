import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { StoreRefused } from '../../src/storage/store.ts'
import { makeToken } from '../auth/make_token.ts'
import { KEYS, SQLITE, type TestDatabase } from '../support/databases.ts'
import { changed, entry, inserts, loadOne, put } from './stored.ts'

let database: TestDatabase
let directory: string
beforeEach(async () => {
  database = await SQLITE.create()
  directory = database.directory as string
})
afterEach(() => database.drop())

describe('a database that cannot be opened is refused, with what to do', () => {
  test('a second server on the same file', async () => {
    const store = await database.open()
    await expect(database.open()).rejects.toMatchObject({
      name: 'StoreRefused',
      message: `another server has ${join(directory, 'sallyport.db')} open`,
      hint: expect.stringContaining('stop it first'),
    })
    await put(store, inserts(makeToken({})))
    await database.close(store)
    await (await database.open()).ping()
  })

  test('a directory that is not there', async () => {
    const refused = openDatabase(`sqlite:${join(directory, 'none', 'sallyport.db')}`)
    await expect(refused).rejects.toMatchObject({
      name: 'StoreRefused',
      message: `${join(directory, 'none')} does not exist`,
    })
  })

  test('a directory where nothing may be written', async () => {
    const closed = join(directory, 'closed')
    mkdirSync(closed, { mode: 0o555 })
    await expect(
      asNobody(() => openDatabase(`sqlite:${join(closed, 'sallyport.db')}`)),
    ).rejects.toMatchObject({
      name: 'StoreRefused',
      message: expect.stringMatching(/sallyport\.db.* cannot be written: .*permission denied/i),
      hint: expect.stringContaining('chown'),
    })
    expect(readdirSync(closed)).toEqual([])
  })

  test('a file that may not be written', async () => {
    await database.close(await database.open())
    chmodSync(directory, 0o777)
    for (const name of readdirSync(directory))
      chmodSync(join(directory, name), name.endsWith('.lock') ? 0o666 : 0o444)
    await expect(asNobody(() => openDatabase(database.url))).rejects.toMatchObject({
      name: 'StoreRefused',
      message: expect.stringContaining('cannot be written'),
    })
  })

  test('a directory in the place of the file', async () => {
    mkdirSync(join(directory, 'sallyport.db'))
    await expect(openDatabase(database.url)).rejects.toThrow(StoreRefused)
  })

  const contents: { name: string; given: Buffer }[] = [
    { name: 'text', given: Buffer.from('[server]\nnode = "a"\n'.repeat(100)) },
    { name: 'noise', given: Buffer.alloc(8192, 0xa5) },
  ]
  test.each(contents)('a file that is no database: $name; it is not touched', async ({ given }) => {
    const path = join(directory, 'sallyport.db')
    writeFileSync(path, given)
    await expect(openDatabase(database.url)).rejects.toMatchObject({
      name: 'StoreRefused',
      message: `${path} is not a SQLite database`,
    })
    expect(statSync(path).size).toBe(given.length)
  })

  test('and leaves nothing open: the next start succeeds', async () => {
    writeFileSync(join(directory, 'sallyport.db'), 'x'.repeat(5000))
    await expect(openDatabase(database.url)).rejects.toThrow(StoreRefused)
    writeFileSync(join(directory, 'sallyport.db'), '')
    await (await database.open()).ping()
  })
})

test('only its owner can read any of its files', async () => {
  const store = await database.open()
  await put(store, inserts(makeToken({})))
  const modes = Object.fromEntries(
    readdirSync(directory).map((name) => [name, (statSync(join(directory, name)).mode & 0o777).toString(8)]),
  )
  expect(modes).toEqual({
    'sallyport.db': '600',
    'sallyport.db-shm': '600',
    'sallyport.db-wal': '600',
    'sallyport.db.lock': '600',
    'sallyport.db.lock-journal': '600',
  })
})

test('whatever the umask, and also when the file is made by hand first', async () => {
  const mask = process.umask(0)
  try {
    await put(await database.open(), [], [entry()])
  } finally {
    process.umask(mask)
  }
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o077).toBe(0)
})

test('every connection of every thread waits for the disk: WAL with synchronous=FULL', async () => {
  const before = await database.open()
  await put(before, inserts(makeToken({ serial: 'A' })))
  await database.close(before)
  const child = spawn(
    process.execPath,
    [
      `--import=${pathToFileURL(resolve('test/storage/tell_settings.ts'))}`,
      resolve('test/storage/keep_committing.ts'),
      database.url,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    told += text
  })
  child.stdout.once('data', () => child.kill('SIGKILL'))
  await once(child, 'close')
  // As each was left.
  const settings = new Map<string, unknown>()
  for (const line of told.trimEnd().split('\n')) {
    const { connection, name, journal, synchronous } = JSON.parse(line)
    expect(name).toBe(join(directory, 'sallyport.db'))
    settings.set(connection, [journal, synchronous])
  }
  // Of the main thread, one for the roads of the login and one for the lists; and the writer's. FULL is 2.
  expect(Object.fromEntries(settings)).toEqual({ '0.0': ['wal', 2], '0.1': ['wal', 2], '1.0': ['wal', 2] })
})

test('closing leaves one file that can be copied', async () => {
  const store = await database.open()
  await put(store, inserts(makeToken({})), [entry()])
  await database.close(store)
  expect(existsSync(join(directory, 'sallyport.db-wal'))).toBe(false)
})

describe('after kill -9 in the middle of commits', () => {
  test.each([1, 2, 3])('everything that was told is there, and the chain is whole (%i)', async (round) => {
    const before = await database.open()
    await put(before, inserts(makeToken({ serial: 'A' })))
    await database.close(before)

    const told = await killWhileCommitting(50 * round)
    const store = await database.open('a')
    const token = await loadOne(store, 'user:alice')
    const { rows } = await store.listAudit({ limit: 1, cursor: null })
    // One more may have become durable before it could be told.
    expect([told, told + 1]).toContain(token.counter)
    expect(rows[0]?.detail).toBe(String(token.counter))
    expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries: token.counter, firstBad: null })
    await put(store, [changed(token, { counter: token.counter + 1 })], [entry()])
    expect((await verifyAudit(store, KEYS.audit)).firstBad).toBeNull()
  })

  /** The last counter that the child told of before it was killed, some time after it told of `commits`. */
  async function killWhileCommitting(commits: number): Promise<number> {
    const script = resolve('test/storage/keep_committing.ts')
    const child = spawn(process.execPath, [script, database.url], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      if (output.split('\n').length > commits) child.kill('SIGKILL')
    })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    return Number(output.trimEnd().split('\n').at(-1))
  }
})

/** Root may write everywhere, so that it steps down for the moment. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work()
  const above = [directory]
  for (const path of above) chmodSync(path, statSync(path).mode | 0o055)
  process.seteuid?.(65534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
