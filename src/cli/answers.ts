/** The commands whose answer people read in another form than any property of it: a code to scan, a password to tell. */
import type { ConsoleSessionView } from '../admin/console_session_commands.ts'
import type { TokenView } from '../admin/token_view.ts'
import { consoleSessionLines, registrationLines } from './console_views.ts'
import { explainedLines } from './diagnosis_views.ts'
import { block, indent } from './layout.ts'
import { qrCode } from './qr_code.ts'
import { type Page, render } from './views.ts'

export interface Screen extends Page {
  /** Shows UTF-8 and colours: a QR code can be drawn. */
  readonly drawsQrCodes: boolean
}

interface Enrolled {
  readonly token: TokenView
  readonly otpauthUri: string | null
  readonly secret: string | null
}

const ANSWERS: Readonly<Record<string, (answer: never, screen: Screen) => string[]>> = {
  'token enroll': ({ token, otpauthUri, secret }: Enrolled, screen) => {
    const columns = screen.width ?? 80
    const code = otpauthUri !== null && screen.drawsQrCodes ? qrCode(otpauthUri, columns) : null
    const shownOnce: [string, string | null][] = [
      ['secret', secret],
      ['URI', otpauthUri],
    ]
    const note =
      code === null
        ? 'Shown this once:'
        : 'Scan it with an authenticator app, or type the secret. Shown this once:'
    return [
      ...render({ token }, screen),
      '',
      ...(secret === null ? [] : [...(code ?? []), note, ...block(shownOnce)]),
      ...(token.pending
        ? [
            '',
            'It takes part in logins from its first OTP on:',
            `  sallyport token confirm ${token.serial} OTP`,
          ]
        : []),
    ]
  },
  'token test': ({ words }: { words: string }) => block([['OTP', words]]),
  'token lost': ({ token, password }: { token: TokenView; password: string }, screen) => [
    ...render({ token }, screen),
    '',
    `Typed ${token.pinSet ? 'after the PIN, ' : ''}in place of the OTP. Shown this once:`,
    ...block([['password', password]]),
  ],
  'login explain': (answer: Parameters<typeof explainedLines>[0] & { dialogue: object[] }, screen) => {
    const [then = [], now = [], todo = []] = explainedLines(answer)
    const entries = answer.dialogue
    const before =
      entries.length === 0 ? [] : ['', 'the requests before it', ...indent(render({ entries }, screen))]
    return [...then, ...before, ...now, ...todo]
  },
  'admin sessions': ({ sessions }: { sessions: ConsoleSessionView[] }, screen) =>
    consoleSessionLines(sessions, screen),
  'registration create': registrationLines,
  'token delete': ({ serial }: { serial: string }) => block([['deleted', serial]]),
}

/** Lines for people. `name`: the command, `token enroll`. */
export function renderAnswer(name: string, answer: object, screen: Screen): string[] {
  const special = ANSWERS[name] as ((answer: object, screen: Screen) => string[]) | undefined
  return special === undefined ? render(answer, screen) : special(answer, screen)
}
