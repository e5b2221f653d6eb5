/** Who is logged in to the console, and the code that lets a user in, for people. */
import type { ConsoleSessionView } from '../admin/console_session_commands.ts'
import { block, type Column, table } from './layout.ts'
import { plainTime, relativeTime } from './time_text.ts'

interface Page {
  readonly width: number | null
  readonly now: number
}

const columns = ({ now }: Page): readonly Column<ConsoleSessionView>[] => [
  { title: 'ID', text: ({ id }) => id, whole: true },
  { title: 'USER', text: ({ user }) => user },
  { title: 'ROLE', text: ({ role }) => role ?? 'himself', whole: true },
  { title: 'FROM', text: ({ source }) => source },
  { title: 'BEGAN', text: ({ createdAt }) => plainTime(createdAt), whole: true },
  { title: 'LAST SEEN', text: ({ lastSeenAt }) => relativeTime(lastSeenAt, now), whole: true },
  { title: 'UNTIL', text: ({ expiresAt }) => plainTime(expiresAt), whole: true },
]

export function consoleSessionLines(sessions: readonly ConsoleSessionView[], page: Page): string[] {
  return sessions.length === 0
    ? ['nobody is logged in to the console']
    : table(columns(page), sessions, page.width)
}

interface RegistrationCode {
  readonly user: string
  readonly code: string
  readonly link: string | null
  readonly expiresAt: string
}

export function registrationLines(
  { user, code, link, expiresAt }: RegistrationCode,
  { now }: Page,
): string[] {
  const until = `${plainTime(expiresAt)} (${relativeTime(expiresAt, now)})`
  return [
    ...block([
      ['user', user],
      ['until', until],
    ]),
    '',
    `For ${user} alone, once, at the console's page /me. Shown this once:`,
    ...block([
      ['code', code],
      ['link', link],
    ]),
  ]
}
