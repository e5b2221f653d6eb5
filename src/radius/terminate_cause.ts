/** Why a session ended, in words (RFC 2866 §5.10). Knows the numbers, not what is done about them. */

/** Null where the NAS did not say. */
export function terminateCause(cause: number | null): string | null {
  return cause === null ? null : (CAUSES[cause - 1] ?? `cause-${cause}`)
}

/** From 1 on; 19 to 22 are IANA's of RFC 3580 §3.17 and RFC 4675. */
const CAUSES: readonly string[] = [
  'user-request',
  'lost-carrier',
  'lost-service',
  'idle-timeout',
  'session-timeout',
  'admin-reset',
  'admin-reboot',
  'port-error',
  'nas-error',
  'nas-request',
  'nas-reboot',
  'port-unneeded',
  'port-preempted',
  'port-suspended',
  'service-unavailable',
  'callback',
  'user-error',
  'host-request',
  'supplicant-restart',
  'reauthentication-failure',
  'port-reinitialized',
  'port-administratively-disabled',
  'lost-power',
]
