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
  const { NOTIFY_SOCKET, PATH } = env
  const notify = async (...assignments: string[]): Promise<void> => {
    if (!NOTIFY_SOCKET) return
    const { promise, resolve } = Promise.withResolvers<void>()
    execFile(command, assignments, { env: { NOTIFY_SOCKET, PATH }, timeout: TIMEOUT_MS }, (error) => {
      if (error !== null)
        log.warn(
          'systemd was not told, and may end the service as not started; is systemd-notify installed?',
          { command, error },
        )
      resolve()
    })
    await promise
  }
  return {
    ready: (status) => notify('READY=1', `STATUS=${oneLine(status)}`),
    status: (status) => notify(`STATUS=${oneLine(status)}`),
    stopping: () => notify('STOPPING=1'),
  }
}

/** systemd-notify waits until systemd has read the message. */
const TIMEOUT_MS = 10_000

/** The protocol has one assignment a line. */
function oneLine(status: string): string {
  return status.replace(/\s+/g, ' ')
}
