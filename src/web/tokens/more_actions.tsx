/** What an administrator does with a token, and what the helpdesk asks it: buttons with their dialogues. */
import { Button, Group } from '@mantine/core'
import { type ComponentType, useState } from 'react'
import type { CommandName } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { useMay } from '../session/session.tsx'
import { tokenText as text } from '../texts/token_text.ts'
import { DeleteDialog } from './delete_dialog.tsx'
import { ExpirationDialog } from './expiration_dialog.tsx'
import { ConfirmTokenDialog, TestDialog } from './otp_dialogs.tsx'
import { AssignDialog, UnassignDialog } from './owner_dialogs.tsx'
import { SettingsDialog } from './settings_dialog.tsx'
import type { OneTokenProps } from './token_dialog_props.ts'

interface More {
  readonly label: string
  readonly needs: CommandName
  readonly Dialog: ComponentType<OneTokenProps>
  /** Whether it makes sense for this token. */
  readonly suits: (token: TokenView) => boolean
  readonly isMain?: boolean
  readonly isDangerous?: boolean
}

const MORE: readonly More[] = [
  {
    label: text.confirm,
    needs: 'token confirm',
    Dialog: ConfirmTokenDialog,
    suits: ({ pending }) => pending,
    isMain: true,
  },
  {
    label: text.test,
    needs: 'token test',
    Dialog: TestDialog,
    suits: ({ type }) => type !== 'password',
  },
  { label: text.expiration, needs: 'token set-limits', Dialog: ExpirationDialog, suits: () => true },
  { label: text.settings, needs: 'token set', Dialog: SettingsDialog, suits: () => true },
  { label: text.assign, needs: 'token assign', Dialog: AssignDialog, suits: ({ user }) => user === null },
  {
    label: text.unassign,
    needs: 'token unassign',
    Dialog: UnassignDialog,
    suits: ({ user }) => user !== null,
    isDangerous: true,
  },
  {
    label: text.delete,
    needs: 'token delete',
    Dialog: DeleteDialog,
    suits: () => true,
    isDangerous: true,
  },
]

export function MoreActions({ token }: { token: TokenView }) {
  const may = useMay()
  const [open, setOpen] = useState<string | null>(null)
  const offered = MORE.filter(({ needs }) => may(needs))
  if (offered.length === 0) return null
  return (
    <Group gap="xs" role="group" aria-label={text.more(token.serial)}>
      {offered.map(({ label, suits, isMain = false, isDangerous = false }) =>
        suits(token) ? (
          <Button
            key={label}
            size="compact-sm"
            variant={isMain ? 'filled' : isDangerous ? 'light' : 'default'}
            color={isDangerous ? 'red' : 'blue'}
            onClick={() => setOpen(label)}
          >
            {label}
          </Button>
        ) : null,
      )}
      {offered.map(({ label, Dialog }) => (
        <Dialog key={label} token={token} isOpen={open === label} onClose={() => setOpen(null)} />
      ))}
    </Group>
  )
}
