/**
 * The hash chain of the audit trail. A block's hash covers its entries and the hash before it (SHA-256); the head of each
 * chain is authenticated with a key outside the database (HMAC-SHA-256), so whoever can write the database can neither
 * change, remove or reorder an entry, nor cut the end off, nor compute the chain anew. Every process writes chains of its
 * own, one for each commit in flight: nodes on one PostgreSQL never wait for each other's hash. How many chains there are
 * is authenticated alike, so that none can be taken out whole. (An older copy of everything proves itself: keep backups.)
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { equalOctets } from '../seal.ts'
import type { AuditBlock } from './columns.ts'
import type { ChainHead, Store } from './store.ts'

/** Where a chain stands: `seq` entries, the last block with `hash`. */
export interface ChainPosition {
  readonly id: number
  readonly node: string
  readonly seq: number
  readonly hash: Uint8Array
}

export function startOfChain(id: number, node: string): ChainPosition {
  return { id, node, seq: 0, hash: hash('sha256', `sallyport audit chain ${id}`, 'buffer') }
}

/** Number 0 among the heads: the roll, whose `seq` tells how many chains there are. It has no rows. */
export function rollOf(chains: number): ChainPosition {
  return { id: 0, node: '', seq: chains, hash: Buffer.alloc(0) }
}

/**
 * Also past a chain that was removed: its number is not given again. Whoever begins a chain moves the roll from the number
 * before if that stands there with its true `mac`, and else leaves it, so that verification goes on to report it.
 */
export const NEXT_CHAIN =
  'SELECT coalesce(max(CASE WHEN id = 0 THEN seq ELSE id END), 0) + 1 AS id FROM audit_chains'

type Hashed = Pick<AuditBlock, 'size' | 'first_at' | 'last_at' | 'entries'>

/** The position after a block of `size` entries was added at its end. */
export function extend(position: ChainPosition, block: Hashed): ChainPosition {
  const { id, node } = position
  const { size, first_at, last_at, entries } = block
  const seq = position.seq + size
  const header = JSON.stringify([id, position.seq + 1, seq, node, first_at, last_at])
  const previous = Buffer.from(position.hash).toString('hex')
  return { id, node, seq, hash: hash('sha256', previous + header + entries, 'buffer') }
}

export function authenticateHead(key: Uint8Array, { id, node, seq, hash }: ChainPosition): Uint8Array {
  return createHmac('sha256', keyObjectOf(key))
    .update(JSON.stringify([id, node, seq]))
    .update(hash)
    .digest()
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>()

/** Made anew from octets for each commit, it was a seventh of a lone login's cost. */
function keyObjectOf(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key)
  if (known !== undefined) return known
  const made = createSecretKey(key)
  keyObjects.set(key, made)
  return made
}

export interface Verification {
  readonly entries: number
  /** null when every chain is whole. */
  readonly firstBad: { readonly id: number | null; readonly chain: number; readonly problem: string } | null
}

const BLOCKS_AT_ONCE = 500

/** Reads the whole trail. `progress` is told the number of entries so far; between portions other work goes on. */
export async function verifyAudit(
  store: Pick<Store, 'readAudit' | 'readChains'>,
  key: Uint8Array,
  progress: (entries: number) => void = () => {},
): Promise<Verification> {
  // The heads first: what is written while we read lies after them, and the next verification reads it.
  const heads = await store.readChains()
  const walker = new ChainWalker(heads, key)
  let firstBad = walker.checkHeads()
  let entries = 0
  for (let afterId: number | null = null; firstBad === null; ) {
    const blocks: AuditBlock[] = await store.readAudit(afterId, BLOCKS_AT_ONCE)
    if (blocks.length === 0) break
    for (const block of blocks) {
      firstBad = walker.check(block)
      if (firstBad !== null) break
      entries += block.size
    }
    afterId = (blocks.at(-1) as AuditBlock).id
    progress(entries)
    await new Promise((resolve) => setImmediate(resolve))
    // On a busy server there are always more: those lie after the heads.
    if (blocks.length < BLOCKS_AT_ONCE) break
  }
  return { entries, firstBad: firstBad ?? walker.checkEnds(await store.readChains()) }
}

class ChainWalker {
  readonly #roll: ChainHead | undefined
  readonly #heads: readonly ChainHead[]
  readonly #headOf = new Map<number, ChainHead>()
  readonly #positions = new Map<number, ChainPosition>()
  /** The last block seen of each chain that lies past its head. */
  readonly #newest = new Map<number, AuditBlock>()
  readonly #key: Uint8Array

  constructor(heads: readonly ChainHead[], key: Uint8Array) {
    const [roll, ...chains] = heads
    this.#roll = roll
    this.#heads = chains
    this.#key = key
    for (const head of chains) {
      this.#headOf.set(head.id, head)
      this.#positions.set(head.id, startOfChain(head.id, head.node))
    }
  }

  /** Chains are numbered 1, 2, 3 …: a missing number is a chain that was removed. */
  checkHeads(): Verification['firstBad'] {
    const roll = this.#roll
    if (roll === undefined || roll.id !== 0 || !equalOctets(authenticateHead(this.#key, roll), roll.mac)) {
      return { id: null, chain: 0, problem: 'the number of chains was changed' }
    }
    for (const [index, head] of this.#heads.entries()) {
      if (head.id !== index + 1) return { id: null, chain: index + 1, problem: 'the chain was removed' }
      if (!equalOctets(authenticateHead(this.#key, head), head.mac)) {
        return { id: null, chain: head.id, problem: 'the head of the chain was changed' }
      }
    }
    const { length } = this.#heads
    return length === roll.seq ? null : { id: null, chain: length + 1, problem: 'the chain was removed' }
  }

  check(block: AuditBlock): Verification['firstBad'] {
    const { id, chain } = block
    const head = this.#headOf.get(chain)
    if (head === undefined || block.seq > head.seq) {
      this.#newest.set(chain, block)
      return null
    }
    const position = this.#positions.get(chain) as ChainPosition
    if (block.seq !== position.seq + 1) {
      const expected = `row ${position.seq + 1} of the chain was expected`
      return { id, chain, problem: `rows were removed or moved: ${expected}` }
    }
    const next = extend(position, block)
    if (block.node !== position.node || !equalOctets(next.hash, block.hash)) {
      return {
        id,
        chain,
        problem:
          block.size === 1 ? 'the row was changed' : `one of ${block.size} rows from here on was changed`,
      }
    }
    if (next.seq === head.seq && !equalOctets(next.hash, head.hash)) {
      return { id, chain, problem: 'the row does not lead to the head of its chain' }
    }
    this.#positions.set(chain, next)
    return null
  }

  /** Rows past the heads that we began with were written meanwhile, so that the heads must have followed. */
  checkEnds(headsNow: readonly ChainHead[]): Verification['firstBad'] {
    for (const { id, seq } of this.#heads) {
      const last = (this.#positions.get(id) as ChainPosition).seq
      if (last < seq) return { id: null, chain: id, problem: `rows after number ${last} were removed` }
    }
    for (const { id, chain, seq } of this.#newest.values()) {
      const head = headsNow.find((candidate) => candidate.id === chain && chain !== 0)
      if (head === undefined || seq > head.seq)
        return { id, chain, problem: 'the row was added from outside' }
    }
    return null
  }
}
