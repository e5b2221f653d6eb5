/** The audit chain that this process writes into a SQLite file: the next block, its place, and the head behind it. */
import type Sqlite from 'better-sqlite3'
import type { AuditEntry, Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { newBlock } from './audit_block.ts'
import {
  authenticateHead,
  type ChainPosition,
  extend,
  NEXT_CHAIN,
  rollOf,
  startOfChain,
} from './audit_chain.ts'
import type { TrailWrite } from './writer_messages.ts'

export class SqliteTrail {
  readonly #key: Uint8Array
  readonly #node: string
  readonly #nextChain: Sqlite.Statement
  readonly #nextBlock: Sqlite.Statement
  /** Ours alone; begun with our first commit. */
  #chain: ChainPosition | null = null
  #block: number | null = null

  constructor(database: Sqlite.Database, key: Uint8Array, node: string) {
    this.#key = key
    this.#node = node
    this.#nextChain = database.prepare(NEXT_CHAIN)
    this.#nextBlock = database.prepare(
      'SELECT coalesce((SELECT id + size FROM audit ORDER BY id DESC LIMIT 1), 1) AS id',
    )
  }

  /** What to write for a commit, and the tokens' `auditHead` set to it; `confirm` once it is durable. */
  next(changes: readonly TokenChange[], audit: readonly AuditEntry[]) {
    if (audit.length === 0) return null
    const block = newBlock(changes, audit)
    const chain = this.#chain ?? this.#start()
    const id = this.#block ?? (this.#nextBlock.get() as { id: number }).id
    const end = extend(chain, block)
    const { size, first_at, last_at, entries, subjects } = block
    for (const token of block.about as { -readonly [K in keyof Token]: Token[K] }[]) token.auditHead = id
    const write: TrailWrite = {
      begin: this.#chain === null ? this.#beginning(chain) : null,
      block: [id, chain.id, chain.seq + 1, chain.node, size, first_at, last_at, entries, end.hash],
      head: [end.seq, end.hash, authenticateHead(this.#key, end), end.id],
      subjects,
    }
    const confirm = () => {
      this.#chain = end
      this.#block = id + size
    }
    return { write, confirm }
  }

  /** After a failure: somebody may have taken the block's number, or the chain's. */
  forget(): void {
    this.#block = null
  }

  /** The chain may be further than we know: we leave it as it is and begin another. */
  leaveChain(): void {
    this.#chain = null
    this.#block = null
  }

  #start(): ChainPosition {
    return startOfChain((this.#nextChain.get() as { id: number }).id, this.#node)
  }

  #beginning({ id, node, seq, hash }: ChainPosition): TrailWrite['begin'] {
    const [roll, before] = [id, id - 1].map((chains) => authenticateHead(this.#key, rollOf(chains)))
    return { chain: [id, node, seq, hash, new Uint8Array()], roll: [id, roll, id - 1, before] }
  }
}
