/** A Sallyport server as `serve` wires it, in a simulated world: it starts, crashes and stops, and its clock may jump. */
import type { Context } from '../../src/admin/command.ts'
import { adminContext } from '../../src/server/admin_context.ts'
import { buildClientTable } from '../../src/server/clients.ts'
import { Committer } from '../../src/server/committer.ts'
import { Latches } from '../../src/server/latches.ts'
import type { Logger } from '../../src/server/log.ts'
import type { Fields } from '../../src/server/log_line.ts'
import { RadiusServer } from '../../src/server/radius_server.ts'
import type { RadiusServerOptions } from '../../src/server/radius_server_options.ts'
import { Replies } from '../../src/server/replies.ts'
import type { Settings } from '../../src/server/settings.ts'
import { TokenBuckets } from '../../src/server/token_buckets.ts'
import type { Store } from '../../src/storage/store.ts'
import { configured } from '../server/nas.ts'
import { KEYS } from '../support/databases.ts'
import { Life } from './life.ts'
import type { Mutant } from './mutants.ts'
import type { LoginRequest } from './nas.ts'
import type { Plan } from './plan.ts'
import { SimulatedStore, type Surroundings } from './simulated_store.ts'

const NO_CONSOLE: Settings['console'] = {
  ...{ listen: null, isDefault: false, tls: false, certificateFile: null, keyFile: null, url: null },
  ...{ idleMs: 1, sessionMs: 1 },
  selfService: { enroll: false, setPin: false, resync: false, lost: false, password: false },
}

const CLIENTS = buildClientTable([1, 2, 3].map((nas) => configured(`nas${nas}`, `10.0.0.${nas}`, true)))

/** Longer than any answer takes; `serve` then goes without it. */
const STOP_WITHIN_MS = 20_000

export class Node {
  /** Null while it is down. */
  life: Life | null = null
  /** How far its clock is ahead of the true time. */
  clockErrorMs = 0
  outageUntil = 0
  /** Nothing shall happen by itself any more, so that the schedule ends. */
  isAtRest = false
  /** It shall not start again. */
  isRetired = false
  #lives = 0
  #committer: Committer | null = null
  #radius: Pick<RadiusServer, 'receive' | 'drain'> | null = null
  readonly #drops: RadiusServer['drops'][] = []
  #context: Context | null = null
  readonly #index: number
  readonly #plan: Plan
  readonly #world: Omit<Surroundings, 'outageUntil'>
  readonly #mutant: Mutant

  constructor(index: number, plan: Plan, world: Omit<Surroundings, 'outageUntil'>, mutant: Mutant) {
    this.#index = index
    this.#plan = plan
    this.#world = world
    this.#mutant = mutant
  }

