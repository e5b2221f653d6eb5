/** What a dialogue about one token is given, where it needs more of it than the serial. */
import type { TokenView } from '../api/commands.gen.ts'

export interface OneTokenProps {
  readonly token: TokenView
  readonly isOpen: boolean
  readonly onClose: () => void
}
