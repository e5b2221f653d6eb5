/** What a first start makes: the data directory (0700), the master key and the localhost client's secret (0600). */
import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { newMasterKey, parseMasterKey } from '../seal.ts'

/** The server cannot start, with what to do. */
export class StartError extends Error {
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.name = 'StartError'
    this.hint = hint
  }
}

/** True if it was made now. Throws StartError. */
export function makeDataDirectory(directory: string): boolean {
  const isNew = !existsSync(directory)
  try {
    if (isNew) mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (!statSync(directory).isDirectory()) throw notADirectory(directory)
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(
      `the data directory ${directory} cannot be written: ${describe(error)}`,
      'let the user that runs the server own it, or set server.data_dir',
    )
  }
  return isNew
}

function notADirectory(directory: string): StartError {
  return new StartError(`the data directory ${directory} is not a directory`, 'set server.data_dir')
}

/**
 * The 32 octets of the master key. A missing one is made only for a database that is new: for any other it would be the
 * wrong one. Throws StartError.
 */
export function masterKey(file: string, databaseIsNew: boolean): { key: Uint8Array; isNew: boolean } {
  if (!existsSync(file)) {
    if (!databaseIsNew) {
      throw new StartError(
        `the master key ${file} is missing, and the database has been used with one`,
        'put the key back from your backup, or copy it from another node; without it the tokens in the database cannot be opened',
      )
    }
    const text = newMasterKey()
    writePrivate(file, text, 'the master key')
    return { key: parseMasterKey(Buffer.from(text)) as Uint8Array, isNew: true }
  }
  const key = parseMasterKey(read(file, 'the master key'))
  if (key !== null) return { key, isNew: false }
  throw new StartError(
    `${file} is not a master key: it must hold 32 octets as base64 or hexadecimal`,
    'put the key back from your backup, or set server.master_key_file',
  )
}

/** True if it was made now. */
export function makeClientSecret(file: string): boolean {
  if (existsSync(file)) return false
  writePrivate(file, `${randomBytes(16).toString('hex')}\n`, "the localhost client's secret")
  return true
}

function read(file: string, what: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new StartError(
      `${what} ${file} cannot be read: ${describe(error)}`,
      'let the user that runs the server own it',
    )
  }
}

function writePrivate(file: string, content: string, what: string): void {
  try {
    // wx: whatever appears there meanwhile is somebody else's, and not overwritten.
    writeFileSync(file, content, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw new StartError(
      `${what} cannot be written to ${file}: ${describe(error)}`,
      `let the user that runs the server write to ${dirname(file)}`,
    )
  }
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOSPC':
      return 'no space left on the device'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is in the way'
    default:
      return message
  }
}
