/** One limit of a token as a field: a number, or a local time. */
import { TextInput } from '@mantine/core'
import { limitsText } from '../texts/tokens_text.ts'
import { isTime, type LimitField } from './limits.ts'

export interface LimitInputProps {
  readonly field: LimitField
  readonly text: string
  readonly onText: (text: string) => void
  readonly isDisabled?: boolean
}

export function LimitInput({ field, text, onText, isDisabled = false }: LimitInputProps) {
  const kind = isTime(field)
    ? { type: 'datetime-local', max: '9999-12-31T23:59' }
    : { type: 'number', min: 0, step: 1, max: 2 ** 31 - 1, placeholder: limitsText.noLimit }
  return (
    <TextInput
      {...kind}
      label={limitsText[field]}
      value={text}
      onChange={(event) => onText(event.currentTarget.value)}
      disabled={isDisabled}
    />
  )
}
