/** Says in time that a certificate will run out: nothing works any more from one second to the next, and nobody has touched it. */
import type { Logger } from './log.ts'

export interface CertificateWatchOptions {
  /** Milliseconds since 1970; null without a certificate. As it is in force. */
  readonly expiresAt: () => number | null
  readonly now: () => number
  /** The key of the configuration that names it; default: radsec.certificate_file. */
  readonly setting?: string
  readonly log: Logger
}

const DAY_MS = 86_400_000
const WARN_DAYS = 30

/** Null as long as there is time. */
export function expiryWarning(
  expiresAt: number | null,
  now: number,
  setting = 'radsec.certificate_file',
): string | null {
  if (expiresAt === null || expiresAt - now > WARN_DAYS * DAY_MS) return null
  const day = new Date(expiresAt).toISOString().slice(0, 10)
  const days = Math.floor((expiresAt - now) / DAY_MS)
  const when =
    expiresAt < now ? `has expired on ${day}` : `expires on ${day}, in ${days} day${days === 1 ? '' : 's'}`
  return `${setting} ${when}; renew it, then: sallyport server reload`
}

export class CertificateWatch {
  readonly #options: CertificateWatchOptions
  #lastAt: number

  /** Start and reload say it themselves. */
  constructor(options: CertificateWatchOptions) {
    this.#options = options
    this.#lastAt = options.now()
  }

  /** To be asked often; logs once a day. */
  check(): void {
    const { expiresAt, now, setting, log } = this.#options
    if (now() - this.#lastAt < DAY_MS) return
    this.#lastAt = now()
    const warning = expiryWarning(expiresAt(), now(), setting)
    if (warning !== null) log.warn(warning)
  }
}
