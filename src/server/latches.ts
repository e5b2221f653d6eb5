/** Which `"auto"` clients have sent a Message-Authenticator, and must from then on (spec/radius.md); survives a restart. */
import type { Store } from '../storage/store.ts'

export class Latches {
  readonly #store: Pick<Store, 'latchedClients' | 'latchClient'>
  #addresses = new Set<string>()

  constructor(store: Pick<Store, 'latchedClients' | 'latchClient'>) {
    this.#store = store
  }

  /** Reads what this or another node has stored. Throws StoreUnavailable. */
  async refresh(): Promise<void> {
    for (const address of await this.#store.latchedClients()) this.#addresses.add(address)
  }

  has(address: string): boolean {
    return this.#addresses.has(address)
  }

  /** In force at once; durable when it resolves. If that fails, the client's next packet tries again. */
  async add(address: string, now: number): Promise<void> {
    this.#addresses.add(address)
    try {
      await this.#store.latchClient(address, now)
    } catch (error) {
      this.#addresses.delete(address)
      throw error
    }
  }
}