  start(): void {
    const { scheduler, random } = this.#world
    const { maxBatch, maxQueue } = this.#plan
    const life = new Life(this.#index, ++this.#lives)
    this.life = life
    scheduler.note(`${life.name} starts`)
    const store = new SimulatedStore({ ...this.#world, outageUntil: () => this.outageUntil }, life)
    const nextTurn = (callback: () => void) => void scheduler.after(random.between(0, 1), callback, life)
    const now = () => this.now
    const committer = new Committer({
      store,
      now,
      monotonicNow: () => scheduler.now,
      maxBatch,
      maxQueue,
      nextTurn,
      setTimer: (callback, delayMs) => scheduler.after(delayMs, callback, life),
    })
    const settings = this.#settings()
    const options: RadiusServerOptions = {
      settings,
      committer: this.#mutant.committer
        ? running(this.#mutant.committer({ committer, store, now }))
        : committer,
      store,
      states: KEYS.state,
      latches: new Latches({ latchedClients: async () => [], latchClient: async () => {} }),
      log: this.#log(life),
      now,
      monotonicNow: () => scheduler.now,
      random: () => random.next(),
      // A schedule has a few hundred; room for a real server's would be most of what it costs.
      maxRequests: 1024,
      setTimer: (callback, delayMs) => scheduler.after(delayMs, callback, life),
    }
    this.#committer = committer
    this.#radius = this.#mutant.radius?.(options) ?? new RadiusServer(options)
    if (this.#radius instanceof RadiusServer) this.#drops.push(this.#radius.drops)
    this.#context = this.#contextOn(committer, store, settings)
  }

  get now(): number {
    return this.#world.scheduler.now + this.clockErrorMs
  }

  /** Requests in the committer. */
  get depth(): number {
    return this.life === null ? 0 : (this.#committer?.depth ?? 0)
  }

  /** Datagrams that were not answered because something of ours is broken. */
  get internalErrors(): number {
    return this.#drops.reduce((sum, { counts }) => sum + (counts.get('internal-error') ?? 0), 0)
  }

  receive(octets: Buffer, request: LoginRequest, isIntact: boolean, send: (reply: Uint8Array) => void): void {
    const { life } = this
    const { checker, scheduler } = this.#world
    if (life === null) return
    if (isIntact) checker.delivered(life, request)
    const reply = (octets: Uint8Array) => {
      if (life.isOver) throw new Error('the dead send nothing')
      scheduler.note(`${life.name} replies to ${request.name}`)
      checker.replied(life, request, octets)
      send(octets)
    }
    this.#radius?.receive(octets, { address: `10.0.0.${request.nas}`, port: 4000 + request.nas, send: reply })
  }

  crash(): void {
    if (this.life === null) return
    const { checker, scheduler } = this.#world
    checker.count('crash')
    scheduler.note(`${this.life.name} crashes`)
    this.#end(this.life)
  }

  /** Answers what it has received, then ends. */
  async stop(): Promise<void> {
    const { life } = this
    const { checker, scheduler } = this.#world
    if (life === null) return
    scheduler.note(`${life.name} stops`)
    const cancel = scheduler.after(STOP_WITHIN_MS, () => this.#end(life), life)
    await this.#radius?.drain()
    await this.#committer?.close()
    cancel()
    checker.count('stop')
    this.#end(life)
  }

  #end(life: Life): void {
    life.isOver = true
    this.life = null
    const { scheduler, random, truth } = this.#world
    scheduler.note(`${life.name} is over`)
    // An event of its own: what takes real time is waited for there.
    scheduler.after(0, () => truth.forgetMemory(life.node))
    if (!this.isRetired) scheduler.after(random.between(50, 5000), () => this.start())
  }

  /** For the operator `actor`; null while the node is down. */
  contextFor(actor: string): Context | null {
    return this.life === null || this.#context === null ? null : { ...this.#context, actor }
  }

  #contextOn(committer: Committer, store: SimulatedStore, settings: Settings): Context {
    const nothing = async (): Promise<never> => {
      throw new Error('no operator of this world asks that')
    }
    const context = adminContext(
      {
        // What the commands of this world ask of a store, it has.
        store: store as unknown as Store,
        committer,
        keys: KEYS,
        otpTries: new TokenBuckets(),
        settings: () => settings,
        status: nothing,
        activity: nothing,
        checkClient: nothing,
        reload: nothing,
      },
      { actor: 'admin:nobody', source: 'socket', role: 'admin' },
    )
    const entropy = (octets: number) => this.#world.random.octets(octets)
    return { ...context, now: () => this.now, entropy }
  }

  #settings(): Settings {
    const { rejectDelayMs, duplicateWindowMs, policy } = this.#plan
    return {
      clients: CLIENTS,
      replies: Replies.none(),
      policy,
      rejectDelayMs,
      duplicateWindowMs,
      keepSessionsMs: 0,
      tokenDefaults: { digits: 6, maxFail: 10, windows: {} },
      eap: { resumeForMs: 0 },
      limits: { account: null, source: null },
      radsec: null,
      console: NO_CONSOLE,
      warnings: [],
      ...this.#mutant.settings,
    }
  }

  #log(life: Life): Logger {
    const { scheduler, checker } = this.#world
    const say = (message: string, fields: Fields = {}) => {
      scheduler.note(`${life.name} log: ${message} ${fields.reason ?? ''}`)
      if (fields.reason === 'overloaded') checker.count('overloaded')
    }
    return {
      error: say,
      warn: say,
      info: say,
      debug: say,
      isEnabled: () => true,
      setLevel: () => {},
      flush: async () => {},
      linesDropped: () => 0,
    }
  }
}

/** A mutant's promises, as the server waits for what it has asked. */
function running({ transact }: Pick<Committer, 'transact'>): Pick<Committer, 'run'> {
  return { run: (key, action, { done, failed }) => void transact(key, action).then(done, failed) }
}
