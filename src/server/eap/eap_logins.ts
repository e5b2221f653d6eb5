/**
 * Logins that come by EAP, on the same road as all others: a bucket of the account, the committer, the log. What is said
 * between the requests is eap_server.ts's; how a packet comes in and goes out is radius_server.ts's.
 */
import { type AccountKey, userKey } from '../../auth/account.ts'
import type { Action } from '../../auth/action.ts'
import { authenticate } from '../../auth/authenticate.ts'
import { authenticateByOtp } from '../../auth/otp_only.ts'
import { readmit } from '../../auth/readmit.ts'
import type { Verdict } from '../../auth/verdict.ts'
import type { Packet } from '../../radius/packet.ts'
import type { Client } from '../clients.ts'
import type { Committer } from '../committer.ts'
import type { DropLog } from '../drop_log.ts'
import type { Logger } from '../log.ts'
import { Pace } from '../pace.ts'
import type { RadiusSettings } from '../radius_settings.ts'
import type { TokenBuckets } from '../token_buckets.ts'
import type { Judge, Judged } from './eap_conversation.ts'
import type { EapReply, EapServer } from './eap_server.ts'

export interface EapLoginsOptions {
  readonly server: EapServer
  readonly committer: Pick<Committer, 'run'>
  readonly log: Logger
}

export interface EapWork {
  readonly client: Client
  readonly packet: Packet
  readonly source: { readonly address: string }
  readonly receivedAt: number
}

/** What all ways to log in share. */
export interface Shared {
  readonly settings: RadiusSettings
  readonly logins: TokenBuckets
  readonly drops: DropLog
  readonly counts: { limitedLogins: number }
}

/** A login by EAP takes several requests already; at some hundred a second each would have a commit of its own. */
const PACE_MS = 10
const REFUSED: Judged = { accepted: false, serials: [] }

export class EapLogins {
  readonly #options: EapLoginsOptions
  readonly #pace = new Pace(PACE_MS)

  constructor(options: EapLoginsOptions) {
    this.#options = options
  }

  serves(client: Client): boolean {
    return this.#options.server.serves(client)
  }

  /** Throws what the committer throws: there is no answer then. */
  async answer(work: EapWork, shared: Shared): Promise<EapReply> {
    const { server, log } = this.#options
    const reply = await server.receive(work.packet, work.client, this.#judge(work, shared))
    if (reply.ended !== null && reply.ended !== 'accepted' && reply.ended !== 'rejected') {
      log.info('login rejected', { reason: reply.ended, ...circumstances(work) })
      shared.drops.rejected(reply.ended)
    }
    return reply
  }

  #judge(work: EapWork, shared: Shared): Judge {
    const { client, source } = work
    const { policy } = shared.settings
    const from = { actor: client.actor, source: source.address }
    return {
      decide: async (user, credential, method) => {
        const key = userKey(user)
        const { account: limit } = shared.settings.limits
        if (limit !== null && !shared.logins.take(key, work.receivedAt, limit)) {
          shared.counts.limitedLogins++
          shared.drops.limited(key, user, client, source.address, work.receivedAt)
          return REFUSED
        }
        return await this.#run(
          key,
          (client.otpOnly ? authenticateByOtp : authenticate)({ user, credential, method, ...from }, policy),
          { user, method },
          work,
          shared,
        )
      },
      readmit: async ({ user, serials }, method) =>
        await this.#run(
          userKey(user),
          readmit({ user, serials, method, ...from }, policy),
          { user, method },
          work,
          shared,
        ),
    }
  }

  async #run(
    key: AccountKey,
    action: Action<Verdict>,
    { user, method }: { readonly user: string; readonly method: string },
    work: EapWork,
    { drops }: Pick<Shared, 'drops'>,
  ): Promise<Judged> {
    const { committer, log } = this.#options
    const verdict = await new Promise<Verdict>((done, failed) =>
      this.#pace.together(() => committer.run(key, action, { done, failed })),
    )
    const { serials } = verdict
    const accepted = verdict.kind === 'accept'
    log.info(accepted ? 'login accepted' : 'login rejected', {
      reason: verdict.kind === 'challenge' ? 'otp-asked' : verdict.reason,
      user,
      serial: serials.length === 0 ? undefined : serials.join(' '),
      method,
      ...circumstances(work),
    })
    if (verdict.kind === 'reject') drops.rejected(verdict.reason)
    if (verdict.kind !== 'accept') return { accepted, serials }
    return {
      accepted,
      serials,
      ...(verdict.key && { key: verdict.key }),
      ...(verdict.record && { record: verdict.record }),
    }
  }
}

function circumstances({ client, source }: EapWork) {
  return { client: client.name, source: source.address }
}
