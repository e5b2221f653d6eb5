/** What works but should not stay: sentences for the log at start, each with its remedy. */
import { statSync } from 'node:fs'
import type { Secret } from '../secret.ts'

interface ClientSafety {
  readonly name: string
  readonly requireMessageAuthenticator: boolean | 'auto'
}

/** What an administrator should know of a client that weakens RADIUS. */
export function clientWarnings({ name, requireMessageAuthenticator: required }: ClientSafety): string[] {
  if (required === true) return []
  const risk = 'can be forged by whoever sits on the path (CVE-2024-3596, "BlastRADIUS")'
  if (required === false) {
    return [
      `client "${name}": with require_message_authenticator = false its logins ${risk}; update the device, then set true`,
    ]
  }
  return [
    `client "${name}": with require_message_authenticator = "auto" its logins ${risk} until it first sends Message-Authenticator; then set true`,
  ]
}

/**
 * Of a client that may come over UDP. MS-CHAP is broken: outside of TLS, whoever records a login finds PIN and OTP of it, and the
 * standards now forbid it there.
 */
export function mschapWarnings({
  name,
  mschap,
}: {
  readonly name: string
  readonly mschap: boolean
}): string[] {
  if (!mschap) return []
  return [
    `client "${name}": with mschap = true, whoever records a login on its way finds the PIN in it; set the device to PAP, or let it come over TLS only`,
  ]
}

/** A shared secret is as strong as it is long: whoever records one packet can guess it offline (RFC 2865 §3). */
export function secretWarnings(name: string, secret: Secret): string[] {
  const text = new TextDecoder().decode(secret.reveal())
  const length = [...text].length
  const warnings: string[] = []
  if (length < 16) {
    warnings.push(
      `client "${name}": the secret has ${length} character${length === 1 ? '' : 's'}; use 16 or more, such as the output of: openssl rand -base64 24`,
    )
  }
  if (/^\s|\s$/.test(text)) {
    warnings.push(
      `client "${name}": the secret begins or ends with white space, which counts; remove it if the device has none`,
    )
  }
  return warnings
}

/** A file of root that a group may read is how packages and systemd credentials hand a secret to a service. */
export function secretFileWarnings(name: string, file: string): string[] {
  const { mode, uid } = statSync(file)
  const forbidden = uid === process.geteuid?.() ? 0o077 : 0o007
  if ((mode & forbidden) === 0) return []
  return [`client "${name}": other users of this machine can read ${file}; run: chmod 600 ${file}`]
}

/** A configuration file that holds secrets. */
export function fileWarnings(file: string): string[] {
  if ((statSync(file).mode & 0o004) === 0) return []
  return [`${file} holds secrets and every user of this machine can read it; run: chmod o= ${file}`]
}

export function rejectDelayWarnings(rejectDelay: number): string[] {
  if (rejectDelay <= 5) return []
  return [
    `radius.reject_delay is ${rejectDelay} s, but most RADIUS clients give up after 3 to 5 s; use 1 to 3`,
  ]
}
