/** Asks for a new PIN of a token. */
import { Checkbox, PasswordInput } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import type { TokenDialogProps } from './token_dialog_props.ts'

export function SetPinDialog({ serial, isOpen, onClose }: TokenDialogProps) {
  const setPin = useRun('token set-pin')
  const [pin, writePin] = useState('')
  const [mustChange, setMustChange] = useState(false)
  const close = () => {
    writePin('')
    setMustChange(false)
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={text.setPinTitle(serial)}
      confirmLabel={text.setPin}
      isReady={pin !== ''}
      onConfirm={async () => {
        await setPin.mutateAsync({ serial, pin, ...(mustChange ? { changeAtNextLogin: true } : {}) })
        notify(text.pinIsSet(serial))
      }}
    >
      <PasswordInput
        data-autofocus
        label={text.pin}
        description={text.pinHint}
        value={pin}
        onChange={(event) => writePin(event.currentTarget.value)}
        autoComplete="new-password"
        maxLength={64}
      />
      <Checkbox
        label={text.changePin}
        checked={mustChange}
        onChange={(event) => setMustChange(event.currentTarget.checked)}
      />
    </ConfirmDialog>
  )
}
