/** One of several values to search by, or any. What an address asks for is among them, even if nobody could have chosen it. */
import { NativeSelect } from '@mantine/core'
import { commonText } from '../texts/common_text.ts'

export type Choice = readonly [value: string, label: string]

export interface ChoiceFieldProps {
  readonly label: string
  /** Empty: any. */
  readonly value: string
  readonly choices: readonly Choice[]
  readonly onChange: (value: string) => void
}

export function ChoiceField({ label, value, choices, onChange }: ChoiceFieldProps) {
  const isThere = value === '' || choices.some(([choice]) => choice === value)
  const all = isThere ? choices : [...choices, [value, value] as const]
  return (
    <NativeSelect
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[
        { value: '', label: commonText.any },
        ...all.map(([choice, text]) => ({ value: choice, label: text })),
      ]}
    />
  )
}
