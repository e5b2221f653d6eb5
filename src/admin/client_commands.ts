/** RADIUS clients as the running server sees them: which one an address is, and what went wrong with it. */
import { z } from 'zod'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { formatTime } from './rfc3339.ts'
import { faultSchema } from './server_commands.ts'

const network = z.strictObject({ name: z.string(), network: z.string() })

const clientCheck = command({
  noun: 'client',
  verb: 'check',
  summary: 'show which RADIUS client an address is and why, and what was dropped from it',
  role: 'viewer',
  input: z.strictObject({
    address: z.string().min(1).max(64).describe('IP address that a device sends from'),
  }),
  output: z.strictObject({
    address: z.string(),
    client: network.nullable().describe('the longest prefix that the address lies in; null = no client'),
    why: z.string(),
    shorter: z.array(network).describe('other networks that it lies in'),
    settings: z.array(z.strictObject({ name: z.string(), value: z.string(), meaning: z.string() })),
    dropped: z
      .array(faultSchema.omit({ client: true, address: true }))
      .describe('dropped, or rejected without a decision, from this address lately; newest first'),
    configuration: z.array(z.string()).describe('lines that would admit it, where it is no client'),
  }),
  positional: ['address'],
  example: '10.0.0.7',
  run: async (input, { checkClient }) => {
    const { address, client, shorter, settings, faults, lines } = await checkClient(input.address)
    if (address === null) {
      throw new CommandError('invalid', 'address must be an IPv4 or IPv6 address', 'for example 10.0.0.7')
    }
    return {
      address,
      client: client === null ? null : { ...client },
      why: why(address, client, shorter.length),
      shorter: shorter.map((each) => ({ ...each })),
      settings: settings.map((setting) => ({ ...setting })),
      dropped: faults.map((fault) => ({ ...fault, lastAt: formatTime(fault.lastAt) })),
      configuration: [...lines],
    }
  },
})

function why(address: string, client: { readonly network: string } | null, shorter: number): string {
  if (client === null)
    return 'no address or network of [[radius.clients]] holds it: its datagrams are dropped'
  if (client.network === address) return 'its address stands in the configuration'
  const others =
    shorter === 0 ? 'the only network that holds it' : `the longest prefix of ${shorter + 1} that hold it`
  return `it lies in ${client.network}, ${others}`
}

export const clientCommands = [clientCheck]
