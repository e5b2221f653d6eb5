/** Lets a user into the console. */
import { Text } from '@mantine/core'
import { useState } from 'react'
import type { Role } from '../api/commands.gen.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { isPassword, NewPasswordField } from '../parts/new_password_field.tsx'
import { notify } from '../parts/notices.tsx'
import { UserField } from '../parts/user_field.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import { RoleField } from './role_field.tsx'

export interface AddDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onNotes: (notes: readonly string[]) => void
}

export function AddDialog({ isOpen, onClose, onNotes }: AddDialogProps) {
  const add = useRun('admin add')
  const [user, setUser] = useState('')
  const [role, setRole] = useState<Role>('helpdesk')
  const [password, setPassword] = useState('')
  const close = () => {
    setUser('')
    setPassword('')
    onClose()
  }
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={close}
      title={administratorsText.add}
      confirmLabel={administratorsText.addDo}
      isReady={user.trim() !== '' && isPassword(password)}
      onConfirm={async () => {
        const { administrator, notes } = await add.run({ user: user.trim(), role, password })
        onNotes(notes)
        notify(administratorsText.added(administrator.user))
      }}
    >
      <UserField
        label={administratorsText.user}
        description={administratorsText.userHint}
        value={user}
        onChange={setUser}
        isRequired
        isFirst
      />
      <RoleField role={role} onChange={setRole} />
      <NewPasswordField label={administratorsText.password} value={password} onChange={setPassword} />
      <Text size="sm">{administratorsText.tokenNeeded}</Text>
    </ConfirmDialog>
  )
}
