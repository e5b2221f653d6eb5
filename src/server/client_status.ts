/** What the processes counted of each client, with the likely cause and the remedy: for `server status` and `client check`. */
import type { ClientCheck, ServerStatus } from '../admin/command.ts'
import { formatAddress, parseAddress, parseNetwork, Refusal } from '../network.ts'
import { type Client, type ClientTable, clientLinesFor } from './clients.ts'
import { faultWords } from './fault_words.ts'
import type { Figures } from './figures.ts'

/** Faults, and addresses of no client, that a status shows: the newest. */
const SHOWN = 50

export function clientStatus({
  clients,
  recentFaults,
}: Pick<Figures, 'clients' | 'recentFaults'>): Pick<ServerStatus, 'clients' | 'faults' | 'unknownAddresses'> {
  const newestFirst = <T extends { readonly lastAt: number }>(faults: T[]) =>
    faults.sort((a, b) => b.lastAt - a.lastAt).slice(0, SHOWN)
  return {
    clients: Object.entries(clients).map(([name, { faults, lastAt, ...traffic }]) => ({
      name,
      ...traffic,
      faults: Object.values(faults).reduce((sum, { count }) => sum + count, 0),
      lastAt,
    })),
    faults: newestFirst(
      Object.entries(clients).flatMap(([client, { faults }]) =>
        Object.entries(faults).map(([reason, fault]) => ({
          client,
          reason,
          ...fault,
          ...faultWords(reason),
        })),
      ),
    ),
    unknownAddresses: newestFirst(
      recentFaults
        .filter(({ client }) => client === null)
        .map(({ address, count, lastAt }) => ({ address, count, lastAt })),
    ),
  }
}

/** `hasLatched`: the address has sent a Message-Authenticator, and must. */
export function checkClient(
  text: string,
  table: ClientTable,
  hasLatched: (address: string) => boolean,
  { recentFaults }: Pick<Figures, 'recentFaults'>,
): ClientCheck {
  const parsed = parseAddress(text)
  if (parsed === null)
    return { address: null, client: null, shorter: [], settings: [], faults: [], lines: [] }
  const address = formatAddress(parsed)
  const found = table.find(address)
  const isOfAddress = (other: string) => {
    const { bits, value } = parseAddress(other) ?? { bits: 0, value: 0n }
    return bits === parsed.bits && value === parsed.value
  }
  const shorter = table.clients
    .filter((client) => client !== found)
    .flatMap(({ name, network }) => {
      const held = parseNetwork(network)
      if (held instanceof Refusal || held.bits !== parsed.bits) return []
      const hostBits = BigInt(held.bits - held.prefix)
      return held.value >> hostBits === parsed.value >> hostBits
        ? [{ name, network, prefix: held.prefix }]
        : []
    })
    .sort((a, b) => b.prefix - a.prefix)
    .map(({ name, network }) => ({ name, network }))
  const faults = recentFaults
    .filter((fault) => isOfAddress(fault.address))
    .map(({ reason, count, lastAt }) => ({ reason, count, lastAt, ...faultWords(reason) }))
    .sort((a, b) => b.lastAt - a.lastAt)
  return {
    address,
    client: found === null ? null : { name: found.name, network: found.network },
    shorter,
    settings: found === null ? [] : settingsOf(found, hasLatched(address)),
    faults,
    lines: found === null ? clientLinesFor(address) : [],
  }
}

function settingsOf(client: Client, latched: boolean): ClientCheck['settings'] {
  const { requireMessageAuthenticator: rule, limitProxyState, mschap, challenge, otpOnly } = client
  const setting = (name: string, value: unknown, meaning: string) => ({ name, value: String(value), meaning })
  return [
    setting('require_message_authenticator', rule, ruleWords(rule, latched)),
    setting(
      'limit_proxy_state',
      limitProxyState,
      limitProxyState
        ? 'an unsigned request with Proxy-State is dropped'
        : 'Proxy-State is taken unsigned too',
    ),
    setting('mschap', mschap, mschap ? 'MS-CHAP is served, beside PAP and CHAP' : 'PAP and CHAP are served'),
    setting(
      'challenge',
      challenge !== null,
      challenge === null ? 'it is never asked back' : 'it is asked back',
    ),
    setting('otp_only', otpOnly, otpOnly ? 'passwords are the OTP alone' : 'passwords are PIN and OTP'),
  ]
}

function ruleWords(rule: boolean | 'auto', latched: boolean): string {
  if (rule === true) return 'an unsigned request is dropped'
  if (rule === false) return 'unsigned requests are taken'
  if (latched) return 'latched: it has signed once, and an unsigned request is dropped since'
  return 'not latched: unsigned requests are taken until it signs one'
}
