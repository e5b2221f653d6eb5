/**
 * What the address says: a part of its path, and what stands behind the question mark. Reads it as the browser has it: the
 * router's own hooks decode twice, so that a user called `100%25` would be another.
 */
import { navigate, usePathname, useSearch } from 'wouter/use-browser-location'

type Change = Readonly<Record<string, string | null>>

/** `change({ q: 'a' })` sets, `null` or an empty text takes away; `true` leaves a way back. */
export function useQuery(): readonly [URLSearchParams, (change: Change, isStep?: boolean) => void] {
  const search = useSearch()
  const change = (values: Change, isStep = false) => {
    const query = new URLSearchParams(window.location.search)
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === '') query.delete(name)
      else query.set(name, value)
    }
    const text = query.toString()
    navigate(window.location.pathname + (text === '' ? '' : `?${text}`), { replace: !isStep })
  }
  return [new URLSearchParams(search), change]
}

/** Of `/users/alice`, 1 is `alice`. */
export function usePathPart(index: number): string {
  return decodePart(usePathname().split('/')[index + 1] ?? '')
}

/** A path that somebody typed may be no encoding of anything. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
