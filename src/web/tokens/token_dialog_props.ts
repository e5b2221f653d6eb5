/** What a dialogue about one token is given: its serial, or all of it where more is needed. */
import type { TokenView } from '../api/commands.gen.ts'

export interface TokenDialogProps {
  readonly serial: string
  readonly isOpen: boolean
  readonly onClose: () => void
}

export interface OneTokenProps extends Omit<TokenDialogProps, 'serial'> {
  readonly token: TokenView
}
