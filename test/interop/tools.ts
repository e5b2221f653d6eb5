/** Programs of the system that know RADIUS and OTPs apart from us. Where one is missing its tests are skipped, but not in CI. */
import { type SpawnOptionsWithoutStdio, spawn, spawnSync } from 'node:child_process'
import { describe, test } from '@jest/globals'

/** Debian's package of each. */
const PACKAGES = {
  radclient: 'freeradius-utils',
  radtest: 'freeradius-utils',
  oathtool: 'oathtool',
  tshark: 'tshark',
  radsecproxy: 'radsecproxy',
  openssl: 'openssl',
  freeradius: 'freeradius',
  eapol_test: 'eapoltest',
  hostapd: 'hostapd',
  wpa_supplicant: 'wpasupplicant',
  ip: 'iproute2',
  'chromium-headless-shell': 'chromium-headless-shell',
}
export type Tool = keyof typeof PACKAGES

/** `describe` for tests that need these programs. */
export function describeWith(tools: readonly Tool[], name: string, tests: () => void): void {
  const absent = missing(tools)
  if (absent.length === 0) {
    describe(name, tests)
    return
  }
  const packages = [...new Set(absent.map((tool) => PACKAGES[tool]))].join(' ')
  const remedy = `${absent.join(', ')} missing: apt-get install ${packages}`
  if (process.env.CI === 'true') {
    test(name, () => {
      throw new Error(remedy)
    })
    return
  }
  process.stderr.write(`skipped: ${name}: ${remedy}\n`)
  describe.skip(`${name} (${remedy})`, tests)
}

function missing(tools: readonly Tool[]): Tool[] {
  return tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
}

/**
 * The same for tests that need something of the system too.
 * `obstacle`: why it cannot be had here; they are skipped then, and CI says so.
 */
export function describeWhere(
  tools: readonly Tool[],
  obstacle: () => string | null,
  name: string,
  tests: () => void,
): void {
  const reason = missing(tools).length > 0 ? null : obstacle()
  if (reason === null) {
    describeWith(tools, name, tests)
    return
  }
  process.stderr.write(`skipped: ${name}: ${reason}\n`)
  describe.skip(`${name} (${reason})`, tests)
}

export interface Ran {
  readonly status: number | null
  readonly output: string
}

export function runTool(
  tool: Tool,
  args: readonly string[],
  stdin = '',
  options: SpawnOptionsWithoutStdio = {},
): Promise<Ran> {
  const child = spawn(tool, args, options)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, output }))
  })
}

/** What oathtool shows. `args`: such as `--hotp --counter 3`. */
export async function oathtool(secretHex: string, ...args: readonly string[]): Promise<string> {
  const { status, output } = await runTool('oathtool', [...args, secretHex])
  if (status !== 0) throw new Error(output)
  return output.trim()
}
