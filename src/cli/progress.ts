/** Tells whoever waits at a terminal that something goes on; silent for half a second, and without a terminal. */
import type { Io } from './io.ts'

const PATIENCE_MS = 500
const FRAME_MS = 120
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const CLEAR_LINE = '\r\x1b[K'

export async function withProgress<T>(
  { stderr }: Pick<Io, 'stderr'>,
  label: string,
  work: Promise<T>,
): Promise<T> {
  if (!stderr.isTTY) return await work
  const startedAt = performance.now()
  let drawn = false
  const draw = (): void => {
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs < PATIENCE_MS) return
    const frame = FRAMES[Math.floor(elapsedMs / FRAME_MS) % FRAMES.length]
    stderr.write(`${CLEAR_LINE}${frame} ${label} ${Math.floor(elapsedMs / 1000)} s`)
    drawn = true
  }
  const timer = setInterval(draw, FRAME_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    if (drawn) stderr.write(CLEAR_LINE)
  }
}
