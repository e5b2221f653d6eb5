/** Users who have a token: found while typing, opened by Enter. */
import { Anchor, Badge, Stack, Table, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { call, type Output } from '../api/client.ts'
import { useCommand } from '../api/use_command.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { notifyError } from '../parts/notices.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { Pager } from '../parts/pager.tsx'
import { userPath } from '../parts/paths.ts'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { useQuery } from '../parts/use_address.ts'
import { usePages } from '../parts/use_pages.ts'
import { commonText } from '../texts/common_text.ts'
import { usersText } from '../texts/users_text.ts'
import { NoUsers } from '../users/no_users.tsx'

const TYPING_MS = 150
const ROWS = 50

export default function UsersPage() {
  const [query, change] = useQuery()
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  const field = useRef<HTMLInputElement>(null)
  const typed = query.get('q') ?? ''
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS)
  const pages = usePages(search)
  const { data, error, isPending, refetch } = useCommand(
    'user list',
    { ...searchFor(search), limit: ROWS, ...pages.place },
    { keepsPrevious: true },
  )
  // Whoever comes here has somebody to find.
  useEffect(() => field.current?.focus(), [])

  /** Of what stands there now: what is shown may be of a letter before. */
  const open = async (event: FormEvent) => {
    event.preventDefault()
    const wanted = typed.trim()
    try {
      const { users } = await queries.fetchQuery({
        queryKey: ['user list', 'enter', wanted],
        queryFn: async () => await call('user list', { ...searchFor(wanted), limit: ROWS }),
      })
      const found = theOne(users, wanted)
      if (found !== undefined) navigate(userPath(found.user))
    } catch (failed) {
      notifyError(failed)
    }
  }
  return (
    <>
      <PageHeader title={usersText.title} />
      <Stack>
        <search>
          <form onSubmit={open}>
            <TextInput
              ref={field}
              type="search"
              label={usersText.search}
              description={usersText.searchHint}
              value={typed}
              onChange={(event) => change({ q: event.currentTarget.value })}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={253}
              maw="32rem"
            />
          </form>
        </search>
        {error !== null ? <ErrorNotice error={error} retry={() => void refetch()} /> : null}
        {isPending ? <Loading /> : null}
        {data === undefined ? null : (
          <>
            <Text size="sm" c="dimmed" role="status">
              {countOf(data.users.length, pages.number, data.nextCursor !== null)}
            </Text>
            {data.users.length === 0 ? <NoUsers search={search} /> : <UserTable users={data.users} />}
            <Pager pages={pages} nextCursor={data.nextCursor} />
          </>
        )}
      </Stack>
    </>
  )
}

/** The number of all is known on the first page only. */
function countOf(rows: number, page: number, isMore: boolean): string {
  if (rows === 0) return commonText.nothing
  return page === 1 ? usersText.found(rows, isMore) : commonText.pageNumber(page)
}

type Users = Output<'user list'>['users']

function searchFor(text: string) {
  return text === '' ? {} : { search: text }
}

/** The only one, or the one whose whole name was typed. */
function theOne(users: Users, wanted: string) {
  if (wanted === '') return undefined
  const [first, ...others] = users
  if (others.length === 0) return first
  return users.find(({ user }) => user.toLowerCase() === wanted.toLowerCase())
}

function UserTable({ users }: { users: Users }) {
  return (
    <ScrollTable label={usersText.list} highlightOnHover>
      <Columns
        names={[
          usersText.columns.user,
          usersText.columns.tokens,
          usersText.columns.locked,
          usersText.columns.groups,
        ]}
      />
      <Table.Tbody>
        {users.map(({ user, tokens, locked, groups }) => (
          <Table.Tr key={user}>
            <Table.Th scope="row">
              <Anchor component={Link} href={userPath(user)} fw={500} inherit>
                {user}
              </Anchor>
            </Table.Th>
            <Table.Td>{tokens}</Table.Td>
            <Table.Td>
              {locked === 0 ? (
                usersText.noneLocked
              ) : (
                <Badge color="red" variant="light" radius="sm">
                  {usersText.lockedTokens(locked)}
                </Badge>
              )}
            </Table.Td>
            <Table.Td>{groups.join(', ')}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}
