/**
 * A worker: a further process that serves RADIUS on the addresses of the first, and nothing else. It gets what to do from
 * there, and ends when it is told to, or when the first process is gone, however that ended.
 */
import { type Config, type ConfigSource, readConfig } from '../config/config.ts'
import type { Figures } from './figures.ts'
import { createLogger, type Logger } from './log.ts'
import { type LoginService, type LoginServiceOptions, openLoginService } from './login_service.ts'
import type { Answer, Answers, Farewell, NumberedRequest, Request } from './worker_messages.ts'

interface Running {
  readonly config: Config
  readonly log: Logger
  readonly service: LoginService
}

/** The exit status. */
export async function runWorker({ env, cwd }: Pick<ConfigSource, 'env' | 'cwd'>): Promise<number> {
  const stopped = Promise.withResolvers<number>()
  const stop = () => stopped.resolve(0)
  let source: ConfigSource = { file: null, env, cwd }
  let running: Running | null = null
  const inForce = () => {
    if (running === null) throw new Error('it has not been started')
    return running
  }
  const handlers: {
    [K in Request['kind']]: (request: Extract<Request, { kind: K }>) => Promise<Answers[K]>
  } = {
    start: async ({ file, text, ...endpoints }) => {
      source = { ...source, file, text }
      running = await start(source, endpoints)
      return null
    },
    reload: async ({ text }) => {
      inForce().service.take(readConfig({ ...source, text }))
      return null
    },
    figures: async () => inForce().service.figures(),
    drain: async () => {
      stop()
      return null
    },
  }

  process.on('disconnect', stop).on('SIGTERM', stop).on('SIGINT', stop)
  // Of a terminal that is closed, to all of us: the first process reloads, and tells us.
  process.on('SIGHUP', () => {})
  process.on('message', async ({ number, request }: NumberedRequest) => {
    const handle = handlers[request.kind] as (request: Request) => Promise<Answers[keyof Answers]>
    try {
      await say({ number, answer: await handle(request) })
    } catch (error) {
      await say({ number, error: messageOf(error) })
      if (request.kind === 'start') stopped.resolve(1)
    }
  })
  // The first process may have ended before we listened.
  if (!process.connected) stop()

  const status = await stopped.promise
  if (running !== null) await end(running)
  return status
}

async function start(
  source: ConfigSource,
  endpoints: Pick<LoginServiceOptions, 'listen' | 'listenTls' | 'listenAccounting'>,
): Promise<Running> {
  const config = readConfig(source)
  const log = createLogger(config.log)
  const closers: (() => Promise<unknown>)[] = []
  try {
    const service = await openLoginService({ config, log, ...endpoints, reusePort: true, closers })
    return { config, log, service }
  } catch (error) {
    for (const close of closers.reverse()) await close().catch(() => {})
    await log.flush()
    throw error
  }
}

async function end({ service, log }: Running): Promise<void> {
  await service.drain()
  await say({ farewell: service.figures() satisfies Figures })
  await log.flush()
}

/** To the first process; nothing if it is gone. */
function say(message: Answer | Farewell): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
