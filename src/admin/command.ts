/**
 * What a command is: a row of the table that the admin socket, the CLI and the console share. Knows nothing of any of
 * them, nor of a database: what a command may touch comes in as its Context.
 */
import type { z } from 'zod'
import type { AccountKey, AccountRecord } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import type { Policy } from '../auth/authenticate.ts'
import type { Role } from '../auth/role.ts'
import type { RecordProblem, Verdict } from '../auth/verdict.ts'
import type { Session } from '../storage/session.ts'
import type { Store } from '../storage/store.ts'
import type { Credential } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'

export interface Command<I extends z.ZodObject = z.ZodObject, R = unknown> {
  readonly noun: string
  readonly verb: string
  /** One line for `--help` and the OpenAPI document. */
  readonly summary: string
  /** The least role that may run it. */
  readonly role: Role
  /** Strict: an unknown field is an error. Field descriptions are the help of the CLI's options. */
  readonly input: I
  readonly output: z.ZodType<R>
  /** Fields that the CLI also takes without their name, in this order: `token show SERIAL`. */
  readonly positional?: readonly (keyof z.infer<I> & string)[]
  /** A field that people type without echo, never on the command line. */
  readonly prompt?: Prompt<keyof z.infer<I> & string>
  /** Cannot be taken back: the CLI asks this on a terminal first. */
  readonly confirm?: string
  /** Arguments of a typical call, for `--help`: `HOTP1234ABCD --max-fail 5`. */
  readonly example?: string
  readonly run: (input: z.infer<I>, context: Context) => Promise<R>
}

export interface Prompt<F extends string = string> {
  readonly field: F
  /** What is asked for: `PIN for the token`. */
  readonly label: string
  /** Typed twice. */
  readonly confirm: boolean
  /** An empty answer means: leave the field out (enroll), or null (set-pin). */
  readonly empty: 'omit' | 'null' | 'refuse'
}

/** What a command works with. Only `transact` changes accounts. */
export interface Context {
  /** `admin:NAME`, for the audit trail. */
  readonly actor: string
  /** `socket`, or the console's peer address. */
  readonly source: string
  /** `self`: a user, who works on what is his alone. */
  readonly role: Role | 'self'
  /** Whose account the caller has proved to have; null on the socket. */
  readonly account: AccountKey | null
  readonly store: Reader
  readonly policy: Policy
  readonly tokenDefaults: TokenDefaults
  readonly replies: ReplyRulebook
  /** Runs one action durably; rejects with CommandError('unavailable') when the database or the queue refuses. */
  readonly transact: <R>(key: AccountKey, action: Action<R>) => Promise<R>
  /** The very path of a RADIUS login, counted like one. */
  readonly checkLogin: (user: string, credential: Credential, client: string | null) => Promise<Verdict>
  /** Whether one more OTP of this account may be tried outside of a login; counts it. */
  readonly mayTryOtp: (key: AccountKey) => boolean
  /** Asks the NAS of this session to end it; takes seconds if it does not answer. */
  readonly disconnect: (session: Session) => Promise<Disconnected>
  /** Slow by intent; rejects with CommandError('unavailable') when too many are asked for at once. */
  readonly hashPassword: (password: string) => Promise<string>
  readonly consoleSessions: ConsoleSessionBook
  /** Where a user goes with a registration code; null: the configuration does not say where the console is reached. */
  readonly registrationLink: (user: string, code: string) => string | null
  readonly verifyAudit: () => Promise<AuditVerification>
  readonly now: () => Instant
  readonly entropy: (octets: number) => Uint8Array
  readonly status: () => Promise<ServerStatus>
  /** The last minutes, of all processes of this node together. */
  readonly activity: (minutes: number) => Promise<Activity>
  readonly checkClient: (address: string) => Promise<ClientCheck>
  /** Re-reads the configuration; rejects with CommandError('invalid') and changes nothing if it is bad. */
  readonly reload: () => Promise<{ readonly clients: number; readonly warnings: readonly string[] }>
}

/** Who is logged in to the console. */
export interface ConsoleSessionBook {
  /** Of one user, or all. */
  list(user: AccountKey | null): Promise<readonly ConsoleSession[]>
  /** By its `id`, or all of a user; answers how many there were. */
  revoke(which: { readonly id: string } | { readonly user: AccountKey }): Promise<number>
}

export interface ConsoleSession {
  readonly id: string
  readonly user: string
  /** Null: a user's own, who is no administrator there. */
  readonly role: Role | null
  readonly source: string
  readonly createdAt: Instant
  readonly lastSeenAt: Instant
  readonly expiresAt: Instant
}

export type Disconnected =
  | { readonly kind: 'acknowledged' }
  /** `why`: Error-Cause in words (RFC 5176 §3.5); null if there is none. */
  | { readonly kind: 'refused'; readonly why: string | null }
  | { readonly kind: 'no-answer'; readonly why: string }
  /** The configuration does not say where, or the client is gone from it. */
  | { readonly kind: 'not-allowed' }

