/** Tokens of a bulk action by name, each with a reason where there is one; a long list only begins. */
import { List, Stack, Text } from '@mantine/core'
import type { TokenView } from '../api/commands.gen.ts'
import { bulkText } from '../texts/tokens_text.ts'

const SHOWN = 8

export interface BulkListProps {
  readonly heading: string
  readonly rows: readonly { readonly token: TokenView; readonly why: string | null }[]
}

export function BulkList({ heading, rows }: BulkListProps) {
  if (rows.length === 0) return null
  return (
    <Stack gap={4}>
      <Text fw={600}>{heading}</Text>
      <List size="sm">
        {rows.slice(0, SHOWN).map(({ token: { serial, user }, why }) => (
          <List.Item key={serial}>
            <span className="mono">{serial}</span>
            {user === null ? '' : ` (${user})`}
            {why === null ? '' : `: ${why}`}
          </List.Item>
        ))}
        {rows.length > SHOWN ? <List.Item>{bulkText.andMore(rows.length - SHOWN)}</List.Item> : null}
      </List>
    </Stack>
  )
}
