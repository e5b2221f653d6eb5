/** EAP-GTC (RFC 3748 §5.6): a text for the user, and what he types. In clear: for the inside of a tunnel, or a link that is one. */
import { plain } from '../tokens/credential.ts'
import { EapType } from './eap_packet.ts'
import { type Decide, failure, type Method, REJECTED } from './method.ts'
import { readPassword } from './user_name.ts'

const PROMPT = Buffer.from('PIN and one-time password')

/** `name`: of the method, for log and audit. */
export function gtc(user: string, name: string, decide: Decide): Method {
  return {
    type: EapType.Gtc,
    begin: () => PROMPT,
    receive: async (data) => {
      const password = readPassword(data)
      if (password === null) return failure('inner-malformed')
      const { accepted } = await decide(user, plain(password), name)
      return accepted ? { kind: 'success', user, keyMaterial: null } : REJECTED
    },
  }
}
