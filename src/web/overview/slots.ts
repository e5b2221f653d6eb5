/** The minutes of the server's activity as bars of equal length, those without anything too, oldest first. */
import type { Output } from '../api/client.ts'

type Minute = Output<'server activity'>['minutes'][number]
export type Slot = Minute

export const SERIES = ['accept', 'challenge', 'reject', 'dropped'] as const
export type Series = (typeof SERIES)[number]

const MINUTE_MS = 60_000
const NOTHING = { accept: 0, challenge: 0, reject: 0, dropped: 0 }

/** By the server's clock: the last one has its last minute. */
export function slotsOf(minutes: readonly Minute[], slotMinutes: number, count: number): Slot[] {
  const slotMs = slotMinutes * MINUTE_MS
  const last = minutes.at(-1)
  const end = Math.floor((last === undefined ? Date.now() : Date.parse(last.at)) / slotMs)
  const slots = Array.from({ length: count }, (_, index) => ({
    at: new Date((end - count + 1 + index) * slotMs).toISOString(),
    ...NOTHING,
  }))
  for (const minute of minutes) {
    const slot = slots[Math.floor(Date.parse(minute.at) / slotMs) - end + count - 1]
    if (slot !== undefined) for (const series of SERIES) slot[series] += minute[series]
  }
  return slots
}

export function sumOf(slots: readonly Slot[]): Record<Series, number> {
  const sum = { ...NOTHING }
  for (const slot of slots) for (const series of SERIES) sum[series] += slot[series]
  return sum
}

export function totalOf(slot: Readonly<Record<Series, number>>): number {
  return SERIES.reduce((total, series) => total + slot[series], 0)
}
