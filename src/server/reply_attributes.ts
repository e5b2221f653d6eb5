/** All that a reply says beside its code: what is set for the session, and what the protocol of the login demands. */
import type { Answer } from '../radius/access.ts'
import type { Attribute } from '../radius/attribute.ts'
import { AttributeType } from '../radius/attributes.ts'
import { msChapAttributes } from '../radius/mschap_reply.ts'
import type { Packet } from '../radius/packet.ts'
import type { Client } from './clients.ts'

export function replyAttributes(
  { reply, mschap, secret }: Pick<Client, 'reply' | 'mschap' | 'secret'>,
  request: Packet,
  answer: Answer,
): readonly Attribute[] {
  const set = reply.attributesOf(answer)
  if (!mschap) return set
  const own = msChapAttributes(request, answer, secret)
  if (own.length === 0 || set.length === 0) return set.length === 0 ? own : set
  // An operator may demand another encryption policy than ours; of a key or a proof he can set none (radius/settable.ts).
  return [...set, ...own.filter((attribute) => !set.some((one) => isSame(one, attribute)))]
}

const VENDOR_AND_TYPE_OCTETS = 5

/** Of one vendor and type; ours are all of Microsoft's. */
function isSame(one: Attribute, other: Attribute): boolean {
  if (one.type !== AttributeType.VendorSpecific || one.type !== other.type) return false
  const [a, b] = [one, other].map(({ value }) => Buffer.from(value.subarray(0, VENDOR_AND_TYPE_OCTETS)))
  return a!.equals(b!)
}
