/**
 * What stands in for a socket under a TLS connection whose records travel inside of something else: what the other side sent
 * is pushed, what it shall get is taken. Knows nothing of what carries them.
 */
import { Duplex } from 'node:stream'

/** Node hands on what TLS has written one turn of the event loop after the other; one more than it ever takes. */
const QUIET_TURNS = 3

export class TlsWire extends Duplex {
  #written: Buffer[] = []
  /** Rises with everything that happens. */
  #events = 0

  constructor() {
    super()
    this.on('error', () => {})
  }

  override _read(): void {}

  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.#written.push(octets)
    this.happened()
    done()
  }

  takeWritten(): Buffer {
    return Buffer.concat(this.#written.splice(0))
  }

  /** For whoever listens to the TLS connection: it is not settled yet. */
  happened(): void {
    this.#events++
  }

  /** Resolves when TLS has done all that follows from what was pushed or written. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      let [quiet, seen] = [0, this.#events]
      const look = () => {
        quiet = this.#events === seen ? quiet + 1 : 0
        seen = this.#events
        if (quiet < QUIET_TURNS) setImmediate(look)
        else resolve()
      }
      setImmediate(look)
    })
  }
}
