/** Lines of the configuration that mend what goes wrong with a client, where a line does: for its [[radius.clients]] block. */

const LINES: Readonly<Record<string, string>> = {
  'no-message-authenticator': 'require_message_authenticator = "auto"',
  'proxy-state-without-message-authenticator': 'limit_proxy_state = false',
  'mschap-not-allowed': 'mschap = true',
  'unknown-state': 'challenge = true',
}

/** Once the device signs its requests: nobody can then leave that out. */
export const REQUIRE_SIGNATURE = 'require_message_authenticator = true'

export function mendingLine(reason: string): string | null {
  return Object.hasOwn(LINES, reason) ? (LINES[reason] as string) : null
}
