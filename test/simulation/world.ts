/**
 * One schedule, from its seed: nodes on one store, clients, people and an operator, while faults happen. Then the
 * faults stop, and whoever has a token must get in.
 */
import { Code } from '../../src/radius/attributes.ts'
import { inserts, put } from '../storage/stored.ts'
import { Checker, Seen } from './checker.ts'
import { type Device, makeDevices, POOL, type Typed } from './devices.ts'
import { ModelStore } from './model_store.ts'
import type { Mutant } from './mutants.ts'
import { Nas } from './nas.ts'
import { Network } from './network.ts'
import { Node } from './node.ts'
import { Operator } from './operator.ts'
import { drawPlan, NO_NETWORK_FAULTS, type Plan, withoutFaults } from './plan.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import type { Truth } from './truth.ts'

export interface WorldOptions {
  /** Default: the model. It is closed in the end. */
  readonly truth?: Truth
  readonly mutant?: Mutant
  /** Counts on in this one. */
  readonly seen?: Seen
}

export interface Report {
  readonly seed: number
  readonly violation: string | null
  readonly trace: readonly string[]
}

/** A user gets in with one of so many codes: the first may only tell the server where the token is (autosync). */
const LOGINS_UNTIL_ACCEPTED = 4
const MAX_JUMP_MS = 10 * 60_000

export async function runSchedule(seed: number, options: WorldOptions = {}): Promise<Report> {
  const world = new World(seed, options)
  try {
    await world.begin()
    await world.untilFaultsStop()
    await world.everybodyGetsIn()
    await world.end()
  } catch (error) {
    world.broke(error)
  } finally {
    await world.truth.close()
  }
  const { checker, scheduler } = world
  return { seed, violation: checker.violations[0] ?? null, trace: scheduler.trace }
}

class World {
  readonly truth: Truth
  readonly scheduler = new Scheduler()
  readonly checker: Checker
  readonly #random: Random
  readonly #plan: Plan
  readonly #nodes: Node[] = []
  readonly #devices: Device[]
  readonly #operator: Operator
  readonly #clients: Nas[]
  /** What people typed, for who looked over their shoulder. */
  readonly #typed: Typed[] = []
  #haveFaultsStopped = false

