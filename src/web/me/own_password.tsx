/** The password by which a user comes back without a code. */
import { Button, PasswordInput, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { isPassword, NewPasswordField } from '../parts/new_password_field.tsx'
import { notify } from '../parts/notices.tsx'
import { meText } from '../texts/me_text.ts'
import { useMe, useMeRun } from './me_session.tsx'

export function OwnPassword() {
  const { passwordSet, byCode } = useMe()
  const run = useMeRun()
  const [isOpen, setOpen] = useState(false)
  const [old, setOld] = useState('')
  const [password, setPassword] = useState('')
  const label = passwordSet ? meText.changePassword : meText.setPassword
  const close = () => {
    setOpen(false)
    setOld('')
    setPassword('')
  }
  return (
    <section aria-labelledby="own-password">
      <Title order={2} size="h3" id="own-password" mb={4}>
        {meText.password}
      </Title>
      <Text size="sm" mb="sm">
        {passwordSet ? meText.passwordIsSet : meText.passwordIsNot}
      </Text>
      <Button variant="default" onClick={() => setOpen(true)}>
        {label}
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={close}
        title={label}
        confirmLabel={meText.savePassword}
        isReady={isPassword(password) && (byCode || old !== '')}
        onConfirm={async () => {
          await run('set-password', { password, ...(byCode ? {} : { old }) })
          notify(meText.passwordSaved)
        }}
      >
        {byCode ? null : (
          <PasswordInput
            label={meText.oldPassword}
            value={old}
            onChange={(event) => setOld(event.currentTarget.value)}
            autoComplete="current-password"
            required
          />
        )}
        <NewPasswordField label={meText.newPassword} value={password} onChange={setPassword} />
        <Text size="sm">{meText.passwordFollows}</Text>
      </ConfirmDialog>
    </section>
  )
}
