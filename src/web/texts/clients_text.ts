/** Words of the page of RADIUS clients. */
export const clientsText = {
  title: 'Clients',
  clients: (count: number) => (count === 1 ? 'One RADIUS client' : `${count} RADIUS clients`),
  since: (node: string) => `What node ${node} has counted since it was started.`,
  clientNamed: (name: string) => `Client ${name}`,
  lastPacket: 'Last packet:',
  well: 'Well',
  silent: 'Silent',
  dropping: 'Packets dropped',
  notSigned: 'Not signed',
  fields: {
    requests: 'Requests',
    accepts: 'Accepted',
    rejects: 'Rejected',
    challenges: 'Asked back',
    duplicates: 'Sent again',
    faults: 'Dropped',
  },
  unsigned: (count: number) =>
    `${count === 1 ? 'One login' : `${count} logins`} without Message-Authenticator`,
  unsignedMeans:
    'Somebody on the way could forge such a login (CVE-2024-3596). Update the device or let it send Message-Authenticator. Then require it in the block of this client:',
  dropped: (count: number) =>
    count === 1 ? 'One packet dropped or refused,' : `${count} packets dropped or refused, the last one`,
  from: (address: string) => `from ${address}`,
  remedy: (remedy: string) => `What helps: ${remedy}.`,
  lineFor: 'In the block of this client:',
  copyLines: 'Copy the lines',

  unknown: 'Unknown addresses',
  unknownMeans: 'They send something, and are no client: what they send is dropped.',
  noUnknown: 'Nobody has sent anything who is no client.',
  columns: { address: 'Address', count: 'Packets', lastAt: 'Last', more: 'What to do' },
  admit: 'Admit it …',
  admitAddress: (address: string) => `Admit it … (${address})`,

  check: 'Check an address',
  address: 'Address',
  addressHint: 'IPv4 or IPv6, that a device sends from',
  checkIt: 'Check',
  isNone: (address: string) => `${address} is no client`,
  isClient: (address: string, name: string) => `${address} is the client ${name}`,
  shorter: (others: string) => `It lies in other networks too, which count less: ${others}.`,
  admitMeans: 'These lines of the configuration admit it. Then: sallyport server reload.',
  settings: 'Settings of this client',
}
