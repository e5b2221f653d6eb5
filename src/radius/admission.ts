/**
 * Whether a request may be read at all: its code, and the rule for Message-Authenticator that guards against
 * CVE-2024-3596 (spec/radius.md "Message-Authenticator"). Does not read what is asked, and remembers no latch.
 */
import { AttributeType, Code } from './attributes.ts'
import { checkMessageAuthenticator, type Packet } from './packet.ts'
import type { SharedSecret } from './shared_secret.ts'
import { RADIUS_1_1 } from './version.ts'

/** How one client is held to Message-Authenticator. */
export interface AdmissionRule {
  readonly requireMessageAuthenticator: boolean | 'auto'
  /** For 'auto': the client has sent a valid one before. */
  readonly latched: boolean
  readonly limitProxyState: boolean
}

export type Admission =
  /** `latch`: from now on, hold this client to it ('auto'). */
  | { readonly kind: 'go-on'; readonly messageAuthenticatorVerified: boolean; readonly latch: boolean }
  | { readonly kind: 'discard'; readonly reason: DiscardReason }

export type DiscardReason =
  | 'code-not-served'
  | 'wrong-message-authenticator'
  | 'no-message-authenticator'
  | 'proxy-state-without-message-authenticator'

/** Judges a request on the authentication port, before anything in it is trusted. */
export function admit(request: Packet, secret: SharedSecret, rule: AdmissionRule): Admission {
  // RFC 2865 §3: a packet with an invalid Code is silently discarded.
  if (request.code !== Code.AccessRequest && request.code !== Code.StatusServer)
    return discard('code-not-served')
  // RFC 9765 §5.2: TLS has proven what Message-Authenticator would.
  if (request.version === RADIUS_1_1) return PROVEN_BY_TLS
  switch (checkMessageAuthenticator(request, secret)) {
    case 'wrong':
      return discard('wrong-message-authenticator')
    case 'valid': {
      const latch = rule.requireMessageAuthenticator === 'auto' && !rule.latched
      return { kind: 'go-on', messageAuthenticatorVerified: true, latch }
    }
    case 'absent':
      if (isRequired(request, rule)) return discard('no-message-authenticator')
      if (rule.limitProxyState && request.attributes.has(AttributeType.ProxyState)) {
        return discard('proxy-state-without-message-authenticator')
      }
      return { kind: 'go-on', messageAuthenticatorVerified: false, latch: false }
  }
}

const PROVEN_BY_TLS: Admission = { kind: 'go-on', messageAuthenticatorVerified: true, latch: false }

function isRequired({ code, attributes }: Packet, rule: AdmissionRule): boolean {
  if (rule.requireMessageAuthenticator === 'auto' ? rule.latched : rule.requireMessageAuthenticator)
    return true
  // RFC 5997 §3 and RFC 3579 §3.2: whatever the rule says.
  return code === Code.StatusServer || attributes.has(AttributeType.EapMessage)
}

function discard(reason: DiscardReason): Admission {
  return { kind: 'discard', reason }
}
