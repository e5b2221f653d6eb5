/** Tells systemd how far the service is (sd_notify(3)). Without $NOTIFY_SOCKET, nobody asked, and nothing happens. */
import { execFile } from 'node:child_process'
import type { Logger } from './log.ts'

export interface Readiness {
  /** It serves: `systemctl start` returns, and units ordered after this one go on. `status` is shown by `systemctl status`. */
  ready(status: string): Promise<void>
  status(status: string): Promise<void>
  stopping(): Promise<void>
}

export interface ReadinessOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  /** Default: `systemd-notify` from the path. Node opens no Unix datagram socket, which the protocol is. */
  readonly command?: string
}

/** No method ever rejects: a failure is logged, and left to systemd's own TimeoutStartSec. */
export function createReadiness({ env, log, command = 'systemd-notify' }: ReadinessOptions): Readiness {
  const notify = async (...parameters: string[]): Promise<void> => {
    if (!env['NOTIFY_SOCKET']) return
    const { promise, resolve } = Promise.withResolvers<void>()
    execFile(command, parameters, { env: { ...env }, timeout: TIMEOUT_MS }, (error) => {
      if (error !== null)
        log.warn('systemd could not be told; see `systemctl status sallyport`', { command, error })
      resolve()
    })
    await promise
  }
  return {
    ready: (status) => notify('--ready', `--status=${oneLine(status)}`),
    status: (status) => notify(`--status=${oneLine(status)}`),
    stopping: () => notify('--stopping'),
  }
}

/** systemd-notify waits until systemd has read the message. */
const TIMEOUT_MS = 10_000

/** The protocol has one assignment a line. */
function oneLine(status: string): string {
  return status.replace(/\s+/g, ' ')
}
