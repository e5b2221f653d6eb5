/** A RADIUS client: when it last sent something, what it got, what goes wrong with it, and what helps. */
import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { Output } from '../api/client.ts'
import type { Fault } from '../api/commands.gen.ts'
import { TimeText } from '../parts/time_text.tsx'
import { clientsText } from '../texts/clients_text.ts'
import { ConfigurationLines } from './configuration_lines.tsx'
import { FaultFinding } from './fault_finding.tsx'
import { REQUIRE_SIGNATURE } from './mending_lines.ts'

export type Client = Output<'server status'>['clients'][number]

export function ClientCard({ client, faults }: { client: Client; faults: readonly Fault[] }) {
  const { name, lastAt, unsigned } = client
  const { fields } = clientsText
  const state = stateOf(client)
  const numbers: readonly [string, number][] = [
    [fields.requests, client.requests],
    [fields.accepts, client.accepts],
    [fields.rejects, client.rejects],
    [fields.challenges, client.challenges],
    [fields.duplicates, client.duplicates],
    [fields.faults, client.faults],
  ]
  return (
    <Paper withBorder p="md" radius="md" component="article" aria-label={clientsText.clientNamed(name)}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={3} size="h4">
            {name}
          </Title>
          <Badge variant="light" radius="sm" color={STATES[state].color}>
            {STATES[state].label}
          </Badge>
        </Group>
        <Text size="sm">
          {clientsText.lastPacket} <TimeText at={lastAt} isRelative />
        </Text>
        <dl className="numbers">
          {numbers.map(([label, count]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{count}</dd>
            </div>
          ))}
        </dl>
        {unsigned === 0 ? null : (
          <div className="panel is-warn finding">
            <Text fw={600}>{clientsText.unsigned(unsigned)}</Text>
            <ConfigurationLines means={clientsText.unsignedMeans} lines={[REQUIRE_SIGNATURE]} />
          </div>
        )}
        {faults.map((fault) => (
          <FaultFinding key={fault.reason} fault={fault} address={fault.address} />
        ))}
      </Stack>
    </Paper>
  )
}

const STATES = {
  silent: { color: 'gray', label: clientsText.silent },
  dropping: { color: 'red', label: clientsText.dropping },
  unsigned: { color: 'orange', label: clientsText.notSigned },
  well: { color: 'teal', label: clientsText.well },
} as const

function stateOf({ lastAt, faults, unsigned }: Client): keyof typeof STATES {
  if (faults > 0) return 'dropping'
  if (lastAt === null) return 'silent'
  return unsigned > 0 ? 'unsigned' : 'well'
}
