/**
 * The rules of ARCHITECTURE.md ("Invariants"), asserted at each commit, each reply and each answer to an operator. It
 * sees what became durable and what left the nodes, and believes no node.
 */
import { type AuditEntry, keyOf, type Token, userKey } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import { foldCase } from '../../src/auth/fold_case.ts'
import { isLocked } from '../../src/auth/limits.ts'
import { pinMatches } from '../../src/auth/pin.ts'
import { Code } from '../../src/radius/attributes.ts'
import { checkResponse } from '../../src/radius/packet.ts'
import { PIN_KEY } from '../auth/make_token.ts'
import { SECRET } from '../server/nas.ts'
import { plainToken } from '../storage/stored.ts'
import type { Otp } from './devices.ts'
import type { Life } from './life.ts'
import type { LoginRequest } from './nas.ts'
import type { Plan } from './plan.ts'
import type { Scheduler } from './scheduler.ts'
import { touchOthers } from './touch_others.ts'
import type { Truth } from './truth.ts'

/** How often things happened: a simulation in which they never do would prove nothing. */
export class Seen {
  [what: string]: number
}

/** What one life of a node did about one request. */
interface Handling {
  readonly firstArrival: number
  lastArrival: number
  /** Another request with its identifier came in between: the client has given it up (RFC 2865 §3). */
  superseded: boolean
  readonly decisions: Decision[]
  reply: Buffer | null
}

interface Decision {
  readonly outcome: AuditEntry['outcome']
  /** What the node was told of its commit; null: nothing yet. */
  answer: CommitAnswer | null
}

/** 'failed': the store said so, and yet it is durable. */
export type CommitAnswer = 'acknowledged' | 'failed'

/** Who may use a token now, by what the audit trail says was done with it. */
interface Rights {
  isActive: boolean
  owner: string | null
}

export class Checker {
  readonly violations: string[] = []
  readonly seen: Seen
  readonly #plan: Plan
  readonly #scheduler: Scheduler
  readonly #requests = new Map<string, LoginRequest>()
  readonly #handlings = new Map<Life, Map<LoginRequest, Handling>>()
  readonly #latest = new Map<Life, Map<string, LoginRequest>>()
  readonly #tokens = new Map<string, Token>()
  /** When each became as it is. */
  readonly #changedAt = new Map<string, number>()
  readonly #rights = new Map<string, Rights>()
  readonly #audit: AuditEntry[] = []
  readonly #operations = new Set<string>()
  readonly #spent = new Map<string, string>()
  readonly #accepted = new Map<string, string>()

  constructor(plan: Plan, scheduler: Scheduler, seen: Seen) {
    this.#plan = plan
    this.#scheduler = scheduler
    this.seen = seen
  }

  enrolled(token: Token): void {
    this.#changedAt.set(token.serial, this.#scheduler.now - 1)
    this.#tokens.set(token.serial, token)
    this.#rights.set(token.serial, { isActive: token.active, owner: token.user })
  }

  holds(condition: boolean, rule: string, details = ''): void {
    if (condition) return
    const violation = details === '' ? rule : `${rule}: ${details}`
    this.#scheduler.note(`VIOLATION ${violation}`)
    this.violations.push(violation)
  }

