/** Runs something for many, a few at a time, to the end: one that fails holds up no other. */

export interface Ran<T, R> {
  readonly item: T
  /** Null: it failed, or was not run. */
  readonly result: R | null
  /** What it threw; null: it ran well, or not at all. */
  readonly error: unknown
  readonly hasRun: boolean
}

/** In the order of `items`. `signal`: begin no more. */
export async function runBounded<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Ran<T, R>[]> {
  const ran: Ran<T, R>[] = items.map((item) => ({ item, result: null, error: null, hasRun: false }))
  let next = 0
  let done = 0
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const index = next++
      const item = items[index] as T
      try {
        ran[index] = { item, result: await run(item), error: null, hasRun: true }
      } catch (error) {
        ran[index] = { item, result: null, error, hasRun: true }
      }
      onProgress(++done)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return ran
}

/** The server decides many at once for one commit; other people use it too. */
const AT_ONCE = 4
