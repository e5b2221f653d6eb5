/**
 * Names for attributes and for their values: what may be written by name. Knows neither the text that defines them
 * (dictionary_text.ts) nor how a value is written (reply_value.ts).
 */
import { editDistance } from '../edit_distance.ts'

export interface AttributeDefinition {
  readonly name: string
  /** Null for the attributes of the RFCs. */
  readonly vendor: number | null
  readonly number: number
  /** RFC 8044's name for it. */
  readonly type: DataType
  /** `octets[N]`: the one length that it may have; null = any. */
  readonly octets: number | null
  /** RFC 2868 §3: it may name the tunnel that it belongs to. */
  readonly hasTag: boolean
  /** Why it cannot be sent, as the end of a sentence that begins with its name; null = it can. */
  readonly unwritable: string | null
}

/** By all the names that FreeRADIUS has for them. */
export const DATA_TYPES = {
  string: 'text',
  text: 'text',
  octets: 'octets',
  byte: 'uint8',
  uint8: 'uint8',
  short: 'uint16',
  uint16: 'uint16',
  integer: 'integer',
  uint32: 'integer',
  integer64: 'integer64',
  uint64: 'integer64',
  signed: 'int32',
  int32: 'int32',
  date: 'time',
  time: 'time',
  ipaddr: 'ipv4addr',
  ipv4addr: 'ipv4addr',
  ipv6addr: 'ipv6addr',
  'combo-ip': 'ipaddr',
  ipv4prefix: 'ipv4prefix',
  ipv6prefix: 'ipv6prefix',
  ifid: 'ifid',
  ether: 'ether',
} as const
export type DataType = (typeof DATA_TYPES)[keyof typeof DATA_TYPES]

export interface VendorDefinition {
  readonly name: string
  readonly number: number
  /** As `AttributeDefinition.unwritable`, for all its attributes. */
  readonly unwritable: string | null
}

/** Names compare without regard to case. What is defined again replaces what was there. */
export class Dictionary {
  readonly #attributes = new Map<string, AttributeDefinition>()
  readonly #vendors = new Map<string, VendorDefinition>()
  /** Of attributes by number, for their values belong to every name that an attribute has. */
  readonly #values = new Map<string, Map<string, { readonly name: string; readonly value: number }>>()

  defineVendor(vendor: VendorDefinition): void {
    this.#vendors.set(vendor.name.toLowerCase(), vendor)
  }

  defineAttribute(attribute: AttributeDefinition): void {
    this.#attributes.set(attribute.name.toLowerCase(), attribute)
  }

  defineValue(attribute: AttributeDefinition, name: string, value: number): void {
    const key = keyOf(attribute)
    const values = this.#values.get(key) ?? new Map()
    this.#values.set(key, values)
    values.set(name.toLowerCase(), { name, value })
  }

  vendor(name: string): VendorDefinition | undefined {
    return this.#vendors.get(name.toLowerCase())
  }

  attribute(name: string): AttributeDefinition | undefined {
    return this.#attributes.get(name.toLowerCase())
  }

  value(attribute: AttributeDefinition, name: string): number | undefined {
    return this.#values.get(keyOf(attribute))?.get(name.toLowerCase())?.value
  }

  /** By its number; `vendor` null for those of the RFCs. */
  numbered(vendor: number | null, number: number): AttributeDefinition | undefined {
    for (const attribute of this.#attributes.values())
      if (attribute.vendor === vendor && attribute.number === number) return attribute
    return undefined
  }

  nameOfValue(attribute: AttributeDefinition, value: number): string | undefined {
    for (const known of this.#values.get(keyOf(attribute))?.values() ?? [])
      if (known.value === value) return known.name
    return undefined
  }

  /** The names of its values. */
  valuesOf(attribute: AttributeDefinition): readonly string[] {
    return Array.from(this.#values.get(keyOf(attribute))?.values() ?? [], ({ name }) => name)
  }

  /** The attribute that was probably meant by a name that there is not. */
  closest(name: string): string | null {
    const found = closest(name, [...this.#attributes.keys()])
    return found === null ? null : this.#attributes.get(found)!.name
  }

  get size(): number {
    return this.#attributes.size
  }
}

/** The same for two names of one attribute. */
export function keyOf({ vendor, number, name }: AttributeDefinition): string {
  return number > 0xff ? name : `${vendor ?? ''}:${number}`
}

/** The nearest of `words`, if it is near enough to be a slip. */
export function closest(word: string, words: readonly string[]): string | null {
  const tolerance = Math.min(2, Math.floor(word.length / 3))
  let best: string | null = null
  let least = tolerance + 1
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}
