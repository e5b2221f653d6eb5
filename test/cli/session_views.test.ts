import { expect, test } from '@jest/globals'
import type { SessionView } from '../../src/admin/session_commands.ts'
import { hours, octets } from '../../src/cli/session_views.ts'
import { render } from '../../src/cli/views.ts'

const NOW = Date.parse('2026-11-24T03:00:00Z')
const SESSION: SessionView = {
  id: 7,
  user: 'alice',
  client: 'vpn',
  active: true,
  startedAt: '2026-11-24T02:00:00.000Z',
  updatedAt: '2026-11-24T02:55:00.000Z',
  stoppedAt: null,
  durationSeconds: 3300,
  inputOctets: 1_234_567,
  outputOctets: 98_765_432_100,
  framedIpAddress: '192.168.0.5',
  callingStationId: '198.51.100.9',
  terminateCause: null,
  class: null,
  acctSessionId: '0000A1',
  nasIpAddress: '10.0.0.7',
  nasIdentifier: 'gw',
  source: '10.0.0.7',
  records: 12,
}
const ENDED: SessionView = {
  ...SESSION,
  id: 6,
  user: null,
  active: false,
  stoppedAt: '2026-11-24T02:00:59.000Z',
  durationSeconds: 59,
  terminateCause: 'idle-timeout',
  framedIpAddress: 'e\u001b[31mvil',
}

test('a list of sessions is a table for people', () => {
  const page = { width: 140, now: NOW }
  expect(render({ sessions: [SESSION, ENDED], nextCursor: null }, page)).toEqual([
    'ID  USER   CLIENT  ADDRESS         FROM          STARTED                LASTED      IN    OUT  STATE',
    ' 7  alice  vpn     192.168.0.5     198.51.100.9  2026-11-24 02:00:00Z  1:00:00  1.2 MB  98 GB  active',
    ' 6         vpn     e\\u{1b}[31mvil  198.51.100.9  2026-11-24 02:00:00Z     0:59  1.2 MB  98 GB  idle-timeout',
  ])
  expect(render({ sessions: [], nextCursor: null }, page)).toEqual(['no sessions'])
})

test('one session is a block', () => {
  expect(render({ session: SESSION }, { width: 80, now: NOW })).toEqual([
    'id          7',
    'user        alice',
    'state       active',
    'client      vpn',
    'NAS         gw, 10.0.0.7',
    'told by     10.0.0.7',
    'address     192.168.0.5',
    'from        198.51.100.9',
    'started     2026-11-24 02:00:00Z (1 hour ago)',
    'last heard  2026-11-24 02:55:00Z (5 minutes ago)',
    'lasted      1:00:00',
    'in          1.2 MB',
    'out         98 GB',
    'session id  0000A1',
    'records     12',
  ])
})

test.each([
  [0, '0:00'],
  [59, '0:59'],
  [600, '10:00'],
  [3599, '59:59'],
  [3600, '1:00:00'],
  [86_399, '23:59:59'],
  [86_400, '1d 00:00:00'],
  [2_678_461, '31d 00:01:01'],
])('%i seconds are %s', (seconds, expected) => {
  expect(hours(seconds)).toBe(expected)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9999, '9.9 kB'],
  [10_000, '10 kB'],
  [999_999, '999 kB'],
  [1_000_000, '1.0 MB'],
  [Number.MAX_SAFE_INTEGER, '9.0 PB'],
])('%i octets are %s', (count, expected) => {
  expect(octets(count)).toBe(expected)
})