  constructor(seed: number, { truth, mutant = {}, seen = new Seen() }: WorldOptions) {
    const { scheduler } = this
    const random = new Random(seed)
    const plan = drawPlan(random)
    const checker = new Checker(plan, scheduler, seen)
    this.truth = truth ?? mutant.truth?.(random) ?? new ModelStore()
    this.#random = random
    this.#plan = plan
    this.checker = checker
    const store = {
      scheduler,
      random,
      checker,
      truth: this.truth,
      faults: () => (this.#haveFaultsStopped ? withoutFaults(plan.store) : plan.store),
      commitsInFlight: plan.commitsInFlight,
      ...(mutant.isAlone === undefined ? {} : { isAlone: mutant.isAlone }),
    }
    for (let node = 0; node < plan.nodes; node++) this.#nodes.push(new Node(node, plan, store, mutant))
    const network = new Network({
      scheduler,
      random,
      checker,
      nodes: this.#nodes,
      faults: () => (this.#haveFaultsStopped ? NO_NETWORK_FAULTS : plan.network),
    })
    let requests = 0
    const { nodes, identifiers } = plan
    const nextNumber = () => ++requests
    this.#clients = [1, 2, 3].map(
      (nas) => new Nas(nas, { scheduler, random, checker, network, nodes, identifiers, nextNumber }),
    )
    this.#devices = makeDevices(random)
    this.#operator = new Operator({ scheduler, random, checker, devices: this.#devices })
    scheduler.note(`seed ${seed}: ${JSON.stringify({ ...plan, policy: undefined })}`)
  }

  /** Whoever threw, the seed is to be told. */
  broke(error: unknown): void {
    this.checker.holds(false, 'nothing throws', error instanceof Error ? error.stack : String(error))
  }

  async begin(): Promise<void> {
    const store = this.truth.storeOf(0)
    await put(store, inserts(...POOL.map(({ token }) => token)))
    for (const { token } of POOL) {
      const key = await store.locate(token.serial)
      const found = key === null ? undefined : (await store.load([key])).get(key)?.tokens
      this.checker.enrolled(found!.find(({ serial }) => serial === token.serial)!)
    }
    for (const node of this.#nodes) node.start()
  }

  async untilFaultsStop(): Promise<void> {
    const { logins, operations, crashes, stops, outages, clockJumps, lengthMs } = this.#plan
    const random = this.#random
    const sometime = (times: number, run: (node: Node) => unknown) => {
      for (let i = 0; i < times; i++) {
        const start = () => this.#goOn(async () => await run(random.pick(this.#nodes)))
        this.scheduler.after(random.between(0, lengthMs - 1), start)
      }
    }
    sometime(logins, (node) => this.#login(this.#nodes.indexOf(node)))
    sometime(operations, (node) => this.#operator.meddle(node))
    sometime(outages, (node) => this.#outage(node))
    sometime(clockJumps, (node) => this.#jump(node))
    for (let i = 0; i < crashes + stops; i++) {
      const goesDown = () => {
        const node = random.pick(this.#nodes)
        if (i < crashes) node.crash()
        else this.#goOn(() => node.stop())
      }
      this.scheduler.after(random.between(0, lengthMs - 1), goesDown)
    }
    this.scheduler.after(lengthMs, () => this.#stopFaults())
    await this.#run()
    if (this.#isOver()) return
    for (const client of this.#clients) {
      this.checker.holds(client.waiting === 0, 'each request is answered or its client has given up')
    }
    for (const node of this.#nodes) {
      this.checker.holds(node.depth === 0, 'nothing is left in a committer', `${node.depth}`)
      this.checker.holds(node.life !== null, 'a stopped node ends')
    }
  }

  /** Begins what other events will bring to its end, if they do. */
  #goOn(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.broke(error))
  }

  #stopFaults(): void {
    this.scheduler.note('faults stop')
    this.#haveFaultsStopped = true
    for (const node of this.#nodes) {
      node.clockErrorMs = 0
      node.outageUntil = 0
      node.isAtRest = true
    }
  }

  #outage(node: Node): void {
    const random = this.#random
    const isForAll = random.chance(0.5)
    const until = this.scheduler.now + random.between(100, 8000)
    this.scheduler.note('the store is out of reach')
    for (const one of isForAll ? this.#nodes : [node]) one.outageUntil = until
  }

  #jump(node: Node): void {
    if (this.#haveFaultsStopped) return
    const error = this.#random.between(-MAX_JUMP_MS, MAX_JUMP_MS)
    this.scheduler.note(`the clock of node${this.#nodes.indexOf(node)} is ${error} ms ahead`)
    this.checker.count('clock jump')
    node.clockErrorMs = error
  }

  /** Somebody types something: mostly what is right, now and then what is not. */
  #login(node: number): void {
    const random = this.#random
    const typed = this.#type(random.pick(this.#devices))
    this.#typed.push(typed)
    this.#ask(random.pick(this.#clients), typed, node)
    // The same at another client and node at the same moment.
    const other = (node + 1) % this.#plan.nodes
    if (random.chance(0.25)) this.#ask(random.pick(this.#clients), typed, other)
  }

  #ask(client: Nas, typed: Typed, node: number): void {
    const random = this.#random
    const retryMs = random.pick([500, 1000, 3000])
    const ask = { node, retryMs, tries: random.between(1, 4), nodes: random.between(1, 2) }
    this.#goOn(() => client.ask(typed, ask))
  }

  #type(device: Device): Typed {
    const random = this.#random
    const kind = random.next()
    if (kind < 0.15 && this.#typed.length > 0) return random.pick(this.#typed)
    // Pressed without need.
    if (kind < 0.25) for (let i = random.between(1, 6); i > 0; i--) device.show(this.scheduler.now)
    const typed = device.show(this.scheduler.now)
    if (kind > 0.95) return { ...typed, pin: 'wrong' }
    if (kind > 0.9) return { ...typed, otp: '00000000', code: null }
    return typed
  }

  /** Whoever has a token that still exists: an operator puts it in order, and its owner logs in. */
  async everybodyGetsIn(): Promise<void> {
    if (this.#isOver()) return
    let done = false
    const getIn = async () => {
      for (const device of this.#devices) {
        if (this.checker.hasToken(device.serial)) await this.#getsIn(device)
      }
      done = true
    }
    this.scheduler.after(0, () => this.#goOn(getIn))
    await this.#run()
    if (!this.#isOver()) this.checker.holds(done, 'when the faults have stopped, each request is answered')
  }

  async #getsIn(device: Device): Promise<void> {
    const { serial, home } = device
    const [node] = this.#nodes as [Node, ...Node[]]
    for (const verb of ['enable', 'unassign']) await this.#mustRun(node, verb, { serial })
    await this.#mustRun(node, 'assign', { serial, user: home, pin: device.pin })
    for (let login = 0; login < LOGINS_UNTIL_ACCEPTED; login++) {
      // A code of the next time step.
      await new Promise<void>((resolve) => this.scheduler.after(31_000, resolve))
      const typed = device.show(this.scheduler.now)
      const ask = { node: login % this.#plan.nodes, retryMs: 3000, tries: 1, nodes: 1 }
      const code = await this.#clients[login % this.#clients.length]!.ask(typed, ask)
      this.checker.holds(code !== null, 'when the faults have stopped, each request is answered at once')
      if (code === Code.AccessAccept) return
      if (!this.#plan.policy.autoResync) await this.#resync(node, device)
    }
    this.checker.holds(false, 'when the faults have stopped, whoever has a token gets in', serial)
  }

  async #resync(node: Node, device: Device): Promise<void> {
    const [otp1, otp2] = device.showPair(this.scheduler.now)
    await this.#operator.run(node, 'resync', { serial: device.serial, otp1, otp2 })
  }

  async #mustRun(node: Node, verb: string, body: object): Promise<void> {
    const done = await this.#operator.run(node, verb, body)
    this.checker.holds(done, 'when the faults have stopped, an operation is done', verb)
  }

  async end(): Promise<void> {
    if (this.#isOver()) return
    for (const node of this.#nodes) {
      node.isRetired = true
      this.scheduler.after(0, () => this.#goOn(() => node.stop()))
    }
    const before = this.scheduler.now
    await this.#run()
    if (this.#isOver()) return
    for (const node of this.#nodes) {
      this.checker.holds(node.life === null, 'a stopped node ends')
      this.checker.holds(node.internalErrors === 0, 'no datagram meets a fault of ours')
    }
    this.checker.holds(this.scheduler.now - before < 5000, 'a stopped node ends soon')
    this.checker.finished(await this.truth.everything())
  }

  async #run(): Promise<void> {
    await this.scheduler.run(() => {
      for (const { depth } of this.#nodes) {
        const { maxQueue, maxBatch, commitsInFlight } = this.#plan
        // What has lost a race waits again, while the rest of its batch is still on its way.
        const bound = maxQueue + 2 * maxBatch * commitsInFlight
        if (depth > bound) this.checker.holds(false, 'a queue keeps its bound', `${depth} of ${bound}`)
      }
      return this.#isOver()
    })
  }

  #isOver(): boolean {
    return this.checker.violations.length > 0
  }
}
