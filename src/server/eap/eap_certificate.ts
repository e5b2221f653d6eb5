/** The certificate by which EAP's tunnels are made, as `sallyport eap init` or a CA of one's own has put it there. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { StartError } from '../data_directory.ts'

export interface EapCertificate {
  /** PEM: the server's certificate first, then those between it and the CA. */
  readonly chain: string
  readonly key: string
  /** As clients are told to check it. */
  readonly names: readonly string[]
  readonly validFrom: number
  readonly validUntil: number
}

export const EAP_DIRECTORY = 'eap'
export const CHAIN_FILE = 'server.pem'
export const KEY_FILE = 'server.key'

/** Null if there are none, and EAP is off then. Throws StartError if there are and they cannot be used. */
export function readEapCertificate(dataDir: string): EapCertificate | null {
  const [chainFile, keyFile] = [CHAIN_FILE, KEY_FILE].map((name) => join(dataDir, EAP_DIRECTORY, name))
  if (!existsSync(chainFile!) && !existsSync(keyFile!)) return null
  try {
    const [chain, key] = [readFileSync(chainFile!, 'utf8'), readFileSync(keyFile!, 'utf8')]
    const certificate = new X509Certificate(chain)
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw new Error('the key is not that of the certificate')
    // Whatever else TLS may object to, it shall object to now.
    createSecureContext({ cert: chain, key })
    return {
      chain,
      key,
      names: namesOf(certificate),
      validFrom: Date.parse(certificate.validFrom),
      validUntil: Date.parse(certificate.validTo),
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `the certificate for EAP in ${join(dataDir, EAP_DIRECTORY)} cannot be used: ${said}`,
      `put ${CHAIN_FILE} and ${KEY_FILE} right, or take both away: EAP is off then`,
    )
  }
}

function namesOf({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []))
}

const DAY_MS = 86_400_000
const WARN_DAYS = 30

/** What the log says of it at start, at each reload and once a day; null while all is well. */
export function certificateWarning({ validUntil }: EapCertificate, now: number): string | null {
  const days = Math.floor((validUntil - now) / DAY_MS)
  if (days >= WARN_DAYS) return null
  const until = new Date(validUntil).toISOString().slice(0, 10)
  const remedy = 'make another by `sallyport eap renew`, then `sallyport server reload`'
  return validUntil <= now
    ? `the certificate for EAP has run out on ${until}: devices refuse to log in; ${remedy}`
    : `the certificate for EAP runs out on ${until}, in ${days} days; ${remedy}`
}
