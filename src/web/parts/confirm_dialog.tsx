/** A question before something is done: what will happen, the button that does it, and what went wrong if it did not. */
import { Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { commonText } from '../texts/common_text.ts'
import { Dialog } from './dialog.tsx'
import { ErrorNotice } from './error_notice.tsx'
import { useSubmit } from './use_submit.ts'

export interface ConfirmDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly title: string
  readonly confirmLabel: string
  /** Closes the dialogue when it is done; what it throws is shown, and the dialogue stays. */
  readonly onConfirm: () => Promise<void>
  readonly isDangerous?: boolean
  readonly isReady?: boolean
  /** What will happen, or the fields that it takes. */
  readonly children: ReactNode
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const {
    isOpen,
    onClose,
    title,
    confirmLabel,
    onConfirm,
    isDangerous = false,
    isReady = true,
    children,
  } = props
  const { submit, isBusy, error, forgetError } = useSubmit(async () => {
    await onConfirm()
    onClose()
  })
  /** Not while it runs: nobody would learn how that ended. */
  const close = () => {
    if (isBusy) return
    forgetError()
    onClose()
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={title}>
      <form onSubmit={submit}>
        <Stack>
          {children}
          {error === null ? null : <ErrorNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} disabled={isBusy}>
              {commonText.cancel}
            </Button>
            <Button type="submit" color={isDangerous ? 'red' : 'blue'} loading={isBusy} disabled={!isReady}>
              {confirmLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
