/**
 * The certificate of the console: the one that the configuration names, or one that signs itself, made at the first start so
 * that nothing needs to be set up; browsers warn of that one once.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Certified } from '../../certificates.ts'
import type { ConsoleConfig } from '../../config/console.ts'
import { StartError } from '../data_directory.ts'

export interface ConsoleCertificate {
  readonly cert: string
  readonly key: string
  readonly isSelfSigned: boolean
  readonly expiresAt: number
}

export const CONSOLE_DIRECTORY = 'console'
const DAY_MS = 86_400_000
const RENEW_DAYS = 30

/** Null without TLS. Throws StartError. */
export async function consoleCertificate(
  { tls, certificateFile, keyFile }: Pick<ConsoleConfig, 'tls' | 'certificateFile' | 'keyFile'>,
  dataDir: string,
  now: number,
): Promise<ConsoleCertificate | null> {
  if (!tls) return null
  if (certificateFile !== null && keyFile !== null) {
    return {
      ...readPair(certificateFile, keyFile, 'set console.certificate_file and console.key_file right'),
    }
  }
  const directory = join(dataDir, CONSOLE_DIRECTORY)
  const [cert, key] = [join(directory, 'server.pem'), join(directory, 'server.key')]
  const remedy = `take ${directory} away: another is made at the next start`
  const before = ignoreMissing(() => readPair(cert, key, remedy))
  if (before !== null && before.expiresAt - now > RENEW_DAYS * DAY_MS) return before
  const made = await makeCertificate(now)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileSync(key, made.key, { mode: 0o600, flush: true })
    writeFileSync(cert, made.certificate, { mode: 0o644, flush: true })
  } catch (error) {
    throw new StartError(
      `the console's certificate cannot be written to ${directory}: ${(error as Error).message}`,
      'let the user that runs the server write there, or set console.certificate_file',
    )
  }
  return readPair(cert, key, remedy)
}

function ignoreMissing<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null
    throw error
  }
}

function readPair(certificateFile: string, keyFile: string, remedy: string): ConsoleCertificate {
  try {
    const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')]
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) {
      throw new Error('the key is not that of the certificate')
    }
    // Whatever else TLS may object to, it shall object to now.
    createSecureContext({ cert, key })
    const isSelfSigned = certificate.issuer === certificate.subject
    return { cert, key, isSelfSigned, expiresAt: Date.parse(certificate.validTo) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const refused = new StartError(
      `the console's certificate ${certificateFile} cannot be used: ${said}`,
      remedy,
    )
    refused.cause = error
    throw refused
  }
}

/** By every name that a browser of this machine has for it. */
async function makeCertificate(now: number): Promise<Certified> {
  // The library takes a while to load, and is for the first start alone.
  const { makeSelfSigned } = await import('../../certificates.ts')
  const names = [...new Set(['localhost', hostname()])].filter((name) => /^[a-z0-9.-]{1,64}$/i.test(name))
  return await makeSelfSigned(names, ['127.0.0.1', '::1'], now)
}
