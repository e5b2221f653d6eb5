/** A dialogue at a client with challenge-response, played on one account: each answer goes with the ticket of a challenge. */
import type { Account, Token } from '../../src/auth/account.ts'
import type { Outcome } from '../../src/auth/action.ts'
import type { Policy } from '../../src/auth/authenticate.ts'
import { converse } from '../../src/auth/dialogue.ts'
import { decodeTicket, encodeTicket, type Ticket } from '../../src/auth/ticket.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { type Credential, plain } from '../../src/tokens/credential.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import { makeAccount, makeLogin, NOW, POLICY } from './make_token.ts'

export class Dialogue {
  account: Account
  now: Instant = NOW
  readonly #policy: Policy

  constructor(tokens: readonly Token[], policy: Partial<Policy> = {}) {
    this.account = makeAccount(tokens)
    this.#policy = { ...POLICY, ...policy }
  }

  /** A request without State; a password is one of PAP. */
  say(password: string | Credential): string {
    return this.#run(password, null)
  }

  /** A request with the State of `ticket`; null: one that is not ours. */
  answer(ticket: Ticket | null, password: string | Credential): string {
    return this.#run(password, { ticket, entropy: new Uint8Array(16).fill(9) })
  }

  /** The ticket of the challenge that `password` is answered by, as it comes back from the client. */
  ticketAfter(password: string | Credential, answering?: Ticket): Ticket {
    this.#run(password, answering === undefined ? null : { ticket: answering, entropy: new Uint8Array(16) })
    const { result } = this.outcome
    if (result.kind !== 'challenge') throw new Error(`answered by ${result.kind} ${result.reason}`)
    return decodeTicket(encodeTicket(result.ticket)) as Ticket
  }

  outcome!: Outcome<Verdict>

  token(serial = 'A'): Token {
    return this.account.tokens.find((token) => token.serial === serial)!
  }

  change(serial: string, fields: Partial<Token>): void {
    const { key, tokens } = this.account
    this.account = { key, tokens: tokens.map((one) => (one.serial === serial ? { ...one, ...fields } : one)) }
  }

  #run(typed: string | Credential, reply: Parameters<typeof converse>[2]): string {
    const credential = typeof typed === 'string' ? plain(typed) : typed
    const login = { ...makeLogin(''), credential }
    this.outcome = converse(login, this.#policy, reply)(this.account, this.now)
    const { result, tokens } = this.outcome
    this.account = { key: this.account.key, tokens }
    return [result.kind, result.reason, ...result.serials].join(' ')
  }
}
