/** What was dropped or refused: the likely cause, how often, what helps, and the line of the configuration if there is one. */
import { Text } from '@mantine/core'
import type { Fault } from '../api/commands.gen.ts'
import { capitalized } from '../parts/error_notice.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { clientsText } from '../texts/clients_text.ts'
import { ConfigurationLines } from './configuration_lines.tsx'
import { mendingLine } from './mending_lines.ts'

export interface FaultFindingProps {
  readonly fault: Omit<Fault, 'client' | 'address'>
  /** Where the last one came from. */
  readonly address?: string | null
}

export function FaultFinding({ fault, address = null }: FaultFindingProps) {
  const { reason, count, lastAt, cause, remedy } = fault
  const line = mendingLine(reason)
  return (
    <div className="panel is-bad finding">
      <Text fw={600}>{capitalized(cause)}</Text>
      <Text size="sm">
        {clientsText.dropped(count)} <TimeText at={lastAt} isRelative />
        {address === null ? '' : ` ${clientsText.from(address)}`} (<span className="mono">{reason}</span>)
      </Text>
      <Text size="sm">{clientsText.remedy(capitalized(remedy))}</Text>
      {line === null ? null : <ConfigurationLines means={clientsText.lineFor} lines={[line]} />}
    </div>
  )
}
