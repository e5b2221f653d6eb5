/**
 * The cookies of the console: an administrator's session, a user's for himself, and for each the mark of a known browser. Names
 * and flags are decided here alone.
 */
import type { SessionKind } from './console_sessions.ts'
import { KNOWN_MS } from './known_browser.ts'

/** RFC 6265bis §4.1.3: a browser takes names with these prefixes over TLS alone, and `__Host-` for this very host. */
export function cookieName(kind: SessionKind, isTls: boolean): string {
  if (kind === 'admin') return isTls ? '__Host-sallyport' : 'sallyport'
  return isTls ? '__Secure-sallyport-me' : 'sallyport-me'
}

/** Without an age: it goes when the browser is closed, if not before. `secret` null: to take it away. */
export function setCookie(kind: SessionKind, secret: string | null, isTls: boolean): string {
  const end = secret === null ? ['Max-Age=0'] : []
  return [`${cookieName(kind, isTls)}=${secret ?? ''}`, ...flags(kind, isTls), ...end].join('; ')
}

/** Of known_browser.ts; it outlives sessions. */
export function setMark(kind: SessionKind, mark: string, isTls: boolean): string {
  return [`${markName(kind, isTls)}=${mark}`, ...flags(kind, isTls), `Max-Age=${KNOWN_MS / 1000}`].join('; ')
}

function markName(kind: SessionKind, isTls: boolean): string {
  return `${cookieName(kind, isTls)}-known`
}

function flags(kind: SessionKind, isTls: boolean): string[] {
  return [
    `Path=${kind === 'admin' ? '/' : '/me'}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isTls ? ['Secure'] : []),
  ]
}

const SECRET = /^[A-Za-z0-9_-]{43}$/

/** Null: there is none that could be one. */
export function readCookie(header: string | undefined, kind: SessionKind, isTls: boolean): string | null {
  const value = cookieValue(header, cookieName(kind, isTls))
  return value !== null && SECRET.test(value) ? value : null
}

/** As it came. */
export function readMark(header: string | undefined, kind: SessionKind, isTls: boolean): string | null {
  return cookieValue(header, markName(kind, isTls))
}

function cookieValue(header: string | undefined, name: string): string | null {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at >= 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return null
}
