/** A session for people: times as they pass, octets by the thousand. */
import type { SessionView } from '../admin/session_commands.ts'
import type { Column } from './layout.ts'
import { plainTime, relativeTime } from './time_text.ts'

interface Now {
  readonly now: number
}

export function sessionColumns(page: Now): readonly Column<SessionView>[] {
  return [
    { title: 'ID', text: ({ id }) => String(id), align: 'right', whole: true },
    { title: 'USER', text: ({ user }) => user ?? '' },
    { title: 'CLIENT', text: ({ client }) => client },
    { title: 'ADDRESS', text: ({ framedIpAddress }) => framedIpAddress ?? '' },
    { title: 'FROM', text: ({ callingStationId }) => callingStationId ?? '' },
    { title: 'STARTED', text: ({ startedAt }) => plainTime(startedAt), whole: true },
    { title: 'LASTED', text: (session) => lasted(session, page), align: 'right', whole: true },
    { title: 'IN', text: ({ inputOctets }) => octets(inputOctets), align: 'right', whole: true },
    { title: 'OUT', text: ({ outputOctets }) => octets(outputOctets), align: 'right', whole: true },
    { title: 'STATE', text: state, whole: true },
  ]
}

export function sessionPairs(session: SessionView, page: Now): [string, string | null][] {
  const { startedAt, updatedAt, stoppedAt, nasIdentifier, nasIpAddress, source } = session
  const dated = (at: string) => `${plainTime(at)} (${relativeTime(at, page.now)})`
  return [
    ['id', String(session.id)],
    ['user', session.user ?? 'not told'],
    ['state', state(session)],
    ['client', session.client],
    ['NAS', [nasIdentifier, nasIpAddress].filter((name) => name !== null).join(', ')],
    ['told by', source],
    ['address', session.framedIpAddress],
    ['from', session.callingStationId],
    ['started', dated(startedAt)],
    ['last heard', dated(updatedAt)],
    ['ended', stoppedAt === null ? null : dated(stoppedAt)],
    ['lasted', lasted(session, page)],
    ['in', octets(session.inputOctets)],
    ['out', octets(session.outputOctets)],
    ['class', session.class],
    ['session id', session.acctSessionId],
    ['records', String(session.records)],
  ]
}

function state({ active, terminateCause }: SessionView): string {
  return active ? 'active' : (terminateCause ?? 'ended')
}

/** What the device counted; of a session that goes on, at least how long ago it began. */
function lasted({ active, startedAt, durationSeconds }: SessionView, { now }: Now): string {
  const since = active ? Math.floor((now - Date.parse(startedAt)) / 1000) : 0
  return hours(Math.max(durationSeconds, since, 0))
}

/** `0:05`, `1:02:03`, `3d 04:05:06`. */
export function hours(seconds: number): string {
  const two = (count: number) => String(count).padStart(2, '0')
  const [days, hour] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24]
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (days > 0) return `${days}d ${two(hour)}:${rest}`
  return hour > 0 ? `${hour}:${rest}` : rest.replace(/^0/, '')
}

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB']

/** `0 B`, `999 B`, `1.2 MB`: two or three digits tell enough. Never more than it was. */
export function octets(count: number): string {
  let scaled = count
  let power = 0
  while (scaled >= 1000 && power < UNITS.length) {
    scaled /= 1000
    power++
  }
  if (power === 0) return `${count} B`
  const shown = scaled < 10 ? (Math.floor(10 * scaled) / 10).toFixed(1) : String(Math.floor(scaled))
  return `${shown} ${UNITS[power - 1]}`
}
