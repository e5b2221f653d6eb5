/** Words of the overview. */
export const overviewText = {
  title: 'Overview',
  logins: 'Logins',
  range: 'Of the last',
  ranges: { hour: 'hour', day: 'day' } as Readonly<Record<string, string>>,
  chart: 'Logins over time. Arrow keys go from bar to bar.',
  series: { accept: 'accepted', challenge: 'asked back', reject: 'rejected', dropped: 'dropped' },
  sum: (range: string) => `In the last ${range}`,
  asTable: 'As a table',
  tableOf: (range: string) => `Logins of the last ${range}`,
  when: 'When',
  nothingCame: 'Nothing came in this time.',
  mostInABar: (most: number, minutes: number) =>
    minutes === 1 ? `${most} a minute` : `${most} in ${minutes} minutes`,
  ofThisNode: (node: string) => `As node ${node} has seen it since its start.`,

  reasons: 'Why logins were rejected',
  noReasons: 'None was rejected.',
  reasonCount: (count: number) => count.toLocaleString('en'),

  locked: 'Locked tokens',
  lockedCount: (count: number, isExact: boolean) =>
    `${isExact ? '' : 'more than '}${count.toLocaleString('en')}`,
  noneLocked: 'No token is locked.',
  seeLocked: 'See which, and unlock them',

  dropped: 'What devices sent in vain',
  droppedNone: 'Nothing was dropped since the start.',
  droppedRow: (client: string, count: number) =>
    `${client}: ${count.toLocaleString('en')} ${count === 1 ? 'request' : 'requests'}`,
  last: 'the last one',
  unknownAddresses: (count: number) =>
    count === 1
      ? 'An address that is no client sends something.'
      : `${count} addresses that are no client send something.`,
  seeClients: 'See the clients',

  health: 'Health',
  database: 'Database',
  reachable: 'reachable',
  unreachable: 'does not answer',
  consoleCertificate: 'Certificate of the console',
  radsecCertificate: 'Certificate for RADIUS over TLS',
  eapCertificate: 'Certificate for EAP',
  noTls: 'served without TLS',
  valid: 'valid',
  endsSoon: 'ends soon',
  ended: 'has ended',
  until: 'until',
  kernelDrops: 'Lost before they were read',
  kernelDropsHint: (count: number) =>
    `${count.toLocaleString('en')} datagrams: the receive buffer was full. See “receive buffer” in the README.`,
  version: 'Version',
  node: 'Node',
  uptime: 'Up for',
  since: 'since',
  listening: 'Listening on',
}
