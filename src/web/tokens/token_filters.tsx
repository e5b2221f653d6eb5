/** The fields by which the list of tokens is searched and filtered. */
import { Button, Chip, Fieldset, Group, NativeSelect } from '@mantine/core'
import { SearchField } from '../parts/search_field.tsx'
import { tokensText } from '../texts/tokens_text.ts'
import { daysOf, FLAGS, isFiltered, ROWS, type TokenFilter } from './token_filter.ts'

export interface TokenFiltersProps {
  readonly filter: TokenFilter
  readonly onChange: (change: Partial<TokenFilter>) => void
}

export function TokenFilters({ filter, onChange }: TokenFiltersProps) {
  const days = (field: 'expiringDays' | 'unusedDays', label: string) => (
    <SearchField
      className="days"
      type="number"
      label={`${label} (${tokensText.days})`}
      value={filter[field]?.toString() ?? ''}
      onChange={(text) => onChange({ [field]: daysOf(text) })}
    />
  )
  return (
    <search>
      <Group align="flex-end" mb="sm" gap="md">
        <SearchField
          className="grow"
          label={tokensText.search}
          placeholder={tokensText.searchHint}
          value={filter.search}
          onChange={(search) => onChange({ search })}
        />
        {days('expiringDays', tokensText.expiring)}
        {days('unusedDays', tokensText.unused)}
        <NativeSelect
          label={tokensText.pageSize}
          data={ROWS.map(String)}
          value={String(filter.rows)}
          onChange={(event) => onChange({ rows: Number(event.currentTarget.value) })}
        />
      </Group>
      <Fieldset variant="unstyled" legend={tokensText.filters} mb="sm">
        <Group gap="xs">
          {FLAGS.map((flag) => (
            <Chip
              key={flag}
              size="sm"
              variant="filled"
              checked={filter[flag]}
              onChange={(isOn) => onChange({ [flag]: isOn })}
            >
              {tokensText[flag]}
            </Chip>
          ))}
          {isFiltered(filter) ? (
            <Button size="compact-sm" variant="subtle" onClick={() => onChange(NO_FILTER)}>
              {tokensText.clearFilters}
            </Button>
          ) : null}
        </Group>
      </Fieldset>
    </search>
  )
}

const NO_FILTER: Partial<TokenFilter> = {
  search: '',
  locked: false,
  disabled: false,
  unassigned: false,
  pending: false,
  expiringDays: null,
  unusedDays: null,
}
