/** The RADIUS clients of this node: which send, what is dropped from them and why, and what would mend it. */
import { Stack, Text, Title } from '@mantine/core'
import { useCommand } from '../api/use_command.ts'
import { AddressCheck } from '../clients/address_check.tsx'
import { ClientCard } from '../clients/client_card.tsx'
import { UnknownAddresses } from '../clients/unknown_addresses.tsx'
import { Answered } from '../parts/answered.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { useQuery } from '../parts/use_address.ts'
import { clientsText } from '../texts/clients_text.ts'

const EVERY_MS = 5_000

export default function ClientsPage() {
  const [params, setParams] = useQuery()
  const status = useCommand('server status', {}, { everyMs: EVERY_MS })
  const check = (address: string) => setParams({ address })
  return (
    <>
      <PageHeader title={clientsText.title} />
      <Answered query={status}>
        {(data) => (
          <Stack gap="xl">
            <section aria-labelledby="clients">
              <Title order={2} size="h3" id="clients" mb={4}>
                {clientsText.clients(data.clients.length)}
              </Title>
              <Text size="sm" c="dimmed" mb="sm">
                {clientsText.since(data.node)}
              </Text>
              <div className="cards">
                {data.clients.map((client) => (
                  <ClientCard
                    key={client.name}
                    client={client}
                    faults={data.faults.filter((fault) => fault.client === client.name)}
                  />
                ))}
              </div>
            </section>
            <UnknownAddresses addresses={data.unknownAddresses} onCheck={check} />
            <AddressCheck address={params.get('address') ?? ''} onCheck={check} />
          </Stack>
        )}
      </Answered>
    </>
  )
}
