/** What a row of the audit trail says, as a sentence. Operations begin with a name, which stays as it is spelled. */
import type { Explained } from '../api/commands.gen.ts'
import { capitalized } from '../parts/error_notice.tsx'

export function explanationOf({ action, explanation }: Pick<Explained, 'action' | 'explanation'>): string {
  return action === 'login' ? capitalized(explanation) : explanation
}

/** Of `client:vpn`, `admin:carol`, `user:alice`. */
export function actorName(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1)
}
