/**
 * Browsers that a user has logged in from before: their tries to log in are counted apart, so that somebody who guesses at his
 * name from elsewhere cannot keep him out. The browser carries a sealed mark, good for that user and a limited time; it
 * replaces neither password nor OTP.
 */
import { randomBytes } from 'node:crypto'
import type { AccountKey } from '../../auth/account.ts'
import type { Sealer } from '../../seal.ts'
import type { SessionKind } from './console_sessions.ts'

export const KNOWN_MS = 90 * 24 * 3_600_000
const ID_OCTETS = 16
/** Of what comes back: a time and an id under a seal, in base64url. */
const MAX_MARK = 200

export interface KnownBrowsers {
  /** What the browser is given after a login. */
  mark(kind: SessionKind, user: AccountKey): string
  /** The name that its tries are counted under; null: it is not known, or not as a browser of this user. */
  recognise(mark: string | null, kind: SessionKind, user: AccountKey): string | null
}

export function knownBrowsers(keys: Sealer, now: () => number): KnownBrowsers {
  const contextOf = (kind: SessionKind, user: AccountKey) => `known browser ${kind} ${user}`
  return {
    mark: (kind, user) => {
      const content = JSON.stringify({ id: randomBytes(ID_OCTETS).toString('hex'), at: now() })
      return Buffer.from(keys.seal(Buffer.from(content), contextOf(kind, user))).toString('base64url')
    },
    recognise: (mark, kind, user) => {
      if (mark === null || mark.length > MAX_MARK) return null
      try {
        const opened = keys.open(Buffer.from(mark, 'base64url'), contextOf(kind, user))
        const { id, at } = JSON.parse(Buffer.from(opened).toString()) as { id: string; at: number }
        return now() - at < KNOWN_MS ? `browser:${id}` : null
      } catch {
        // Made up, another user's, or of another master key.
        return null
      }
    },
  }
}
