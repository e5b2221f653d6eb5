/** What the helpdesk needs most for one token, as buttons: those that make sense for it, and that he may use. */
import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import type { TokenView } from '../api/commands.gen.ts'
import { useRun } from '../api/use_command.ts'
import { notify, notifyError } from '../parts/notices.tsx'
import { useMay } from '../session/session.tsx'
import { tokenDialogText as text } from '../texts/token_dialog_text.ts'
import { type TokenDialog, TokenDialogs } from './token_dialogs.tsx'

export function TokenActions({ token }: { token: TokenView }) {
  const may = useMay()
  const reset = useRun('token reset-fail-count')
  const [open, setOpen] = useState<TokenDialog | null>(null)
  const { serial, active, pending, locked, failCount, type } = token
  if (!may('token set-pin')) return null
  const unlock = async () => {
    try {
      await reset.run({ serial })
      notify(text.unlocked(serial))
    } catch (error) {
      notifyError(error)
    }
  }
  const button = (dialog: TokenDialog, label: string) => (
    <Button size="compact-sm" variant="default" onClick={() => setOpen(dialog)}>
      {label}
    </Button>
  )
  return (
    <Group gap="xs" role="group" aria-label={text.actions(serial)}>
      {failCount === 0 ? null : (
        <Button
          size="compact-sm"
          variant={locked ? 'filled' : 'default'}
          loading={reset.isPending}
          onClick={() => void unlock()}
        >
          {locked ? text.unlock : text.resetFailures}
        </Button>
      )}
      {active ? null : button('enable', text.enable)}
      {button('set-pin', text.setPin)}
      {type === 'password' ? null : button('resync', text.resync)}
      {active ? button('disable', text.disable) : null}
      {(active || pending) && type !== 'password' ? button('lost', text.lost) : null}
      <TokenDialogs serial={serial} isPending={pending} open={open} onClose={() => setOpen(null)} />
    </Group>
  )
}
