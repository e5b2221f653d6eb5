/**
 * Servers and stores with one fault of ours in each, which the checker must find: a check that cannot fail proves
 * nothing. They stand in place of the real part; the real source is left alone.
 */
import type { Account, AccountKey, AuditEntry, Token } from '../../src/auth/account.ts'
import type { Action, Outcome, RecordChange, TokenChange } from '../../src/auth/action.ts'
import type { Committer } from '../../src/server/committer.ts'
import { RadiusServer } from '../../src/server/radius_server.ts'
import type { RadiusServerOptions } from '../../src/server/radius_server_options.ts'
import type { RadiusSettings } from '../../src/server/radius_settings.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import { POLICY } from '../auth/make_token.ts'
import { ModelStore } from './model_store.ts'
import type { Random } from './random.ts'
import type { SimulatedStore } from './simulated_store.ts'
import type { Truth } from './truth.ts'

/** What is not named is the real part. */
export interface Mutant {
  readonly truth?: (random: Random) => Truth
  readonly committer?: (parts: CommitterParts) => Transactor
  readonly radius?: (options: RadiusServerOptions) => Pick<RadiusServer, 'receive' | 'drain'>
  readonly settings?: Partial<RadiusSettings>
  /** What the store of each node says of itself. */
  readonly isAlone?: boolean
}

type Transactor = Pick<Committer, 'transact'>

export interface CommitterParts {
  /** The real one. */
  readonly committer: Committer
  readonly store: SimulatedStore
  readonly now: () => Instant
}

/** `breaks`: the rules, one of which it is found by. */
export const MUTANTS: readonly { readonly name: string; readonly mutant: Mutant; readonly breaks: RegExp }[] =
  [
    {
      name: 'a store that ignores versions',
      mutant: { truth: () => new VersionBlindStore() },
      breaks: /OTP is accepted once|counter only rises|below the counter/,
    },
    {
      name: 'a store that compares counters in place of versions',
      mutant: { truth: () => new CounterOnlyStore() },
      breaks: /OTP is accepted once|is what was done|below the counter/,
    },
    {
      name: 'a store that keeps half of a commit that has lost',
      mutant: { truth: () => new HalfStore() },
      breaks:
        /each commit has its changes|only rises|below the counter|right OTP is not rejected|as many Accepts/,
    },
    {
      name: 'a store that now and then forgets the audit entries of a commit',
      mutant: { truth: (random) => new ForgetfulStore(random) },
      breaks: /each commit has its audit entries/,
    },
    {
      name: 'a store that takes back its last commit when the node dies',
      mutant: { truth: () => new UnsyncedStore() },
      breaks: /OTP is accepted once|each commit has its|deleted token|only rises|below the counter/,
    },
    {
      name: 'a committer that answers before its commit',
      mutant: { committer: answersFirst },
      breaks: /no reply before its commit/,
    },
    {
      name: 'a committer that answers though the store has failed',
      mutant: { committer: answersAnyway },
      breaks: /no reply before its commit/,
    },
    {
      name: 'a committer that keeps its answer after a lost race',
      mutant: { committer: sticksToIt },
      breaks: /OTP is accepted once|spends its OTP|not accepted/,
    },
    {
      name: 'a committer that leaves a request lying when the store has failed',
      mutant: { committer: leavesIt },
      breaks: /a stopped node ends/,
    },
    {
      name: 'a store that thinks that nobody else writes',
      mutant: { isAlone: true },
      breaks: /the right OTP is not rejected|whoever has a token gets in/,
    },
    {
      name: 'a duplicate cache that forgets what it answered',
      mutant: { settings: { duplicateWindowMs: 0 } },
      breaks: /decided is not decided again/,
    },
    {
      name: 'a duplicate cache that forgets what is being decided',
      mutant: { radius: forgetsEverything },
      breaks: /decided is not decided again/,
    },
    {
      name: 'a duplicate cache that goes by the wall clock',
      mutant: { radius: (options) => new RadiusServer({ ...options, monotonicNow: options.now }) },
      breaks: /decided is not decided again|answered as the first/,
    },
    {
      name: 'a decision that takes disabled tokens',
      mutant: { committer: (parts) => decidesOn(parts, () => ({ active: true })) },
      breaks: /disabled token is not accepted/,
    },
    {
      name: 'a decision that tries locked tokens',
      mutant: { settings: { policy: { ...POLICY, unlockAfterMs: 1 } } },
      breaks: /locked token is not accepted/,
    },
    {
      name: 'a decision that knows no limit of failures',
      mutant: { committer: (parts) => decidesOn(parts, () => ({ maxFail: 0 })) },
      breaks: /no fail counter above maxFail|locked token is not accepted/,
    },
    {
      name: 'a decision that spends nothing',
      mutant: { committer: (parts) => thenPuts(parts, (before) => ({ counter: before.counter })) },
      breaks: /spends its OTP in the same commit/,
    },
    {
      name: 'a decision that goes by the clock in place of the counter (TOTP)',
      mutant: {
        committer: (parts) => decidesOn(parts, ({ kind }) => (kind === 'totp' ? { counter: 0 } : {})),
      },
      breaks: /OTP is accepted once|below the counter|only rises/,
    },
  ]

