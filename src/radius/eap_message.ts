/**
 * How RADIUS carries EAP (RFC 3579): the packet cut over EAP-Message attributes, how long it may be, and which keys an
 * Accept hands to the client (RFC 3748 §7.10). Does not read EAP itself.
 */
import { type Attribute, MAX_VALUE_OCTETS } from './attribute.ts'
import type { AttributeList } from './attribute_list.ts'
import { AttributeType } from './attributes.ts'
import type { SessionKeys } from './mppe.ts'

/** RFC 3579 §3.1: the values, joined in the order received; empty for an EAP-Start, null without any. */
export function eapMessageIn(attributes: AttributeList): Uint8Array | null {
  const parts = attributes.all(AttributeType.EapMessage)
  // A copy even of a single one: the datagram's buffer is used again.
  return parts.length === 0 ? null : Buffer.concat(parts)
}

export function eapMessageAttributes(eap: Uint8Array): Attribute[] {
  const attributes: Attribute[] = []
  for (let at = 0; at < eap.length; at += MAX_VALUE_OCTETS) {
    attributes.push({ type: AttributeType.EapMessage, value: eap.subarray(at, at + MAX_VALUE_OCTETS) })
  }
  return attributes
}

/** Leaves room for State, Proxy-States and the rest; and as most links take 1500 octets, no NAS needs more. */
const DEFAULT_OCTETS = 1024
/** Whoever says less does not mean it (RFC 3748 §3.1: EAP itself assumes 1020). */
const LEAST_OCTETS = 128
/** RFC 3579 §2.4: EAPOL's version, type and length go off. */
const LINK_OCTETS = 4

/** How long an EAP packet in the answer may be: Framed-MTU is obeyed where it is smaller than what we send anyway. */
export function eapOctetsAllowed(attributes: AttributeList): number {
  const mtu = attributes.first(AttributeType.FramedMtu)
  if (mtu?.length !== 4) return DEFAULT_OCTETS
  const octets = ((mtu[0]! << 24) | (mtu[1]! << 16) | (mtu[2]! << 8) | mtu[3]!) >>> 0
  return Math.max(LEAST_OCTETS, Math.min(DEFAULT_OCTETS, octets - LINK_OCTETS))
}

const HALF_OCTETS = 32

/** Of the MSK, 64 octets. The client's view: it receives what the peer sends. */
export function keysOfMaterial(keyMaterial: Uint8Array): SessionKeys {
  return {
    receive: keyMaterial.subarray(0, HALF_OCTETS),
    send: keyMaterial.subarray(HALF_OCTETS, 2 * HALF_OCTETS),
  }
}
