/** The note of a login in words, short as for a column of a list, and as the pieces of an explanation. */
import { type Note, readNote } from '../auth/note.ts'
import type { OtpPlace } from '../auth/otp_place.ts'

export const PROTOCOLS = { chap: 'CHAP', mschap: 'MS-CHAP', mschapv2: 'MS-CHAPv2' } as const

/** For `audit list`: `3 codes ahead, CHAP`; null where there is no note. */
export function shortWords(detail: string | null): string | null {
  const note = readNote(detail)
  const { protocol, unsigned, otpOnly, answers, typed, failures, enabled, distance, outOfSync, passed } = note
  const said = [
    codes(distance ?? outOfSync, ahead),
    codes(passed, before),
    typed === undefined ? null : TYPED[typed],
    enabled === undefined ? null : `${enabled} tokens enabled`,
    failures === undefined ? null : `failure ${failures.map(failure).join(', ')}`,
    answers === undefined ? null : 'answer to a challenge',
    protocol === undefined ? null : PROTOCOLS[protocol],
    otpOnly ? 'OTP only' : null,
    unsigned ? 'not signed' : null,
  ].filter((words) => words !== null)
  return said.length === 0 ? null : said.join(', ')
}

/** A failure of this login was the last that a token may have. */
export function locksToken({ failures }: Note): boolean {
  return failures?.some(([count, limit]) => limit > 0 && count >= limit) ?? false
}

export const TYPED = { 'too-short': 'shorter than an OTP', 'otp-alone': 'no PIN before the OTP' } as const

function codes(places: Note['distance'], say: (place: number) => string): string | null {
  const found = places?.filter((place) => place !== null) ?? []
  return found.length === 0 ? null : found.map(say).join(' and ')
}

/** `3 codes ahead`; of TOTP a code is a time step. */
export function ahead(distance: number): string {
  if (distance === 0) return 'the expected code'
  const codes = Math.abs(distance)
  return `${codes} code${codes === 1 ? '' : 's'} ${distance > 0 ? 'ahead' : 'behind'}`
}

export function before(places: number): string {
  return `${places} code${places === 1 ? '' : 's'} back`
}

/** Where an OTP was found that was only looked at. */
export function placeInWords(place: OtpPlace): string {
  switch (place.found) {
    case 'window':
      return `in the window: ${ahead(place.distance)}`
    case 'sync-window':
      return `outside of the window, where resync looks: ${ahead(place.distance)}`
    case 'used':
      return `used or passed over before: ${before(-place.distance)}`
    case 'nowhere':
      return 'found nowhere, near or far'
  }
}

export function failure([count, limit]: readonly [number, number]): string {
  return limit === 0 ? String(count) : `${count} of ${limit}`
}
