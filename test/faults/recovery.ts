/** How soon logins are accepted again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from './load.ts'

const PATIENCE_MS = 15_000

/** Milliseconds from now until the next Accept of a load that goes on; infinity if none comes. */
export async function recovery(load: Load): Promise<number> {
  const startedAt = performance.now()
  const before = load.accepts
  while (load.accepts === before) {
    if (performance.now() - startedAt > PATIENCE_MS) return Number.POSITIVE_INFINITY
    await sleep(2)
  }
  return performance.now() - startedAt
}
