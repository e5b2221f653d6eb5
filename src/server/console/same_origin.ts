/**
 * Whether a request that may change something comes from the console's own page. Together with POST alone, JSON alone and
 * cookies that are SameSite=Strict: no other page can make a browser send one. Knows no request but by its headers.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

export interface Site {
  readonly scheme: 'http' | 'https'
  /** Of the configuration: a proxy in front may name another host to us. */
  readonly url: string | null
}

/** Null: it does. Else why not, for whoever writes a client. */
export function foreignness(headers: IncomingHttpHeaders, { scheme, url }: Site): string | null {
  const { host, origin } = headers
  // Without TLS a name that an attacker owns may lead here (DNS rebinding), and its pages would be of one origin with us.
  if (scheme === 'http' && !isOurs(host ?? '', url)) return 'Host is no address of the console'
  const fetchSite = headers['sec-fetch-site']
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return 'Sec-Fetch-Site is not same-origin'
  if (origin === undefined) {
    return fetchSite === undefined ? 'there is neither Origin nor Sec-Fetch-Site' : null
  }
  const own = [`${scheme}://${host ?? ''}`, ...(url === null ? [] : [new URL(url).origin])]
  return own.includes(origin) ? null : 'Origin is another site'
}

/** `application/json`, whatever parameters follow: a form cannot send it. */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '')
}

function isOurs(host: string, url: string | null): boolean {
  const name = host.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1')
  return isIP(name) !== 0 || name === 'localhost' || (url !== null && host === new URL(url).host)
}
