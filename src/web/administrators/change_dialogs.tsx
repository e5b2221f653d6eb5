/** What an admin changes about another: role, password, and whether he is one at all. Each ends his sessions. */
import { Text } from '@mantine/core'
import { useState } from 'react'
import type { Role } from '../api/commands.gen.ts'
import { useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { isPassword, NewPasswordField } from '../parts/new_password_field.tsx'
import { notify } from '../parts/notices.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import type { Administrator } from './administrator.ts'
import { RoleField } from './role_field.tsx'

export interface ChangeProps {
  readonly administrator: Administrator
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onNotes: (notes: readonly string[]) => void
}

export function RoleChange({ administrator, isOpen, onClose, onNotes }: ChangeProps) {
  const { user, role: before } = administrator
  const setRole = useRun('admin set-role')
  const [chosen, choose] = useState<Role | null>(null)
  const role = chosen ?? before
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={() => {
        choose(null)
        onClose()
      }}
      title={administratorsText.of(administratorsText.setRole, user)}
      confirmLabel={administratorsText.setRole}
      isReady={role !== before}
      onConfirm={async () => {
        onNotes((await setRole.run({ user, role })).notes)
        notify(administratorsText.roleIsSet(user))
      }}
    >
      <RoleField role={role} onChange={choose} />
      <Text size="sm">{administratorsText.sessionsEnd}</Text>
    </ConfirmDialog>
  )
}

export function PasswordChange({ administrator: { user }, isOpen, onClose, onNotes }: ChangeProps) {
  const setPassword = useRun('admin set-password')
  const [password, type] = useState('')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={() => {
        type('')
        onClose()
      }}
      title={administratorsText.of(administratorsText.setPassword, user)}
      confirmLabel={administratorsText.setPassword}
      isReady={isPassword(password)}
      onConfirm={async () => {
        onNotes((await setPassword.run({ user, password })).notes)
        notify(administratorsText.passwordIsSet(user))
      }}
    >
      <NewPasswordField label={administratorsText.password} value={password} onChange={type} isFirst />
      <Text size="sm">{administratorsText.sessionsEnd}</Text>
    </ConfirmDialog>
  )
}

export function Removal({ administrator: { user }, isOpen, onClose, onNotes }: ChangeProps) {
  const remove = useRun('admin remove')
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={administratorsText.of(administratorsText.remove, user)}
      confirmLabel={administratorsText.remove}
      isDangerous
      onConfirm={async () => {
        onNotes((await remove.run({ user })).notes)
        notify(administratorsText.removed(user))
      }}
    >
      <Text>{administratorsText.removeMeans}</Text>
    </ConfirmDialog>
  )
}
