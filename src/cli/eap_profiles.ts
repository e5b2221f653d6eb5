/** What devices must be told to join a Wi-Fi by EAP, device by device; and a profile for Apple's. Says nothing secret. */
import { createHash } from 'node:crypto'

export interface WifiProfile {
  readonly ssid: string
  /** In the server's certificate. */
  readonly serverName: string
  /** PEM, and where it lies. */
  readonly ca: string
  readonly caFile: string
}

const ANONYMOUS = 'anonymous'

export function describeProfiles({ ssid, serverName, caFile }: WifiProfile): string[] {
  const common = (method: string, inner: string): Row[] => [
    ['Security', 'WPA2/WPA3-Enterprise'],
    ['EAP method', method],
    ['Phase 2', inner],
    ['CA certificate', caFile],
    ['Server name', serverName],
    ['Anonymous identity', ANONYMOUS],
    ['User and password', 'the user name; PIN and one-time password'],
  ]
  return [
    ...titled('Android', [
      ...common('TTLS', 'PAP or GTC').map(
        ([name, value]): Row => [name === 'Server name' ? 'Domain' : name, value],
      ),
    ]),
    ...titled('Windows 10 and 11', [
      ['Network', `${ssid}, WPA2-Enterprise`],
      ['Method', 'EAP-TTLS, non-EAP method: unencrypted password (PAP)'],
      ['Trusted root', `import ${caFile} into "Trusted Root Certification Authorities" first, and tick it`],
      ['Connect to these servers', serverName],
      ['Identity privacy', ANONYMOUS],
      ['Do not', 'cache the password: it is another each time'],
    ]),
    ...titled('macOS, iOS, iPadOS', [
      ['Profile', 'sallyport eap profile --ssid NAME > wifi.mobileconfig, then open it on the device'],
    ]),
    ...titled('wpa_supplicant', [], wpaSupplicant({ ssid, serverName, caFile })),
    ...titled(
      'NetworkManager',
      [],
      [
        `nmcli connection add type wifi con-name ${shell(ssid)} ssid ${shell(ssid)} \\`,
        '  wifi-sec.key-mgmt wpa-eap 802-1x.eap ttls 802-1x.phase2-auth pap \\',
        `  802-1x.ca-cert ${shell(caFile)} 802-1x.domain-match ${serverName} \\`,
        `  802-1x.anonymous-identity ${ANONYMOUS} 802-1x.identity USER 802-1x.password-flags 2`,
      ],
    ),
  ]
}

function wpaSupplicant({
  ssid,
  serverName,
  caFile,
}: Pick<WifiProfile, 'ssid' | 'serverName' | 'caFile'>): string[] {
  return [
    'network={',
    `  ssid=${JSON.stringify(ssid)}`,
    '  key_mgmt=WPA-EAP',
    '  eap=TTLS',
    '  phase2="auth=PAP"',
    `  ca_cert=${JSON.stringify(caFile)}`,
    `  domain_match=${JSON.stringify(serverName)}`,
    `  anonymous_identity=${JSON.stringify(ANONYMOUS)}`,
    '  identity="USER"',
    '}',
  ]
}

type Row = readonly [name: string, value: string]

function titled(title: string, rows: readonly Row[], lines: readonly string[] = []): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return [
    '',
    title,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...lines.map((line) => `  ${line}`),
  ]
}

function shell(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * A .mobileconfig for macOS, iOS and iPadOS: the CA and one Wi-Fi by EAP-TTLS with PAP, which asks for PIN and OTP at each
 * connection. The same input gives the same identifiers, so that a new one takes the old one's place.
 */
export function mobileConfig({ ssid, serverName, ca }: WifiProfile): string {
  const [profile, anchor, wifi] = ['profile', 'ca', 'wifi'].map((part) =>
    uuidOf(`${ssid} ${serverName} ${part}`),
  )
  const der = ca.replace(/-----[^-]+-----|\s/g, '')
  const anchorPayload = dict({
    PayloadType: 'com.apple.security.root',
    PayloadVersion: 1,
    PayloadIdentifier: `sallyport.${anchor}`,
    PayloadUUID: anchor!,
    PayloadDisplayName: `CA of ${serverName}`,
    PayloadContent: { base64: der },
  })
  const wifiPayload = dict({
    PayloadType: 'com.apple.wifi.managed',
    PayloadVersion: 1,
    PayloadIdentifier: `sallyport.${wifi}`,
    PayloadUUID: wifi!,
    PayloadDisplayName: ssid,
    SSID_STR: ssid,
    AutoJoin: true,
    EncryptionType: 'WPA2',
    EAPClientConfiguration: {
      xml: dict({
        AcceptEAPTypes: { xml: '<array><integer>21</integer></array>' },
        TTLSInnerAuthentication: 'PAP',
        OneTimeUserPassword: true,
        OuterIdentity: ANONYMOUS,
        TLSTrustedServerNames: { xml: `<array><string>${escaped(serverName)}</string></array>` },
        PayloadCertificateAnchorUUID: { xml: `<array><string>${anchor}</string></array>` },
      }),
    },
  })
  const whole = dict({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: `sallyport.${profile}`,
    PayloadUUID: profile!,
    PayloadDisplayName: `Wi-Fi ${ssid}`,
    PayloadContent: { xml: `<array>${anchorPayload}${wifiPayload}</array>` },
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<plist version="1.0">${whole}</plist>`,
    '',
  ].join('\n')
}

type PlistValue = string | number | boolean | { readonly base64: string } | { readonly xml: string }

function dict(entries: Readonly<Record<string, PlistValue>>): string {
  return `<dict>${Object.entries(entries)
    .map(([key, value]) => `<key>${key}</key>${plist(value)}`)
    .join('\n')}</dict>`
}

function plist(value: PlistValue): string {
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`
  if (typeof value === 'number') return `<integer>${value}</integer>`
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>'
  return 'xml' in value ? value.xml : `<data>${value.base64}</data>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** RFC 9562 §5.8: of a hash, and nothing else. */
function uuidOf(text: string): string {
  const octets = createHash('sha256').update(text).digest().subarray(0, 16)
  octets[6] = (octets[6]! & 0x0f) | 0x80
  octets[8] = (octets[8]! & 0x3f) | 0x80
  return octets
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    .toUpperCase()
}
