/**
 * A real server, its built pages, and a real browser before them: Debian's Chromium, without its
 * window: that takes a third less of the processor. Whatever a page logs as an error, and
 * whatever the policy of the console refuses it, fails the test that closes it.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Role } from '../../src/auth/role.ts'
import { ConsoleClient } from '../e2e/console_client.ts'
import { hotp, secretOf } from '../e2e/otp.ts'
import { type Settings, TestServer } from '../e2e/server.ts'

export const PASSWORD = 'correct horse battery'
/** Looked at by people; CI keeps them. */
const SCREENSHOTS = join(import.meta.dirname, '../../build/screenshots')

export interface OpenOptions {
  /** Without: the login is shown. */
  readonly as?: Role | null
  readonly path?: string
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
  /** Touched, not clicked. */
  readonly isPhone?: boolean
}

export class ConsoleBrowser {
  readonly server: TestServer
  readonly #browser: Browser
  readonly #counters = new Map<string, number>()
  readonly #cookies = new Map<Role, ReadonlyMap<string, string>>()
  readonly #contexts: BrowserContext[] = []
  /** What went wrong in pages. A refused request is no error of a page: `failed` says which are expected. */
  readonly problems: string[] = []

  private constructor(server: TestServer, browser: Browser) {
    this.server = server
    this.#browser = browser
  }

  /** With administrators `viewer`, `helpdesk` and `admin` of these roles. */
  static async start(settings: Settings = {}): Promise<ConsoleBrowser> {
    const server = await TestServer.start({ settings: { console: { listen: '127.0.0.1:0' }, ...settings } })
    try {
      const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
      const opened = new ConsoleBrowser(server, browser)
      for (const role of ['viewer', 'helpdesk', 'admin'] as const) await opened.addAdministrator(role, role)
      return opened
    } catch (error) {
      await server.close()
      throw error
    }
  }

  async addAdministrator(user: string, role: Role): Promise<void> {
    const serial = `ADM-${user.toUpperCase()}`
    await this.server.command('token', 'enroll', { type: 'hotp', user, serial, secretHex: secretOf(user) })
    await this.server.command('admin', 'add', { user, role, password: PASSWORD })
  }

  /** Of an administrator's token; never used before. */
  nextOtp(user: string): string {
    const counter = this.#counters.get(user) ?? 0
    this.#counters.set(user, counter + 1)
    return hotp({ secretHex: secretOf(user) }, counter)
  }

  /** A page in a browser of its own, logged in without the form, which has tests of its own. */
  async open(options: OpenOptions = {}): Promise<Page> {
    const { as = 'admin', path = '/', colorScheme = 'light', viewport, isPhone = false } = options
    const context = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      baseURL: this.server.consoleUrl,
      colorScheme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      viewport: viewport ?? { width: 1280, height: 900 },
      ...{ isMobile: isPhone, hasTouch: isPhone },
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    this.#contexts.push(context)
    context.setDefaultTimeout(10_000)
    if (as !== null) await context.addCookies(await this.#session(as))
    const page = await context.newPage()
    page.on('pageerror', (error) => this.problems.push(`${page.url()}: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      const isRefusal = message
        .text()
        .startsWith('Failed to load resource: the server responded with a status of 4')
      if (message.type() === 'error' && !isRefusal) this.problems.push(`${page.url()}: ${message.text()}`)
    })
    await page.goto(path)
    return page
  }

  /** One login for each role: an OTP counts once, and a browser has its own cookies. */
  async #session(role: Role) {
    let cookies = this.#cookies.get(role)
    if (cookies === undefined) {
      const client = new ConsoleClient(this.server.consoleUrl)
      const body = { user: role, password: PASSWORD, otp: this.nextOtp(role) }
      const { status, text } = await client.post('/session/login', body)
      if (status !== 200) throw new Error(`${role} cannot log in: ${text}`)
      cookies = client.cookies
      this.#cookies.set(role, cookies)
    }
    const { hostname } = new URL(this.server.consoleUrl)
    return [...cookies].map(([name, value]) => ({
      ...{ name, value, domain: hostname, path: '/' },
      ...{ secure: true, httpOnly: true, sameSite: 'Strict' as const },
    }))
  }

  /** Into build/screenshots. */
  async screenshot(page: Page, name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
  }

  /** Pages that are open; a test that is done closes its own. */
  async closePages(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close()
  }

  async close(): Promise<void> {
    await this.closePages()
    await this.#browser.close()
    await this.server.close()
  }
}
