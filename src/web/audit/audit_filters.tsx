/** The fields by which the audit trail is searched. */
import { Button, Group, TextInput } from '@mantine/core'
import { type Choice, ChoiceField } from '../parts/choice_field.tsx'
import { fromLocalInput, toLocalInput } from '../parts/local_time_input.ts'
import { SearchField } from '../parts/search_field.tsx'
import { auditText } from '../texts/audit_text.ts'
import { commonText } from '../texts/common_text.ts'
import { ACTIONS, type AuditField, type AuditFilter, FIELDS } from './audit_filter.ts'

export interface AuditFiltersProps {
  readonly filter: AuditFilter
  readonly onChange: (change: Partial<AuditFilter>) => void
}

export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  const { fields } = auditText
  const typed = (field: AuditField) => (
    <SearchField
      className="grow"
      label={fields[field]}
      value={filter[field]}
      onChange={(text) => onChange({ [field]: text })}
    />
  )
  const chosen = (field: AuditField, choices: readonly Choice[]) => (
    <ChoiceField
      label={fields[field]}
      value={filter[field]}
      choices={choices}
      onChange={(value) => onChange({ [field]: value })}
    />
  )
  const time = (field: AuditField) => (
    <TextInput
      type="datetime-local"
      max="9999-12-31T23:59"
      label={fields[field]}
      value={toLocalInput(filter[field])}
      onChange={(event) => onChange({ [field]: fromLocalInput(event.currentTarget.value) ?? '' })}
    />
  )
  return (
    <search>
      <Group align="flex-end" mb="sm" gap="md">
        {typed('user')}
        {typed('serial')}
        {chosen(
          'action',
          ACTIONS.map((value) => [value, value]),
        )}
        {chosen('outcome', Object.entries(commonText.outcomes))}
        {time('from')}
        {time('to')}
        {FIELDS.some((field) => filter[field] !== '') ? (
          <Button variant="subtle" onClick={() => onChange(NOTHING)}>
            {auditText.clear}
          </Button>
        ) : null}
      </Group>
    </search>
  )
}

const NOTHING: AuditFilter = { user: '', serial: '', action: '', outcome: '', from: '', to: '' }
