/**
 * The certificates that we make: the private CA of EAP with the one that it gives to our server, fit for what devices insist on
 * (names in the subject alternative name, the purpose serverAuth, a life that Apple takes), and the console's, which signs
 * itself. Made by @peculiar/x509 with node:crypto's keys.
 */
import { randomBytes, webcrypto } from 'node:crypto'
// The library resolves its parts by it, and says so if it is missing.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

/** PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

export type KeyKind = keyof typeof ALGORITHMS

const ALGORITHMS = {
  /** A tenth of the work of RSA. */
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  },
} as const
export const KEY_KINDS = Object.keys(ALGORITHMS) as KeyKind[]

const DAY_MS = 86_400_000
const CA_DAYS = 3653
/** Apple refuses more than 825. */
const SERVER_DAYS = 820
/** Devices whose clock is slow. */
const EARLIER_MS = DAY_MS
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

export async function makeCa(name: string, kind: KeyKind, now: number): Promise<Certified> {
  const keys = await newKeys(kind)
  const subject = `CN=${name} CA, O=Sallyport`
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: subject,
    keys,
    signingAlgorithm: ALGORITHMS[kind],
    ...life(now, CA_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
}

export async function makeServerCertificate(
  name: string,
  ca: Certified,
  kind: KeyKind,
  now: number,
): Promise<Certified> {
  const issuer = new x509.X509Certificate(ca.certificate)
  const algorithm = issuer.publicKey.algorithm.name === 'ECDSA' ? ALGORITHMS.ecdsa : ALGORITHMS.rsa
  const keys = await newKeys(kind)
  const { keyEncipherment, digitalSignature } = x509.KeyUsageFlags
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${name}`,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await signingKey(ca.key, algorithm),
    signingAlgorithm: algorithm,
    ...life(now, SERVER_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        kind === 'rsa' ? digitalSignature | keyEncipherment : digitalSignature,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
}

/** Of the console, until it has one by an authority; the last of `names` is its subject. */
export async function makeSelfSigned(
  names: readonly string[],
  addresses: readonly string[],
  now: number,
): Promise<Certified> {
  const keys = await newKeys('ecdsa')
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=${names.at(-1)}, O=Sallyport console`,
    keys,
    signingAlgorithm: ALGORITHMS.ecdsa,
    ...life(now, SERVER_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) }
}

function life(now: number, days: number) {
  return { notBefore: new Date(now - EARLIER_MS), notAfter: new Date(now - EARLIER_MS + days * DAY_MS) }
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, and nobody's guess. */
function newSerial(): string {
  const octets = randomBytes(16)
  octets[0] = (octets[0]! & 0x7f) | 0x40
  return octets.toString('hex')
}

async function newKeys(kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHMS[kind], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

async function signingKey(
  pem: string,
  algorithm: (typeof ALGORITHMS)[KeyKind],
): Promise<webcrypto.CryptoKey> {
  const octets = x509.PemConverter.decodeFirst(pem)
  return await webcrypto.subtle.importKey('pkcs8', octets, algorithm, false, ['sign'])
}
