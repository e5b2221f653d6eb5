/** The button that does what an advice says, for those that need something typed: a dialogue, or the page for it. */
import { Anchor, Button } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { CommandName } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { enrollPath } from '../parts/paths.ts'
import { useMay } from '../session/session.tsx'
import { tokenDialogText } from '../texts/token_dialog_text.ts'
import { userText } from '../texts/user_text.ts'
import { type TokenDialog, TokenDialogs } from '../tokens/token_dialogs.tsx'

export interface AdviceButtonProps {
  /** Such as `token resync`. */
  readonly verb: string
  readonly user: string
  /** Those of the login. */
  readonly tokens: readonly TokenView[]
}

const DIALOGS: Readonly<Record<string, { needs: CommandName; dialog: TokenDialog; label: string }>> = {
  'token set-pin': { needs: 'token set-pin', dialog: 'set-pin', label: tokenDialogText.setPin },
  'token resync': { needs: 'token resync', dialog: 'resync', label: tokenDialogText.resync },
}

export function AdviceButton({ verb, user, tokens }: AdviceButtonProps) {
  const may = useMay()
  if (verb === 'token enroll' && may('token enroll')) {
    return (
      <Anchor component={Link} href={enrollPath(user)}>
        {userText.enroll}
      </Anchor>
    )
  }
  if (verb === 'user list') {
    return (
      <Anchor component={Link} href={`/users?${new URLSearchParams({ q: user })}`}>
        {userText.lookUp}
      </Anchor>
    )
  }
  const { needs, dialog, label } = DIALOGS[verb] ?? {}
  if (needs === undefined || dialog === undefined || label === undefined || !may(needs)) return null
  const usable = tokens.filter(({ active, type }) => active && (type !== 'password' || dialog !== 'resync'))
  return usable.map(({ serial }) => (
    <OpeningButton
      key={serial}
      serial={serial}
      dialog={dialog}
      label={usable.length === 1 ? label : `${label}: ${serial}`}
    />
  ))
}

function OpeningButton({ serial, dialog, label }: { serial: string; dialog: TokenDialog; label: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button size="compact-sm" onClick={() => setOpen(true)}>
        {label}
      </Button>
      <TokenDialogs serial={serial} open={isOpen ? dialog : null} onClose={() => setOpen(false)} />
    </>
  )
}
