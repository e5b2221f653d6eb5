/** The rules of RADIUS over TLS that are more than a type and its bounds: names, fingerprints, and what must fit together. */
import { isIP } from 'node:net'
import type { z } from 'zod'
import { type Endpoint, formatAddress, parseAddress } from '../network.ts'

interface Tls {
  readonly name?: readonly string[] | undefined
  readonly fingerprint?: readonly string[] | undefined
  readonly psk_identity?: string | undefined
  readonly psk?: string | undefined
  readonly psk_file?: string | undefined
}

interface Client {
  readonly tls?: Tls | undefined
}

interface Whole {
  readonly radius: { readonly clients: readonly Client[] }
  readonly radsec: {
    readonly listen: readonly Endpoint[]
    readonly certificate_file?: string | undefined
    readonly key_file?: string | undefined
    readonly ca_file?: string | undefined
  }
}

const NAMES =
  'allowed: a DNS name ("vpn.example.org", "*.example.org" for all one level below) or an IP address of its certificate, or a list of them'
const FINGERPRINTS =
  'allowed: "sha256:" and 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` shows them, or a list of them'

export function parseNames(value: unknown, ctx: z.RefinementCtx): readonly string[] {
  return oneOrMore(value, ctx, NAMES, (text) => {
    if (isIP(text) !== 0) return formatAddress(parseAddress(text)!)
    return /^(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(text) && text.length <= 253
      ? text.toLowerCase()
      : null
  })
}

export function parseFingerprints(value: unknown, ctx: z.RefinementCtx): readonly string[] {
  return oneOrMore(value, ctx, FINGERPRINTS, (text) => {
    const [, digits] = /^sha256:((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})$/i.exec(text) ?? []
    return digits === undefined ? null : digits.replaceAll(':', '').toLowerCase()
  })
}

export function checkTls(found: Tls, ctx: z.RefinementCtx): void {
  const hasCertificate = found.name !== undefined || found.fingerprint !== undefined
  const hasKey = found.psk !== undefined || found.psk_file !== undefined
  if (!hasCertificate && found.psk_identity === undefined && !hasKey) {
    say(ctx, [], 'says nothing; add name or fingerprint of its certificate, or psk_identity with psk_file')
  }
  if (hasCertificate && (found.psk_identity !== undefined || hasKey)) {
    say(ctx, [], 'has a certificate and a key (psk); a client proves itself by one of them')
  }
  if (found.psk !== undefined && found.psk_file !== undefined)
    say(ctx, [], 'has both psk and psk_file; keep one of them')
  if (found.psk_identity === undefined && hasKey)
    say(ctx, [], 'has a key without its name; add psk_identity = "…", as it is set on the device')
  if (found.psk_identity !== undefined && !hasKey)
    say(ctx, [], 'has no key; add psk_file = "PATH" (or psk = "…"), 16 octets or more')
}

export function checkRadsec({ radius, radsec }: Whole, ctx: z.RefinementCtx): void {
  const over = radius.clients.flatMap(({ tls }, index) => (tls === undefined ? [] : [{ tls, index }]))
  const [first] = over
  if (radsec.listen.length === 0) {
    if (first !== undefined)
      say(
        ctx,
        ['radius', 'clients', first.index, 'tls'],
        'is for RADIUS over TLS, but radsec.listen is empty; add [radsec] listen = ["0.0.0.0:2083"]',
      )
    return
  }
  for (const [key, other] of [
    ['certificate_file', 'key_file'],
    ['key_file', 'certificate_file'],
  ] as const) {
    if (radsec[key] !== undefined && radsec[other] === undefined)
      say(ctx, ['radsec', other], `is missing; radsec.${key} is of no use without it`)
  }
  const byCertificate = over.find(({ tls }) => tls.psk_identity === undefined)
  if (byCertificate !== undefined && radsec.certificate_file === undefined && radsec.key_file === undefined)
    say(
      ctx,
      ['radsec', 'certificate_file'],
      'is missing; only where all clients have a psk the server needs no certificate',
    )
  const byName = over.find(({ tls }) => tls.name !== undefined && tls.fingerprint === undefined)
  if (byName !== undefined && radsec.ca_file === undefined)
    say(
      ctx,
      ['radius', 'clients', byName.index, 'tls'],
      'has a name without a fingerprint, which is worth as much as whoever signs it; add radsec.ca_file',
    )
  const identities = new Map<string, number>()
  for (const { tls, index } of over) {
    if (tls.psk_identity === undefined) continue
    const before = identities.get(tls.psk_identity)
    if (before !== undefined)
      say(
        ctx,
        ['radius', 'clients', index, 'tls', 'psk_identity'],
        `is also that of radius.clients[${before}]; give each client its own`,
      )
    identities.set(tls.psk_identity, index)
  }
}

function oneOrMore(
  value: unknown,
  ctx: z.RefinementCtx,
  allowed: string,
  parse: (text: string) => string | null,
): readonly string[] {
  const isList = Array.isArray(value)
  const parsed: string[] = []
  for (const [index, entry] of (isList ? value : [value]).entries()) {
    const found = typeof entry === 'string' ? parse(entry) : null
    if (found !== null) parsed.push(found)
    else ctx.addIssue({ code: 'custom', path: isList ? [index] : [], message: allowed })
  }
  if (isList && value.length === 0) ctx.addIssue({ code: 'custom', message: allowed })
  return parsed
}

/** The rest of a sentence after the key. */
function say(ctx: z.RefinementCtx, path: PropertyKey[], predicate: string): void {
  ctx.addIssue({ code: 'custom', path, message: predicate, params: { isPredicate: true } })
}
