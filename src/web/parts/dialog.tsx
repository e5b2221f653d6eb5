/** A dialogue over the page: it takes the focus and gives it back. The page below is held still by styles.css. */
import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { commonText } from '../texts/common_text.ts'

export interface DialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly title: string
  readonly size?: 'lg' | 'xl'
  /** What it shows is shown once: a click beside it does not close it. */
  readonly isKept?: boolean
  readonly children: ReactNode
}

export function Dialog({ isOpen, onClose, title, size = 'lg', isKept = false, children }: DialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': commonText.close }}
      transitionProps={{ duration: 0 }}
      // The library holds the page still by a style that it puts into it, which the policy of the console forbids.
      lockScroll={false}
      closeOnClickOutside={!isKept}
      size={size}
      // The page has a banner already.
      attributes={{ header: { role: 'presentation' } }}
    >
      {children}
    </Modal>
  )
}
