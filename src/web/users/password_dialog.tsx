/** Sets the password by which a user serves himself. */
import { Text } from '@mantine/core'
import { useState } from 'react'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { isPassword, NewPasswordField } from '../parts/new_password_field.tsx'
import { notify } from '../parts/notices.tsx'
import { userText } from '../texts/user_text.ts'

export interface PasswordDialogProps {
  readonly user: string
  readonly hasToken: boolean
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function PasswordDialog({ user, hasToken, isOpen, onClose }: PasswordDialogProps) {
  const set = useRun('user set-password')
  const [password, setPassword] = useState('')
  const close = () => {
    setPassword('')
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={userText.passwordTitle(user)}
      confirmLabel={userText.setPassword}
      isReady={isPassword(password)}
      onConfirm={async () => {
        await set.run({ user, password })
        notify(userText.passwordIsSet)
      }}
    >
      <Text>{userText.passwordEffect}</Text>
      {hasToken ? null : <Text fw={600}>{userText.passwordNoToken}</Text>}
      <NewPasswordField label={userText.password} value={password} onChange={setPassword} isFirst />
    </ConfirmDialog>
  )
}