class VersionBlindStore extends ModelStore {
  protected override mayApply({ before }: TokenChange): boolean {
    return before === null || this.tokens.some(({ id }) => id === before.id)
  }
}

class CounterOnlyStore extends ModelStore {
  protected override mayApply({ before, after }: TokenChange): boolean {
    const current = this.tokens.find(({ id }) => id === before?.id)
    return before === null || (current !== undefined && (after?.counter ?? 0) >= current.counter)
  }
}

class HalfStore extends ModelStore {
  override async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ) {
    const losers = await super.commit(changes, audit, records)
    if (losers.size > 0) for (const change of changes) if (this.mayApply(change)) this.apply(change)
    return losers
  }
}

class ForgetfulStore extends ModelStore {
  readonly #random: Random

  constructor(random: Random) {
    super()
    this.#random = random
  }

  override async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ) {
    return await super.commit(changes, this.#random.chance(0.02) ? [] : audit, records)
  }
}

class UnsyncedStore extends ModelStore {
  #before: { tokens: readonly Token[]; audit: readonly AuditEntry[] } | null = null

  override async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ) {
    const { tokens, audit: entries } = this
    const losers = await super.commit(changes, audit, records)
    if (losers.size === 0) this.#before = { tokens, audit: entries }
    return losers
  }

  override async forgetMemory(): Promise<void> {
    // What the test put in first stays.
    if (this.#before === null || this.#before.tokens.length === 0) return
    this.tokens = this.#before.tokens
    this.audit = this.#before.audit
  }
}

function answersFirst({ committer, store, now }: CommitterParts): Transactor {
  return {
    transact: async (key, action) => {
      const account = (await store.load([key])).get(key) as Account
      committer.transact(key, action).catch(() => {})
      return action(account, now()).result
    },
  }
}

function answersAnyway({ committer }: CommitterParts): Transactor {
  return {
    transact: async <R>(key: AccountKey, action: Action<R>): Promise<R> => {
      let said: { result: R } | null = null
      const remembering: Action<R> = (account, now) => {
        const outcome = action(account, now)
        said = outcome
        return outcome
      }
      try {
        return await committer.transact(key, remembering)
      } catch (error) {
        if (said === null) throw error
        return (said as { result: R }).result
      }
    },
  }
}

function sticksToIt({ committer }: CommitterParts): Transactor {
  return {
    transact: async <R>(key: AccountKey, action: Action<R>): Promise<R> => {
      let first: Outcome<R> | null = null
      return await committer.transact<R>(key, (account, now) => {
        const outcome = action(account, now)
        first ??= outcome
        return { ...outcome, result: first.result, audit: first.audit }
      })
    },
  }
}

function leavesIt({ committer }: CommitterParts): Transactor {
  return {
    transact: async (key, action) => {
      try {
        return await committer.transact(key, action)
      } catch {
        return await new Promise<never>(() => {})
      }
    },
  }
}

/** The decision is made as if the tokens had these fields; where it leaves them alone, they stay as they are. */
function decidesOn({ committer }: CommitterParts, pretend: (token: Token) => Partial<Token>): Transactor {
  return {
    transact: (key, action) =>
      committer.transact(key, (account, now) => {
        const dressed = account.tokens.map((token) => ({ ...token, ...pretend(token) }))
        const outcome = action({ ...account, tokens: dressed }, now)
        const tokens = outcome.tokens.map((after, index) => {
          const [before, shown] = [account.tokens[index] as Token, dressed[index] as Token]
          if (after === shown) return before
          const untouched = Object.entries(before).filter(
            ([name]) => fieldOf(after, name) === fieldOf(shown, name),
          )
          return { ...after, ...Object.fromEntries(untouched) }
        })
        return { ...outcome, tokens }
      }),
  }
}

function fieldOf(token: Token, name: string): unknown {
  return token[name as keyof Token]
}

/** What an Accept makes of its token is changed afterwards. */
function thenPuts(
  { committer }: CommitterParts,
  fields: (before: Token, after: Token) => Partial<Token>,
): Transactor {
  return {
    transact: (key, action) =>
      committer.transact(key, (account, now) => {
        const outcome = action(account, now)
        const tokens = outcome.tokens.map((token, index) => {
          const before = account.tokens[index] as Token
          return token.successCount === before.successCount ? token : { ...token, ...fields(before, token) }
        })
        return { ...outcome, tokens }
      }),
  }
}

function forgetsEverything(options: RadiusServerOptions) {
  const servers: RadiusServer[] = []
  return {
    receive: (...datagram: Parameters<RadiusServer['receive']>) => {
      const server = new RadiusServer(options)
      servers.push(server)
      server.receive(...datagram)
    },
    drain: async () => {
      await Promise.all(servers.map((server) => server.drain()))
    },
  }
}
