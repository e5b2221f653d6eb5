/** One step of a dialogue: its fields, the way on, the way out, and what went wrong. */
import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { commonText } from '../texts/common_text.ts'
import { ErrorNotice } from './error_notice.tsx'
import { useSubmit } from './use_submit.ts'

export interface StepFormProps {
  readonly label: string
  readonly cancelLabel?: string
  readonly isReady: boolean
  /** What it throws is shown. */
  readonly onSubmit: () => Promise<void>
  readonly onCancel: () => void
  readonly children: ReactNode
}

export function StepForm(props: StepFormProps) {
  const { label, cancelLabel = commonText.cancel, isReady, onSubmit, onCancel, children } = props
  const { submit, isBusy, error } = useSubmit(onSubmit)
  return (
    <form onSubmit={submit}>
      <Stack>
        {children}
        {error === null ? null : <ErrorNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {cancelLabel}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!isReady}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
