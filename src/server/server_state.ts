/** How the server is, as its parts tell it: for `server status` and for the metrics. */
import { hostname } from 'node:os'
import type { ServerStatus } from '../admin/command.ts'
import type { Config } from '../config/config.ts'
import { VERSION } from '../version.ts'
import { clientStatus } from './client_status.ts'
import type { Console } from './console/open_console.ts'
import { type Figures, loginsIn, sumOf } from './figures.ts'
import type { LoginService } from './login_service.ts'
import type { WorkerGroup } from './worker_group.ts'

function radsecStatus({ radsec, settings }: LoginService): Pick<ServerStatus, 'radsec'> {
  const { radsec: inForce } = settings()
  if (radsec === null || inForce === null) return {}
  return { radsec: { listeners: radsec.endpoints, certificateExpiresAt: inForce.certificateExpiresAt } }
}

function consoleStatus(web: Console | null): Pick<ServerStatus, 'console'> {
  if (web === null) return {}
  return { console: { url: web.url, certificateExpiresAt: web.certificateExpiresAt() } }
}

export interface Running {
  readonly config: Config
  readonly service: LoginService
  readonly workers: WorkerGroup
  readonly startedAt: number
  readonly web: Console | null
}

/** Of each process, and of all together with those that have ended. */
export function figuresOf(service: LoginService, others: Awaited<ReturnType<WorkerGroup['figures']>>) {
  const serving = [{ pid: process.pid, figures: service.figures() }, ...others.serving]
  return { serving, figures: sumOf([...serving.map((each) => each.figures), others.ended]) }
}

/** Of all processes. */
export async function currentState({
  config,
  service,
  workers,
  startedAt,
  web,
}: Running): Promise<{ status: ServerStatus; figures: Figures }> {
  const reachable = await service.store.ping().then(
    () => true,
    () => false,
  )
  const { serving, figures } = figuresOf(service, await workers.figures())
  const status: ServerStatus = {
    version: VERSION,
    node: config.server.node,
    runtime: `Node.js ${process.versions.node} on ${hostname()}`,
    startedAt,
    uptimeSeconds: Math.floor((Date.now() - startedAt) / 1000),
    database: { url: service.store.description, reachable },
    workers: serving.map(({ pid, figures }) => ({ pid, logins: loginsIn(figures) })),
    listeners: [...service.udp.status(), ...(service.accounting.udp?.status() ?? [])],
    ...radsecStatus(service),
    admin: { socket: config.admin.socket },
    eap: service.eap(),
    ...consoleStatus(web),
    counters: figures.counters,
    ...clientStatus(figures),
  }
  return { status, figures }
}
