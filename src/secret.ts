/** A value that must not be printed: every way of turning it into text says `[redacted]`. Knows nothing of encryption. */
import { inspect } from 'node:util'

export class Secret {
  readonly #bytes: Uint8Array

  constructor(value: Uint8Array | string) {
    this.#bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  }

  /** The octets themselves. Call it where they are used, and keep the result no longer than that. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
