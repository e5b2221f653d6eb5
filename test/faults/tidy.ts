/** What must not outlive us, undone also when we are interrupted: processes, mounts and directories. */
const undos = new Set<() => void>()

/** Registers `undo`, which may be called twice; the answer takes it back. */
export function tidyUp(undo: () => void): () => void {
  undos.add(undo)
  return () => undos.delete(undo)
}

/** For a program that ends by a signal. The last that was begun is undone first. */
export function tidyUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      for (const undo of [...undos].reverse()) undo()
      process.exit(1)
    })
  }
}
