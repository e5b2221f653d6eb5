/** Runs the server until a signal stops it: SIGTERM and SIGINT drain, SIGHUP reloads. */
import { type ServeOptions, type Server, serve } from './serve.ts'

/** The exit status. What stops the start is thrown, with a message and a hint. */
export async function run(options: ServeOptions): Promise<number> {
  const stopped = Promise.withResolvers<void>()
  let server: Server | null = null
  const stop = () => stopped.resolve()
  // A reload that fails is logged by `reload` itself; before the start is done and after the end there is none.
  const reload = () => void server?.reload().catch(() => {})
  process.on('SIGHUP', reload)
  // From when we say that we are ready; before that a signal ends us like any program.
  const print = (text: string) => {
    process.on('SIGTERM', stop).on('SIGINT', stop)
    options.print(text)
  }
  server = await serve({ ...options, print })
  await stopped.promise
  // The handlers stay: on Ctrl-C both the terminal and npm send SIGINT, and the second would cut the answers short.
  const { drain } = server
  server = null
  await drain()
  return 0
}
