/**
 * The other windows of this browser: they have the same cookie, so a login or logout in one is one in all. What is told is
 * only that something changed; who is logged in, each asks the server.
 */
import { useCallback, useEffect, useRef } from 'react'

/** Answers what tells the others. `onTold` must stay the same between renderings. */
export function useOtherWindows(name: string, onTold: () => void): () => void {
  const open = useRef<BroadcastChannel | null>(null)
  useEffect(() => {
    const channel = new BroadcastChannel(name)
    channel.onmessage = onTold
    open.current = channel
    return () => channel.close()
  }, [name, onTold])
  return useCallback(() => open.current?.postMessage(null), [])
}
