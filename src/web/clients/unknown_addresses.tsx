/** Addresses that send something and are no client: new devices, wrong addresses, and what does not belong here. */
import { Button, Table, Text, Title } from '@mantine/core'
import type { Output } from '../api/client.ts'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { clientsText } from '../texts/clients_text.ts'

export interface UnknownAddressesProps {
  readonly addresses: Output<'server status'>['unknownAddresses']
  readonly onCheck: (address: string) => void
}

export function UnknownAddresses({ addresses, onCheck }: UnknownAddressesProps) {
  const { columns } = clientsText
  return (
    <div>
      <Title order={2} size="h3" mb="xs">
        {clientsText.unknown}
      </Title>
      <Text size="sm" mb="xs">
        {addresses.length === 0 ? clientsText.noUnknown : clientsText.unknownMeans}
      </Text>
      {addresses.length === 0 ? null : (
        <ScrollTable label={clientsText.unknown} verticalSpacing={6}>
          <Columns names={[columns.address, columns.count, columns.lastAt, columns.more]} />
          <Table.Tbody>
            {addresses.map(({ address, count, lastAt }) => (
              <Table.Tr key={address}>
                <Table.Th scope="row" className="mono">
                  {address}
                </Table.Th>
                <Table.Td>{count}</Table.Td>
                <Table.Td className="whole">
                  <TimeText at={lastAt} isRelative />
                </Table.Td>
                <Table.Td>
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={clientsText.admitAddress(address)}
                    onClick={() => onCheck(address)}
                  >
                    {clientsText.admit}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </div>
  )
}
