/** What every answer of the console says to browsers: run nothing but our own files, in no frame, and tell nobody. */

/** Scripts and styles are files of ours, never inline; what a script sets on an element is no inline style. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-store',
}

/** RFC 6797; for a certificate that browsers trust alone: they would let nobody past the warning about another. */
const HSTS = 'max-age=31536000'

export function securityHeaders(hasTrustedCertificate: boolean): Readonly<Record<string, string>> {
  return hasTrustedCertificate ? { ...HEADERS, 'strict-transport-security': HSTS } : HEADERS
}
