/** The list of tokens: found as one types, filtered, sorted, and changed many at once. */
import { Button, Group, Text } from '@mantine/core'
import { useCommand } from '../api/use_command.ts'
import { EnrollDialog } from '../enroll/enroll_dialog.tsx'
import { Answered } from '../parts/answered.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { Pager } from '../parts/pager.tsx'
import { useQuery } from '../parts/use_address.ts'
import { usePages } from '../parts/use_pages.ts'
import { useMay } from '../session/session.tsx'
import { tokensText } from '../texts/tokens_text.ts'
import { BulkBar } from '../tokens/bulk_bar.tsx'
import { changeOf, filterOf, inputOf, isFiltered, type TokenFilter } from '../tokens/token_filter.ts'
import { TokenFilters } from '../tokens/token_filters.tsx'
import { TokenTable } from '../tokens/token_table.tsx'
import { useSelection } from '../tokens/use_selection.ts'

export default function TokensPage() {
  const may = useMay()
  const [params, setParams] = useQuery()
  const filter = filterOf(params)
  const question = inputOf(filter, Date.now())
  const pages = usePages(JSON.stringify(question))
  const list = useCommand('token list', { ...question, ...pages.place }, { keepsPrevious: true })
  const selection = useSelection(list.data?.tokens ?? [])
  const change = (part: Partial<TokenFilter>) => setParams(changeOf(part))
  return (
    <>
      <PageHeader title={tokensText.title}>
        {may('token enroll') ? (
          <Button onClick={() => setParams({ enroll: '1' }, true)}>{tokensText.enroll}</Button>
        ) : null}
      </PageHeader>
      {may('token enroll') ? (
        <EnrollDialog
          isOpen={params.has('enroll')}
          user={params.get('user') ?? ''}
          onClose={() => setParams({ enroll: null, user: null })}
        />
      ) : null}
      <TokenFilters filter={filter} onChange={change} />
      {may('token enable') ? <BulkBar selection={selection} /> : null}
      <Answered query={list}>
        {(data) => (
          <>
            <Group justify="space-between" my="xs">
              <Text size="sm" role="status">
                {data.tokens.length > 0
                  ? tokensText.total(data.total, data.totalIsExact)
                  : isFiltered(filter)
                    ? tokensText.none
                    : tokensText.noneAtAll}
              </Text>
            </Group>
            <TokenTable
              tokens={data.tokens}
              selection={may('token enable') ? selection : null}
              sort={filter.sort}
              onSort={(sort) => change({ sort })}
              isStale={list.isPlaceholderData}
            />
            <Pager pages={pages} nextCursor={data.nextCursor} />
          </>
        )}
      </Answered>
    </>
  )
}
