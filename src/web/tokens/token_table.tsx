/** Tokens as rows: what the helpdesk looks for first, and a box to select each by. */
import { Anchor, Checkbox, Table } from '@mantine/core'
import { Link } from 'wouter'
import type { TokenSort, TokenView } from '../api/commands.gen.ts'
import { FailCount } from '../parts/fail_count.tsx'
import { tokenPath } from '../parts/paths.ts'
import { ScrollTable } from '../parts/scroll_table.tsx'
import { SortHeader } from '../parts/sort_header.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { tokensText } from '../texts/tokens_text.ts'
import { TokenState } from './token_state.tsx'
import type { Selection } from './use_selection.ts'

export interface TokenTableProps {
  readonly tokens: readonly TokenView[]
  /** Null: this person may do nothing with them. */
  readonly selection: Selection | null
  readonly sort: TokenSort
  readonly onSort: (sort: TokenSort) => void
  /** These are the rows of the question before. */
  readonly isStale: boolean
}

export function TokenTable({ tokens, selection, sort, onSort, isStale }: TokenTableProps) {
  const { columns } = tokensText
  const selected = tokens.filter(({ serial }) => selection?.has(serial)).length
  const by = { sort, onSort }
  return (
    <ScrollTable
      label={tokensText.list}
      className={isStale ? 'is-stale' : ''}
      aria-busy={isStale}
      highlightOnHover
      verticalSpacing={6}
    >
      <Table.Thead>
        <Table.Tr>
          {selection === null ? null : (
            <Table.Th scope="col" w="2.5rem">
              <Checkbox
                aria-label={tokensText.selectPage}
                checked={selected > 0 && selected === tokens.length}
                indeterminate={selected > 0 && selected < tokens.length}
                onChange={(event) => selection.set(tokens, event.currentTarget.checked)}
              />
            </Table.Th>
          )}
          <SortHeader label={columns.serial} column="serial" {...by} />
          <SortHeader label={columns.user} column="user" {...by} />
          <Table.Th scope="col">{columns.type}</Table.Th>
          <Table.Th scope="col">{columns.state}</Table.Th>
          <SortHeader label={columns.failures} column="failures" {...by} />
          <SortHeader label={columns.used} column="used" {...by} />
          <Table.Th scope="col">{columns.description}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tokens.map((token) => (
          <TokenRow key={token.serial} token={token} selection={selection} />
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function TokenRow({ token, selection }: { token: TokenView; selection: Selection | null }) {
  const { serial } = token
  return (
    <Table.Tr>
      {selection === null ? null : (
        <Table.Td>
          <Checkbox
            aria-label={tokensText.select(serial)}
            checked={selection.has(serial)}
            onChange={(event) => selection.set([token], event.currentTarget.checked)}
          />
        </Table.Td>
      )}
      <Table.Th scope="row">
        <Anchor component={Link} href={tokenPath(serial)} inherit className="mono whole">
          {serial}
        </Anchor>
      </Table.Th>
      <Table.Td>
        <UserLink user={token.user} />
      </Table.Td>
      <Table.Td>{tokensText.types[token.type] ?? token.type}</Table.Td>
      <Table.Td>
        <TokenState token={token} />
      </Table.Td>
      <Table.Td>
        <FailCount token={token} />
      </Table.Td>
      <Table.Td>
        <TimeText at={token.lastUsedAt} isRelative />
      </Table.Td>
      <Table.Td>{token.description}</Table.Td>
    </Table.Tr>
  )
}
