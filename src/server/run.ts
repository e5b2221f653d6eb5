/** Runs the server until a signal stops it: SIGTERM and SIGINT drain, SIGHUP reloads. */
import { type ServeOptions, serve } from './serve.ts'

/** The exit status. What stops the start is thrown, with a message and a hint. */
export async function run(options: ServeOptions): Promise<number> {
  const server = await serve(options)
  const stopped = Promise.withResolvers<void>()
  const stop = () => stopped.resolve()
  // A reload that fails is logged by `reload` itself.
  const reload = () => void server.reload().catch(() => {})
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload)
  await stopped.promise
  process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', reload)
  await server.drain()
  return 0
}
