/** What every fault run stands on: a database with enrolled users, a ledger and a checker, and all that is to be closed. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { userKey } from '../../src/auth/account.ts'
import { pinKey, sealPin } from '../../src/auth/pin.ts'
import { deriveKeys } from '../../src/seal.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { makeToken } from '../auth/make_token.ts'
import { type Chance, chance } from './chance.ts'
import { Checker } from './checker.ts'
import { DIGITS, Ledger, PIN, type User } from './ledger.ts'
import { Load, type LoadOptions } from './load.ts'
import { MASTER_KEY, Node, type NodeOptions } from './node.ts'
import type { Run } from './run.ts'
import { tidyUp } from './tidy.ts'

export interface RigOptions {
  readonly run: Run
  readonly users: number
  /** Default: a SQLite file in the rig's directory. */
  readonly databaseUrl?: string
}

const ENROLL_AT_ONCE = 500
/** Never locked, and a replay is not looked for a thousand codes ahead: there are to be many. */
const EASY = { maxFail: 0, syncWindow: 20 }

export class Rig {
  readonly directory: string
  readonly databaseUrl: string
  readonly ledger: Ledger
  readonly checker: Checker
  readonly chance: Chance
  readonly nodes: Node[] = []
  readonly #run: Run
  readonly #closers: (() => unknown)[] = []
  #loads = 0

  private constructor({ run, users, databaseUrl }: RigOptions) {
    this.#run = run
    this.directory = mkdtempSync(join(tmpdir(), 'sallyport-faults-'))
    tidyUp(() => rmSync(this.directory, { recursive: true, force: true }))
    this.databaseUrl = databaseUrl ?? `sqlite:${join(this.directory, 'sallyport.db')}`
    this.ledger = new Ledger(users)
    this.checker = new Checker(this.ledger, run.seed, run.short ? 1000 : 50_000)
    this.chance = chance(run.seed)
  }

  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options)
    await enroll(rig.databaseUrl, rig.ledger.users)
    return rig
  }

  async node(options: Partial<NodeOptions> = {}): Promise<Node> {
    const { name = 'a' } = options
    const directory = join(this.directory, name)
    mkdirSync(directory)
    const node = await Node.prepare({ name, directory, databaseUrl: this.databaseUrl, ...options })
    this.nodes.push(node)
    await node.start()
    return node
  }

  async load(options: Partial<LoadOptions> = {}): Promise<Load> {
    return await Load.start({
      servers: this.nodes.map(({ endpoint }) => endpoint),
      ledger: this.ledger,
      seed: this.#run.seed + 1000 * ++this.#loads,
      outstanding: 128,
      ...options,
    })
  }

  /** Calls it before the directory goes. */
  closing(close: () => unknown): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.kill()
    for (const close of this.#closers.reverse()) await close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Past the server, before it starts: 50,000 users take seconds, not minutes. */
async function enroll(url: string, users: readonly User[]): Promise<void> {
  const keys = deriveKeys(MASTER_KEY)
  const key = pinKey(keys.pin)
  const database = await openDatabase(url)
  const store = await database.store(keys, 'enrolment')
  try {
    for (let from = 0; from < users.length; from += ENROLL_AT_ONCE) {
      const changes = users.slice(from, from + ENROLL_AT_ONCE).map((user) => {
        const secret = Buffer.from(user.secretHex, 'hex')
        const token = {
          ...makeToken({ serial: user.serial, user: user.name, secret, digits: DIGITS, ...EASY }),
          pin: sealPin(key, PIN, secret),
        }
        return { key: userKey(user.name), before: null, after: token }
      })
      const losers = await store.commit(changes, [])
      if (losers.size > 0) throw new Error('these users are enrolled already')
    }
  } finally {
    await store.close()
  }
}
