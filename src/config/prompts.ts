/** The texts of a client's Access-Challenges: each one Reply-Message, shown by the device as it is. */

export interface Prompts {
  readonly otp: string
  readonly nextOtp: string
  readonly newPin: string
  readonly repeatPin: string
}

interface ClientSettings {
  readonly challenge: boolean
  readonly prompt?: string | undefined
  readonly next_otp_prompt?: string | undefined
  readonly new_pin_prompt?: string | undefined
  readonly repeat_pin_prompt?: string | undefined
}

/**
 * Null: it has no challenge-response. By default short and in ASCII, with a blank before what is typed: FortiGate, ASA,
 * GlobalProtect and OpenVPN all show what they get, so that no device needs texts of its own.
 */
export function promptsOf(client: ClientSettings): Prompts | null {
  if (!client.challenge) return null
  return {
    otp: client.prompt ?? 'One-time code: ',
    nextOtp: client.next_otp_prompt ?? 'Wait for the next code, then enter it: ',
    newPin: client.new_pin_prompt ?? 'Choose a new PIN, not the old one: ',
    repeatPin: client.repeat_pin_prompt ?? 'New PIN once more: ',
  }
}
