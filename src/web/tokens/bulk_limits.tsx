/** Which limits are set for many tokens at once; those that are not chosen stay as each token has them. */
import { Checkbox, Group, Stack, Text } from '@mantine/core'
import { bulkText, limitsText } from '../texts/tokens_text.ts'
import { LimitInput } from './limit_input.tsx'
import { LIMIT_FIELDS, type LimitField } from './limits.ts'

type Texts = Partial<Record<LimitField, string>>

export function BulkLimits({ texts, onTexts }: { texts: Texts; onTexts: (texts: Texts) => void }) {
  const choose = (field: LimitField, isChosen: boolean) => {
    const { [field]: _, ...others } = texts
    onTexts(isChosen ? { ...others, [field]: '' } : others)
  }
  return (
    <Stack gap="xs">
      <Text size="sm">{bulkText.limitsChoose}</Text>
      {LIMIT_FIELDS.map((field) => (
        <Group key={field} align="flex-end" wrap="nowrap">
          <Checkbox
            mb="xs"
            aria-label={bulkText.setThis(limitsText[field])}
            checked={texts[field] !== undefined}
            onChange={(event) => choose(field, event.currentTarget.checked)}
          />
          <LimitInput
            field={field}
            text={texts[field] ?? ''}
            onText={(text) => onTexts({ ...texts, [field]: text })}
            isDisabled={texts[field] === undefined}
          />
        </Group>
      ))}
    </Stack>
  )
}
