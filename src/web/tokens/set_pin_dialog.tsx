/** Asks for a new PIN of a token, or whether it shall have none. */
import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { PinField } from '../parts/pin_field.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import type { TokenDialogProps } from './token_dialog_props.ts'

export function SetPinDialog({ serial, isOpen, onClose }: TokenDialogProps) {
  const setPin = useRun('token set-pin')
  const [pin, writePin] = useState('')
  const [mustChange, setMustChange] = useState(false)
  const [hasNone, setHasNone] = useState(false)
  const close = () => {
    writePin('')
    setMustChange(false)
    setHasNone(false)
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={text.setPinTitle(serial)}
      confirmLabel={text.setPin}
      isReady={hasNone || pin !== ''}
      onConfirm={async () => {
        const changeAtNextLogin = mustChange ? { changeAtNextLogin: true } : {}
        await setPin.run({ serial, pin: hasNone ? null : pin, ...changeAtNextLogin })
        notify(hasNone ? text.pinIsCleared(serial) : text.pinIsSet(serial))
      }}
    >
      {hasNone ? null : (
        <PinField label={text.pin} rules={text.pinHint} value={pin} onChange={writePin} isFirst />
      )}
      <Checkbox
        label={text.noPin}
        checked={hasNone}
        onChange={(event) => setHasNone(event.currentTarget.checked)}
      />
      <Checkbox
        label={text.changePin}
        checked={mustChange}
        onChange={(event) => setMustChange(event.currentTarget.checked)}
      />
    </ConfirmDialog>
  )
}
