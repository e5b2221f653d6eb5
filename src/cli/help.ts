/** The first page of help: everything there is, by noun. */
import type { Command } from '../admin/command.ts'
import { block, indent } from './layout.ts'

const NOUNS: Readonly<Record<string, string>> = {
  token: 'the devices and apps that show one-time passwords',
  user: 'the people who own tokens',
  login: 'trying a login, and why it was answered as it was',
  audit: 'what happened, unalterably',
  client: 'the devices that ask',
  admin: 'the people who log in to the console',
  registration: 'codes by which users enroll a token themselves',
  server: 'the running server',
}

export function summaryOfNoun(noun: string): string {
  return NOUNS[noun] ?? `commands for ${noun}`
}

const OWN: readonly (readonly [string, string])[] = [
  ['serve', 'start the server'],
  ['test LOGIN', 'send a RADIUS request as a VPN gateway would'],
  ['bench', 'put a load on a RADIUS server, and measure it'],
  ['eap init', 'make certificates, so that Wi-Fi and switches can log in by EAP'],
  ['completion SHELL', 'print a completion script for bash, zsh or fish'],
]

const OPTIONS: readonly (readonly [string, string])[] = [
  ['--json', 'print the very object of the API'],
  ['--socket PATH', "admin socket (SALLYPORT_SOCKET; else the configuration's)"],
  ['--config FILE', 'configuration file (SALLYPORT_CONFIG)'],
  ['--version', 'print the version'],
  ['--help', 'after any command: all about it'],
]

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['sallyport token enroll totp alice', 'a token for an authenticator app'],
  ['sallyport test alice', 'try it as a RADIUS client'],
  ['sallyport user show alice', 'why can she not log in?'],
  ['sallyport login explain 4711', 'all about that row of the audit trail'],
  ['sallyport client check 10.0.0.7', 'why does this device get no answer?'],
  ['sallyport token list --locked', 'who is locked out'],
]

const EXIT = 'Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no server reached.'

/** `sallyport token --help` */
export function nounOverview(noun: string, commands: readonly Command[]): string {
  const rows = commands
    .filter((command) => command.noun === noun)
    .map(({ verb, summary }): [string, string] => [verb, summary])
  return [
    `Usage: sallyport ${noun} VERB [options]`,
    '',
    `${noun[0]!.toUpperCase()}${noun.slice(1)}: ${summaryOfNoun(noun)}.`,
    '',
    ...indent(block(rows)),
    '',
    `All about one of them: sallyport ${noun} VERB --help`,
    '',
  ].join('\n')
}

export function overview(commands: readonly Command[]): string {
  const nouns = [...new Set(commands.map(({ noun }) => noun))]
  const groups = nouns.map((noun) => ({
    noun,
    rows: commands
      .filter((command) => command.noun === noun)
      .map(({ verb, summary }): [string, string] => [`${noun} ${verb}`, summary]),
  }))
  const width = Math.max(...[...groups.flatMap(({ rows }) => rows), ...OWN].map(([name]) => name.length))
  const section = (title: string, rows: readonly (readonly [string, string])[]) => [
    '',
    `${title}:`,
    ...indent(block(rows.map(([name, summary]) => [name.padEnd(width), summary]))),
  ]
  return [
    'Usage: sallyport NOUN VERB [options]',
    '',
    'A RADIUS server for one-time-password logins.',
    ...section('Start here', OWN),
    ...groups.flatMap(({ noun, rows }) => section(`${noun[0]!.toUpperCase()}${noun.slice(1)}`, rows)),
    ...section('Options', OPTIONS),
    ...section('Examples', EXAMPLES),
    '',
    EXIT,
    '',
  ].join('\n')
}
