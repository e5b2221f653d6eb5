/**
 * A port of a switch and the device on its cable (IEEE 802.1X): hostapd and wpa_supplicant at the two ends of a veth pair, set
 * as their guides say. hostapd asks the server by its own RADIUS client, and opens the port by what that says.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Endpoint } from '../../src/network.ts'
import { CLIENT_SECRET } from '../e2e/server.ts'
import { until } from '../support/until.ts'

export interface SwitchPortOptions {
  readonly server: Endpoint
  readonly accounting: Endpoint
  readonly disconnectPort: number
  /** In place of what the guide of wpa_supplicant has, by key. */
  readonly network: Readonly<Record<string, string>>
}

let count = 0

export class SwitchPort {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sallyport-port-'))
  readonly #port: string
  readonly #cable: string
  readonly #children: ChildProcess[] = []
  #address = ''
  /** All that hostapd has said, and the device. */
  switchLog = ''
  deviceLog = ''

  private constructor() {
    // An interface has 15 characters at most.
    const name = `sp${process.pid % 1_000_000}x${count++}`
    this.#port = `${name}s`
    this.#cable = `${name}d`
  }

  /** Why there can be none on this machine; null if there can. */
  static obstacle(): string | null {
    const name = `sp${process.pid % 1_000_000}t`
    const made = ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}d`)
    if (made.status !== 0) return `no veth pair can be made here, which takes CAP_NET_ADMIN: ${made.said}`
    ip('link', 'delete', name)
    return null
  }

  static async open(options: SwitchPortOptions): Promise<SwitchPort> {
    const port = new SwitchPort()
    try {
      await port.#open(options)
      return port
    } catch (error) {
      await port.close()
      throw error
    }
  }

  async #open({ server, accounting, disconnectPort, network }: SwitchPortOptions): Promise<void> {
    const made = ip('link', 'add', this.#port, 'type', 'veth', 'peer', 'name', this.#cable)
    if (made.status !== 0) throw new Error(made.said)
    for (const name of [this.#port, this.#cable]) ip('link', 'set', name, 'up')
    this.#address = readFileSync(`/sys/class/net/${this.#cable}/address`, 'utf8').trim()
    const { host } = server
    const own = {
      interface: this.#port,
      own_ip_addr: host,
      auth_server_addr: host,
      auth_server_port: server.port,
      auth_server_shared_secret: CLIENT_SECRET,
      acct_server_addr: accounting.host,
      acct_server_port: accounting.port,
      acct_server_shared_secret: CLIENT_SECRET,
      radius_das_port: disconnectPort,
      radius_das_client: `${host} ${CLIENT_SECRET}`,
    }
    const forSwitch = this.#write('hostapd.conf', [
      ...blockOf('hostapd', 'driver=wired', own),
      `ctrl_interface=${this.#controls}`,
    ])
    this.#start('hostapd', ['-d', forSwitch], (text) => {
      this.switchLog += text
    })
    await until('hostapd', () => this.switchLog.includes('AP-ENABLED'))
    const forDevice = this.#write('wpa_supplicant.conf', blockOf('networkmanager', 'IEEE8021X', network))
    this.#start('wpa_supplicant', ['-d', '-D', 'wired', '-i', this.#cable, '-c', forDevice], (text) => {
      this.deviceLog += text
    })
  }

  /** How often the device was told that it is in. */
  get successes(): number {
    return this.#heard('CTRL-EVENT-EAP-SUCCESS')
  }

  get failures(): number {
    return this.#heard('CTRL-EVENT-EAP-FAILURE')
  }

  get resumptions(): number {
    return this.#heard('Handshake finished - resumed=1')
  }

  /** Whether hostapd lets traffic through. */
  get isOpen(): boolean {
    return this.#tell('sta', this.#address).includes('flags=[AUTHORIZED]')
  }

  /** As a switch does from time to time, by itself. */
  reauthenticate(): void {
    const said = this.#tell('raw', 'EAPOL_REAUTH', this.#address)
    if (!said.startsWith('OK')) throw new Error(`hostapd asks for no new login: ${said}`)
  }

  async close(): Promise<void> {
    for (const child of this.#children.splice(0).reverse()) {
      const isRunning = child.exitCode === null && child.signalCode === null
      if (child.kill() && isRunning) await once(child, 'close')
    }
    ip('link', 'delete', this.#port)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #heard(text: string): number {
    return this.deviceLog.split(text).length - 1
  }

  get #controls(): string {
    return join(this.#directory, 'control')
  }

  #tell(...words: readonly string[]): string {
    const args = ['-p', this.#controls, '-i', this.#port, ...words]
    return spawnSync('hostapd_cli', args, { encoding: 'utf8' }).stdout
  }

  #write(name: string, lines: readonly string[]): string {
    const file = join(this.#directory, name)
    writeFileSync(file, `${lines.join('\n')}\n`)
    return file
  }

  #start(program: string, args: readonly string[], hear: (text: string) => void): void {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear)
    child.on('error', (error) => hear(String(error)))
    this.#children.push(child)
  }
}

/** The block of the guide that has `mark`, with these values; keys that it does not have go before its last line. */
function blockOf(guide: string, mark: string, values: Readonly<Record<string, string | number>>): string[] {
  const page = readFileSync(resolve(import.meta.dirname, `../../docs/wifi/${guide}.md`), 'utf8')
  const blocks = [...page.matchAll(/^```ini\n([\s\S]*?)\n```$/gm)].map(([, text]) => text!)
  const lines = blocks.find((text) => text.includes(mark))!.split('\n')
  const given = new Set<string>()
  const changed = lines.map((line) => {
    const [, indent, key = ''] = /^( *)(\w+)=/.exec(line) ?? []
    if (!(key in values)) return line
    given.add(key)
    return `${indent}${key}=${values[key]}`
  })
  const added = Object.keys(values).filter((key) => !given.has(key))
  return [...changed.slice(0, -1), ...added.map((key) => `${key}=${values[key]}`), ...changed.slice(-1)]
}

function ip(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  return { status, said: stderr?.trim() ?? '' }
}
