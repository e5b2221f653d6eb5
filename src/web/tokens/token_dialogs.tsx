/** The dialogues about one token, of which one is open at a time. Whoever shows them says which. */
import { LostDialog } from './lost_dialog.tsx'
import { ResyncDialog } from './resync_dialog.tsx'
import { SetPinDialog } from './set_pin_dialog.tsx'
import { DisableDialog, EnableDialog } from './switch_dialog.tsx'

export type TokenDialog = 'set-pin' | 'resync' | 'lost' | 'enable' | 'disable'

export interface TokenDialogsProps {
  readonly serial: string
  readonly isPending?: boolean
  readonly open: TokenDialog | null
  readonly onClose: () => void
}

export function TokenDialogs({ serial, isPending = false, open, onClose }: TokenDialogsProps) {
  const props = (dialog: TokenDialog) => ({ serial, isOpen: open === dialog, onClose })
  return (
    <>
      <SetPinDialog {...props('set-pin')} />
      <ResyncDialog {...props('resync')} />
      <LostDialog {...props('lost')} />
      <EnableDialog {...props('enable')} isPending={isPending} />
      <DisableDialog {...props('disable')} />
    </>
  )
}
