/** Asks for two OTPs in a row, by which a token is found again. */
import { Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import type { TokenDialogProps } from './token_dialogs.tsx'

export function ResyncDialog({ serial, isOpen, onClose }: TokenDialogProps) {
  const resync = useRun('token resync')
  const [otp1, setOtp1] = useState('')
  const [otp2, setOtp2] = useState('')
  const close = () => {
    setOtp1('')
    setOtp2('')
    onClose()
  }
  const field = (label: string, value: string, onText: (text: string) => void, isFirst: boolean) => (
    <TextInput
      label={label}
      value={value}
      // Apps show a code in groups, and people read it out so.
      onChange={(event) => onText(event.currentTarget.value.replace(/\s/g, ''))}
      autoComplete="off"
      inputMode="numeric"
      maxLength={16}
      {...(isFirst ? { 'data-autofocus': true } : {})}
    />
  )
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={text.resyncTitle(serial)}
      confirmLabel={text.resync}
      isReady={otp1 !== '' && otp2 !== ''}
      onConfirm={async () => {
        await resync.mutateAsync({ serial, otp1, otp2 })
        notify(text.resynced(serial))
      }}
    >
      <Text>{text.resyncHint}</Text>
      {field(text.firstOtp, otp1, setOtp1, true)}
      {field(text.secondOtp, otp2, setOtp2, false)}
    </ConfirmDialog>
  )
}