  count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1
  }

  hasToken(serial: string): boolean {
    return this.#tokens.has(serial)
  }

  sent(request: LoginRequest): void {
    this.#requests.set(request.spelling, request)
  }

  delivered(life: Life, request: LoginRequest): void {
    const now = this.#scheduler.now
    const latest = this.#latest.get(life) ?? new Map<string, LoginRequest>()
    this.#latest.set(life, latest)
    const slot = `${request.nas} ${request.identifier}`
    const rival = latest.get(slot)
    latest.set(slot, request)
    const handling = this.#handling(life, request)
    handling.lastArrival = now
    if (rival !== undefined && rival !== request) {
      handling.superseded = true
      this.#handling(life, rival).superseded = true
    }
  }

  /** These changes and entries have become durable together. */
  committed(
    life: Life,
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    { touchesOthers }: Pick<Truth, 'touchesOthers'>,
  ): void {
    for (const entry of audit) {
      this.#audit.push(entry)
      if (entry.action === 'login') this.#decided(life, entry, changes, audit)
      else this.#operated(entry)
    }
    for (const change of changes) this.#changed(change)
    if (!touchesOthers) return
    for (const token of touchOthers([...this.#tokens.values()], changes))
      this.#tokens.set(token.serial, token)
  }

  #decided(
    life: Life,
    entry: AuditEntry,
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
  ): void {
    const request = this.#requests.get(entry.user ?? '')
    if (request === undefined) {
      this.holds(false, 'a decision is of a request that was sent', String(entry.user))
      return
    }
    const handling = this.#handling(life, request)
    const mayDecideAnew =
      handling.superseded ||
      handling.lastArrival - handling.firstArrival >= this.#plan.duplicateWindowMs ||
      handling.decisions.every(({ answer }) => answer === 'failed')
    this.holds(mayDecideAnew, 'a request that is decided is not decided again', request.name)
    handling.decisions.push({ outcome: entry.outcome, answer: null })
    this.count(`${entry.outcome} ${entry.reason}`)
    if (entry.outcome === 'accept') this.#acceptIsRight(life, request, entry, changes, audit)
    else this.#rejectIsRight(request, handling, entry, audit)
  }

  /** A token that nobody has changed since the request came in accepts its next codes (HOTP: whatever the time is). */
  #rejectIsRight(
    { name, typed }: LoginRequest,
    { firstArrival }: Handling,
    entry: AuditEntry,
    audit: readonly AuditEntry[],
  ): void {
    const token = this.#tokens.get(String(typed.code?.serial))
    if (typed.code === null || token?.kind !== 'hotp' || this.#changedAt.get(token.serial)! >= firstArrival)
      return
    // Decisions of one batch see each other.
    const key = userKey(entry.user!)
    if (audit.some((other) => other !== entry && other.user !== null && userKey(other.user) === key)) return
    const { counter, window } = token
    const { movingFactor } = typed.code
    const isRight =
      keyOf(token) === key &&
      token.active &&
      !isLocked(token) &&
      pinMatches(PIN_KEY, token.pin, typed.pin) &&
      movingFactor >= counter &&
      movingFactor < counter + window
    this.holds(!isRight, 'the right OTP is not rejected', `${name}: ${entry.reason}`)
  }

  #acceptIsRight(
    life: Life,
    { name, typed }: LoginRequest,
    entry: AuditEntry,
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
  ): void {
    const { code } = typed
    const serial = String(code?.serial)
    this.holds(entry.serials.join() === serial, 'an Accept rests on the token whose OTP it was', name)
    if (code === null || entry.serials.join() !== serial) return
    const otp = nameOf(code)
    this.holds(
      !this.#spent.has(otp),
      'an OTP is accepted once',
      `${otp}: ${this.#spent.get(otp)}, then ${name}`,
    )
    this.#spent.set(otp, `${name} at ${life.name}`)
    const before = this.#tokens.get(serial)
    const change = changes.find((candidate) => candidate.before?.serial === serial)
    const after = change?.after
    this.holds(
      change !== undefined && (after === null || after!.counter > code.movingFactor),
      'an Accept spends its OTP in the same commit',
      otp,
    )
    this.holds(before !== undefined, 'a deleted token is not accepted', otp)
    if (before === undefined) return
    this.holds(before.counter <= code.movingFactor, 'an OTP below the counter is not accepted', otp)
    const rights = this.#rights.get(serial)
    this.holds(rights?.isActive === true, 'a disabled token is not accepted', `${otp} ${name}`)
    const isOwner = typeof rights?.owner === 'string' && foldCase(rights.owner) === foldCase(entry.user!)
    this.holds(isOwner, "a token that is not the user's is not accepted", `${otp} ${name}`)
    const pins = [before.pin, after?.pin ?? before.pin]
    this.holds(
      pins.some((pin) => pinMatches(PIN_KEY, pin, typed.pin)),
      'a PIN that is not set is not accepted',
      `${otp} ${name}`,
    )
    const mayBeReset =
      this.#plan.policy.resetFailCounters === 'account' ||
      audit.some(({ action }) => action === 'token reset-fail-count' || action === 'token unassign')
    this.holds(mayBeReset || !isLocked(before), 'a locked token is not accepted', `${otp} ${name}`)
  }

  #operated({ action, actor, outcome, user, serials }: AuditEntry): void {
    this.#operations.add(actor)
    this.count(`${action} ${outcome}`)
    const rights = this.#rights.get(String(serials[0]))
    if (rights === undefined) return
    if (action === 'token disable') rights.isActive = false
    if (action === 'token enable') rights.isActive = true
    if (action === 'token assign') rights.owner = user
    if (action === 'token unassign') rights.owner = null
    if (action === 'token delete') this.#rights.delete(String(serials[0]))
  }

  #changed({ before, after }: TokenChange): void {
    const serial = String(before?.serial)
    const durable = this.#tokens.get(serial)
    this.holds(durable !== undefined, 'a deleted token stays deleted', serial)
    const rights = this.#rights.get(serial)
    if (after === null || durable === undefined) {
      this.holds(rights === undefined, 'a token is deleted by an operation alone', serial)
      this.#tokens.delete(serial)
      return
    }
    const counters = `${serial}: ${durable.counter} -> ${after.counter}`
    this.holds(after.counter >= durable.counter, 'a counter only rises', counters)
    const { failCount, maxFail } = after
    this.holds(
      failCount >= 0 && (maxFail === 0 || failCount <= maxFail),
      'no fail counter above maxFail',
      `${serial}: ${failCount} of ${maxFail}`,
    )
    this.holds(
      rights?.isActive === after.active && rights.owner === after.user,
      'what the audit trail says was done is what was done',
      `${serial}: ${after.active} ${after.user}`,
    )
    if (isLocked(after) && !isLocked(durable)) this.count('locked')
    this.#tokens.set(serial, after)
    this.#changedAt.set(serial, this.#scheduler.now)
  }

  /** The node has been told what became of its commit. */
  answered(life: Life, audit: readonly AuditEntry[], answer: CommitAnswer): void {
    for (const { action, user } of audit) {
      const request = action === 'login' ? this.#requests.get(user ?? '') : undefined
      if (request === undefined) continue
      for (const decision of this.#handling(life, request).decisions) decision.answer ??= answer
    }
  }

  /** A reply has left a node. */
  replied(life: Life, request: LoginRequest, octets: Uint8Array): void {
    const checked = checkResponse(octets, request.authenticator, request.identifier, SECRET)
    const isGood = checked.kind === 'response' && checked.signed
    this.holds(isGood, 'a reply is signed and belongs to its request', request.name)
    if (checked.kind !== 'response') return
    const outcome = checked.code === Code.AccessAccept ? 'accept' : 'reject'
    const handling = this.#handling(life, request)
    this.holds(
      handling.decisions.some((decision) => decision.outcome === outcome),
      'no reply before its commit',
      `${request.name} at ${life.name}: ${outcome}`,
    )
    const isSame = handling.reply === null || handling.reply.equals(octets)
    const mayDiffer =
      handling.superseded || handling.lastArrival - handling.firstArrival >= this.#plan.duplicateWindowMs
    this.holds(isSame || mayDiffer, 'a retransmission is answered as the first', request.name)
    if (isSame && handling.reply !== null) this.count('answer repeated')
    handling.reply ??= Buffer.from(octets)
    if (outcome === 'accept' && request.typed.code !== null) {
      const otp = nameOf(request.typed.code)
      const by = `${request.name} at ${life.name}`
      const first = this.#accepted.get(otp) ?? by
      this.holds(first === by, 'one Access-Accept for an OTP', `${otp}: ${first}, then ${by}`)
      this.#accepted.set(otp, by)
    }
  }

  /** A command was answered to its operator as done. */
  operationAnswered(actor: string): void {
    this.holds(this.#operations.has(actor), 'no answer to an operator before its commit', actor)
  }

  /** What is durable in the end is what was committed: nothing is lost, and nothing else is there. */
  finished({
    tokens,
    audit,
  }: {
    readonly tokens: readonly Token[]
    readonly audit: readonly AuditEntry[]
  }): void {
    this.#sameSets(audit.map(entryText), this.#audit.map(entryText), 'each commit has its audit entries')
    const plain = (token: Token) => JSON.stringify(Object.entries(plainToken(token)).toSorted())
    this.#sameSets(tokens.map(plain), [...this.#tokens.values()].map(plain), 'each commit has its changes')
    for (const { serial, successCount } of tokens) {
      const accepts = audit.filter((entry) => entry.outcome === 'accept' && entry.serials.includes(serial))
      this.holds(accepts.length === successCount, 'as many Accepts as successes', serial)
    }
  }

  #sameSets(actual: readonly string[], expected: readonly string[], rule: string): void {
    const [is, should] = [actual.toSorted(), expected.toSorted()]
    const at = should.findIndex((one, index) => one !== is[index])
    this.holds(at < 0 && is.length === should.length, rule, `${is[at]} instead of ${should[at]}`)
  }

  #handling(life: Life, request: LoginRequest): Handling {
    const handlings = this.#handlings.get(life) ?? new Map<LoginRequest, Handling>()
    this.#handlings.set(life, handlings)
    const { now } = this.#scheduler
    const handling = handlings.get(request) ?? {
      firstArrival: now,
      lastArrival: now,
      superseded: false,
      decisions: [],
      reply: null,
    }
    handlings.set(request, handling)
    return handling
  }
}

function nameOf({ serial, movingFactor }: Otp): string {
  return `${serial}/${movingFactor}`
}

function entryText(entry: AuditEntry): string {
  const { at, actor, source, user, serials, action, outcome, reason, detail } = entry
  return JSON.stringify([at, actor, source, user, serials, action, outcome, reason, detail])
}
