/**
 * What a registration link brings, in its fragment: a name and a code. It is taken out of the address at once, so that no
 * history and no copied address keeps it; and it is not used before somebody says so: programs look at links in mails too.
 */
import { useEffect, useState } from 'react'

export interface RegistrationLink {
  readonly user: string
  readonly code: string
}

/** Null: there is none, or no more. */
export function useRegistrationLink(): [RegistrationLink | null, () => void] {
  const [link, setLink] = useState(() => readLink(window.location.hash))
  useEffect(() => {
    const clear = () => {
      if (window.location.hash !== '') window.history.replaceState(null, '', '/me')
    }
    // Another link, pasted into the page that is open.
    const changed = () => {
      const other = readLink(window.location.hash)
      if (other !== null) setLink(other)
      clear()
    }
    clear()
    window.addEventListener('hashchange', changed)
    return () => window.removeEventListener('hashchange', changed)
  }, [])
  return [link, () => setLink(null)]
}

function readLink(hash: string): RegistrationLink | null {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const code = given.get('code')
  return code === null ? null : { user: given.get('user') ?? '', code }
}
