/** What a form does when it is sent, one time after the other: whether it is under way, and what it threw. */
import { type FormEvent, useState } from 'react'

export interface Submit {
  readonly submit: (event: FormEvent) => Promise<void>
  readonly isBusy: boolean
  /** Null: nothing went wrong. */
  readonly error: unknown
  readonly forgetError: () => void
}

export function useSubmit(run: () => Promise<void>): Submit {
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    // A dialogue stands in another's React tree: its form must not send that one too.
    event.stopPropagation()
    setBusy(true)
    setError(null)
    await run().catch(setError)
    setBusy(false)
  }
  return { submit, isBusy, error, forgetError: () => setError(null) }
}
