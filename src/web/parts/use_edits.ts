/** Fields that begin with what is there already: what is typed over it, until it is saved or given up. */
import { useState } from 'react'

export interface Edits<F extends string> {
  readonly text: (field: F) => string
  readonly edit: (field: F, text: string) => void
  /** Of what is there, what is to be different. */
  readonly changed: Readonly<Partial<Record<F, string>>>
  readonly isChanged: boolean
  readonly reset: () => void
}

/** `present` may change meanwhile: somebody else works on the same thing. */
export function useEdits<F extends string>(present: Readonly<Record<F, string>>): Edits<F> {
  const [typed, setTyped] = useState<Partial<Record<F, string>>>({})
  const fields = (Object.keys(present) as F[]).filter(
    (field) => typed[field] !== undefined && typed[field] !== present[field],
  )
  return {
    text: (field) => typed[field] ?? present[field],
    edit: (field, text) => setTyped((before) => ({ ...before, [field]: text })),
    changed: Object.fromEntries(fields.map((field) => [field, typed[field]])) as Partial<Record<F, string>>,
    isChanged: fields.length > 0,
    reset: () => setTyped({}),
  }
}
