/** Gives a token to a user, or takes it from him. */
import { Text } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { PinField } from '../parts/pin_field.tsx'
import { UserField } from '../parts/user_field.tsx'
import { tokenText } from '../texts/token_text.ts'
import type { OneTokenProps } from './token_dialog_props.ts'

export function AssignDialog({ token: { serial }, isOpen, onClose }: OneTokenProps) {
  const assign = useRun('token assign')
  const [user, setUser] = useState('')
  const [pin, setPin] = useState('')
  const close = () => {
    setUser('')
    setPin('')
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={tokenText.assignTitle(serial)}
      confirmLabel={tokenText.assign}
      isReady={user.trim() !== ''}
      onConfirm={async () => {
        const { token } = await assign.run({
          serial,
          user: user.trim(),
          ...(pin === '' ? {} : { pin }),
        })
        notify(tokenText.assigned(serial, token.user ?? ''))
      }}
    >
      <UserField label={tokenText.assignUser} value={user} onChange={setUser} isFirst />
      <PinField label={tokenText.assignPin} rules={tokenText.assignPinHint} value={pin} onChange={setPin} />
    </ConfirmDialog>
  )
}

export function UnassignDialog({ token: { serial, user }, isOpen, onClose }: OneTokenProps) {
  const unassign = useRun('token unassign')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={tokenText.unassignTitle(serial)}
      confirmLabel={tokenText.unassign}
      isDangerous
      onConfirm={async () => {
        await unassign.run({ serial })
        notify(tokenText.unassigned(serial))
      }}
    >
      <Text>{tokenText.unassignEffect(user ?? '')}</Text>
    </ConfirmDialog>
  )
}