export type Reader = Pick<
  Store,
  | 'locate'
  | 'load'
  | 'listTokens'
  | 'countTokens'
  | 'listUsers'
  | 'listAdministrators'
  | 'listAudit'
  | 'auditEntry'
  | 'notesSince'
  | 'listSessions'
  | 'findSession'
>

/** What the configuration lets an operator say of the replies to a user. */
export interface ReplyRulebook {
  /** Names of `[[radius.groups]]`. */
  readonly groups: readonly string[]
  /** Why these lines cannot be set for a user in these groups, in words; null = they can. */
  problemWith(groups: readonly string[], reply: readonly string[]): string | null
  /**
   * Names of the attributes that an Access-Accept would carry now, for a user of this record at this client; a problem of
   * the record, for which he would be rejected; null = there is no such client.
   */
  namesFor(client: string, record: AccountRecord | undefined): readonly string[] | RecordProblem | null
}

/** `[tokens]` of the configuration. */
export interface TokenDefaults {
  readonly digits: 6 | 8
  readonly maxFail: number
  /** Per token type: hotp, totp. */
  readonly windows: Readonly<Record<string, { readonly window: number; readonly syncWindow: number }>>
}

export interface AuditVerification {
  readonly entries: number
  readonly firstBad: { readonly id: number | null; readonly chain: number; readonly problem: string } | null
}

export interface ServerStatus {
  readonly version: string
  readonly node: string
  /** The Node.js that runs it. */
  readonly runtime: string
  readonly startedAt: Instant
  readonly uptimeSeconds: number
  readonly database: { readonly url: string; readonly reachable: boolean }
  /** The processes that serve; the first is the one that was started. */
  readonly workers: readonly WorkerStatus[]
  readonly listeners: readonly ListenerStatus[]
  /** RADIUS over TLS; without it where that is off. */
  readonly radsec?: RadsecStatus
  readonly admin: { readonly socket: string }
  /** The certificate by which EAP is on; null: it is off. */
  readonly eap: {
    readonly serverName: string
    readonly validUntil: Instant
    readonly warning: string | null
  } | null
  /** Where browsers find it; without it where it is off. */
  readonly console?: { readonly url: string; readonly certificateExpiresAt: Instant | null }
  readonly counters: Readonly<Record<string, number>>
  readonly clients: readonly ClientStatus[]
  readonly faults: readonly FaultStatus[]
  /** Of no client; the last ones. */
  readonly unknownAddresses: readonly UnknownAddress[]
}

export interface Activity {
  readonly from: Instant
  readonly minutes: readonly ActivityMinute[]
  /** Of Rejects, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number; readonly words: string }[]
}

/** Requests by how they were answered, in the minute that begins then. */
export interface ActivityMinute {
  readonly at: Instant
  readonly accept: number
  readonly reject: number
  readonly challenge: number
  readonly dropped: number
}

/** Since the start. */
export interface ClientStatus {
  readonly name: string
  readonly requests: number
  readonly accepts: number
  readonly rejects: number
  readonly challenges: number
  /** Requests that were sent again. */
  readonly duplicates: number
  /** Logins without Message-Authenticator that were taken. */
  readonly unsigned: number
  /** Dropped, or rejected without a decision: the sum of its faults. */
  readonly faults: number
  readonly lastAt: Instant | null
}

/** Requests that were dropped, or rejected without a decision. */
export interface FaultStatus {
  readonly client: string
  readonly reason: string
  readonly count: number
  readonly lastAt: Instant
  readonly address: string | null
  readonly cause: string
  readonly remedy: string
}

export interface UnknownAddress {
  readonly address: string
  readonly count: number
  readonly lastAt: Instant
}

export interface ClientCheck {
  /** Null for what is no address. */
  readonly address: string | null
  /** The client whose network matched with the longest prefix. */
  readonly client: { readonly name: string; readonly network: string } | null
  /** Other networks that the address lies in, longest first. */
  readonly shorter: readonly { readonly name: string; readonly network: string }[]
  readonly settings: readonly { readonly name: string; readonly value: string; readonly meaning: string }[]
  /** Of this address, newest first. */
  readonly faults: readonly Omit<FaultStatus, 'client' | 'address'>[]
  /** For the configuration file, where no client matched. */
  readonly lines: readonly string[]
}

export interface WorkerStatus {
  readonly pid: number
  /** Answered by it. */
  readonly logins: number
}

export interface RadsecStatus {
  readonly listeners: readonly string[]
  /** The first of the server's certificates that runs out; null without one. */
  readonly certificateExpiresAt: Instant | null
}

export interface ListenerStatus {
  readonly address: string
  /** Octets of receive buffer that the system gave. */
  readonly receiveBuffer: number
  /** Datagrams that the kernel dropped because the buffer was full; null where the system does not tell. */
  readonly kernelDrops: number | null
}

/** Gives `run` the type of its own schema; the table forgets it again. */
export function command<I extends z.ZodObject, R>(definition: Command<I, R>): Command {
  return definition as unknown as Command
}
