/** The two cookies of the console: an administrator's, and a user's for himself. Names and flags are decided here alone. */
import type { SessionKind } from './console_sessions.ts'

/** RFC 6265bis §4.1.3: a browser takes names with these prefixes over TLS alone, and `__Host-` for this very host. */
export function cookieName(kind: SessionKind, isTls: boolean): string {
  if (kind === 'admin') return isTls ? '__Host-sallyport' : 'sallyport'
  return isTls ? '__Secure-sallyport-me' : 'sallyport-me'
}

/** Without an age: it goes when the browser is closed, if not before. `secret` null: to take it away. */
export function setCookie(kind: SessionKind, secret: string | null, isTls: boolean): string {
  const path = kind === 'admin' ? '/' : '/me'
  const flags = [`Path=${path}`, 'HttpOnly', 'SameSite=Strict', ...(isTls ? ['Secure'] : [])]
  const end = secret === null ? ['Max-Age=0'] : []
  return [`${cookieName(kind, isTls)}=${secret ?? ''}`, ...flags, ...end].join('; ')
}

const SECRET = /^[A-Za-z0-9_-]{43}$/

/** Null: there is none that could be one. */
export function readCookie(header: string | undefined, kind: SessionKind, isTls: boolean): string | null {
  const name = cookieName(kind, isTls)
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at >= 0 && pair.slice(0, at).trim() === name) {
      const value = pair.slice(at + 1).trim()
      return SECRET.test(value) ? value : null
    }
  }
  return null
}
