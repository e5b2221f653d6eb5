/** Opens the explanation of a row of the audit trail over the page, which must have an ExplainDialog. */
import { Anchor } from '@mantine/core'
import type { MouseEvent } from 'react'
import { useQuery } from '../parts/use_address.ts'

export interface ExplainLinkProps {
  readonly id: number
  readonly text: string
  /** Where the text does not say which row. */
  readonly label?: string
}

export function ExplainLink({ id, text, label }: ExplainLinkProps) {
  const [query, change] = useQuery()
  query.set('explain', String(id))
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    change({ explain: String(id) }, true)
  }
  return (
    <Anchor href={`?${query}`} onClick={open} aria-label={label} inherit>
      {text}
    </Anchor>
  )
}
