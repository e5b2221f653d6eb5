/** Addresses that send something and are no client: new devices, wrong addresses, and what does not belong here. */
import { Button, Table, Text, Title } from '@mantine/core'
import type { Output } from '../api/client.ts'
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
      <Title order={2} size="h3" id="unknown-addresses" mb="xs">
        {clientsText.unknown}
      </Title>
      <Text size="sm" mb="xs">
        {addresses.length === 0 ? clientsText.noUnknown : clientsText.unknownMeans}
      </Text>
      {addresses.length === 0 ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        <section className="scroll-x" aria-label={clientsText.unknown} tabIndex={0}>
          <Table aria-labelledby="unknown-addresses" verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{columns.address}</Table.Th>
                <Table.Th scope="col">{columns.count}</Table.Th>
                <Table.Th scope="col">{columns.lastAt}</Table.Th>
                <Table.Th scope="col">{columns.more}</Table.Th>
              </Table.Tr>
            </Table.Thead>
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
          </Table>
        </section>
      )}
    </div>
  )
}
