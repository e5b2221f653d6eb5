/** What the stream is filtered by, as the address has it. */
import { Button, Group } from '@mantine/core'
import { useCommand } from '../api/use_command.ts'
import { type Choice, ChoiceField } from '../parts/choice_field.tsx'
import { SearchField } from '../parts/search_field.tsx'
import { useQuery } from '../parts/use_address.ts'
import { liveText } from '../texts/live_text.ts'
import type { LiveFilter } from './use_live.ts'

const NAMES = ['outcome', 'reason', 'client', 'user'] as const
const DAY_MINUTES = 1440

/** Of an address that anybody may have typed: what is no filter is none. */
export function filterOf(query: URLSearchParams): LiveFilter {
  const outcome = query.get('outcome') ?? ''
  const reason = query.get('reason') ?? ''
  const client = (query.get('client') ?? '').slice(0, 64)
  const user = (query.get('user') ?? '').slice(0, 253)
  return {
    ...(Object.hasOwn(liveText.outcomes, outcome) ? { outcome: outcome as 'accept' } : {}),
    ...(/^[a-z0-9-]{1,64}$/.test(reason) ? { reason } : {}),
    ...(client === '' ? {} : { client }),
    ...(user.trim() === '' ? {} : { user: user.trim() }),
  }
}

export function LiveFilters({ filter }: { filter: LiveFilter }) {
  const [, change] = useQuery()
  const { data: status } = useCommand('server status', {})
  const { data: activity } = useCommand('server activity', { minutes: DAY_MINUTES })
  const reasons = (activity?.reasons ?? []).map(({ reason }) => reason)
  const clients = (status?.clients ?? []).map(({ name }) => name)
  const select = (name: 'outcome' | 'reason' | 'client', choices: readonly Choice[]) => (
    <ChoiceField
      label={liveText[name]}
      value={filter[name] ?? ''}
      choices={choices}
      onChange={(value) => change({ [name]: value })}
    />
  )
  return (
    <Group gap="sm" align="flex-end" role="group" aria-label={liveText.filters}>
      {select('outcome', Object.entries(liveText.outcomes))}
      {select('reason', byName(reasons))}
      {select('client', byName(clients))}
      <SearchField label={liveText.user} value={filter.user ?? ''} onChange={(user) => change({ user })} />
      {NAMES.some((name) => filter[name] !== undefined) ? (
        <Button
          variant="default"
          onClick={() => change(Object.fromEntries(NAMES.map((name) => [name, null])))}
        >
          {liveText.clear}
        </Button>
      ) : null}
    </Group>
  )
}

function byName(names: readonly string[]): Choice[] {
  return names.toSorted().map((name) => [name, name])
}
