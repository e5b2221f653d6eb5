/** Renders a component again every few seconds: what says how long ago something was must not stand still. */
import { useSyncExternalStore } from 'react'

const EVERY_MS = 5_000

let ticks = 0
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

export function useTick(): void {
  useSyncExternalStore(listen, () => ticks)
}

/** One clock for all of them. */
function listen(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    ticks++
    for (const each of listeners) each()
  }, EVERY_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
