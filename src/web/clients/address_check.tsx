/** Which client an address is, and why; what was dropped from it, and the lines that would admit it. */
import { Button, Group, Paper, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import type { Output } from '../api/client.ts'
import { useCommand } from '../api/use_command.ts'
import { capitalized, ErrorNotice } from '../parts/error_notice.tsx'
import { ScrollTable } from '../parts/scroll_table.tsx'
import { clientsText } from '../texts/clients_text.ts'
import { ConfigurationLines } from './configuration_lines.tsx'
import { FaultFinding } from './fault_finding.tsx'

export interface AddressCheckProps {
  /** Empty: none is asked for. */
  readonly address: string
  readonly onCheck: (address: string) => void
}

export function AddressCheck({ address, onCheck }: AddressCheckProps) {
  const [typed, setTyped] = useState(address)
  useEffect(() => setTyped(address), [address])
  const { data, error } = useCommand('client check', { address }, { isEnabled: address !== '' })
  const check = (event: FormEvent) => {
    event.preventDefault()
    onCheck(typed.trim())
  }
  return (
    <section aria-labelledby="address-check">
      <Title order={2} size="h3" id="address-check" mb="xs">
        {clientsText.check}
      </Title>
      <form onSubmit={check}>
        <Group align="flex-end" mb="sm">
          <TextInput
            label={clientsText.address}
            description={clientsText.addressHint}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            required
          />
          <Button type="submit" variant="default">
            {clientsText.checkIt}
          </Button>
        </Group>
      </form>
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined || address === '' ? null : <Checked checked={data} />}
    </section>
  )
}

/** The heading says that already. */
const NO_CLIENT = 'unknown-client'

function Checked({ checked }: { checked: Output<'client check'> }) {
  const { address, client, why, shorter, settings, dropped, configuration } = checked
  return (
    <Paper withBorder p="md" radius="md" role="status">
      <Stack gap="sm">
        <Title order={3} size="h4">
          {client === null ? clientsText.isNone(address) : clientsText.isClient(address, client.name)}
        </Title>
        <Text size="sm">{capitalized(why)}.</Text>
        {shorter.length === 0 ? null : (
          <Text size="sm">
            {clientsText.shorter(shorter.map(({ name, network }) => `${name} (${network})`).join(', '))}
          </Text>
        )}
        {configuration.length === 0 ? null : (
          <ConfigurationLines means={clientsText.admitMeans} lines={configuration} />
        )}
        {dropped
          .filter(({ reason }) => reason !== NO_CLIENT)
          .map((fault) => (
            <FaultFinding key={fault.reason} fault={fault} />
          ))}
        {settings.length === 0 ? null : (
          <ScrollTable label={clientsText.settings} verticalSpacing={4}>
            <Table.Tbody>
              {settings.map(({ name, value, meaning }) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" className="mono">
                    {name} = {value}
                  </Table.Th>
                  <Table.Td>{meaning}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </ScrollTable>
        )}
      </Stack>
    </Paper>
  )
}
