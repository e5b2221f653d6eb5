/**
 * The certificate of the console: the one that the configuration names, or one that signs itself, made at the first start so
 * that nothing needs to be set up; browsers warn of that one once. Made by @peculiar/x509 with node:crypto's keys.
 */
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
// The library resolves its parts by it, and says so if it is missing.
import 'reflect-metadata'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import * as x509 from '@peculiar/x509'
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
const DAYS = 820
const RENEW_DAYS = 30
/** Browsers whose clock is slow. */
const EARLIER_MS = DAY_MS
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

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
    writeFileSync(cert, made.cert, { mode: 0o644, flush: true })
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

async function makeCertificate(now: number): Promise<{ cert: string; key: string }> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const host = hostname()
  const names = [...new Set(['localhost', host])].filter((name) => /^[a-z0-9.-]{1,64}$/i.test(name))
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=${names.at(-1)}, O=Sallyport console`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - EARLIER_MS),
    notAfter: new Date(now - EARLIER_MS + DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  })
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  )
  return { cert: certificate.toString('pem'), key }
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, and nobody's guess. */
function newSerial(): string {
  const octets = randomBytes(16)
  octets[0] = (octets[0]! & 0x7f) | 0x40
  return octets.toString('hex')
}
