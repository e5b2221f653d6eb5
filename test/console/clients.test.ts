/** RADIUS clients in a browser: what each sends and what is dropped from it, by real packets, and how a new one is admitted. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { parse } from 'smol-toml'
import { hotp, secretOf } from '../e2e/otp.ts'
import { CLIENT_SECRET, vpn } from '../e2e/server.ts'
import { unsignedRequest } from '../e2e/unsigned_request.ts'
import { looksOf } from './accessible.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const radius = {
  clients: [
    vpn({ address: '127.0.0.1' }),
    vpn({ name: 'old', address: '127.0.0.2', require_message_authenticator: false }),
    vpn({ name: 'strict', address: '127.0.0.3', require_message_authenticator: true }),
    vpn({ name: 'spare', address: '127.0.0.4' }),
  ],
}

describeInBrowser(
  'the clients',
  (started) => {
    const unsigned = unsignedRequest('<img src=x onerror=window.hacked=1>', '000000')
    beforeAll(async () => {
      const { server } = started()
      const secretHex = secretOf('alice')
      await server.command('token', 'enroll', { type: 'hotp', user: 'alice', serial: 'ALICE', secretHex })
      const nas = await server.client()
      expect(await nas.login('alice', hotp({ secretHex }, 0))).toBe('accept')
      expect(await nas.login('alice', '000000')).toBe('reject')
      const old = await server.client({ from: '127.0.0.2' })
      await old.exchange(unsigned)
      for (const from of ['127.0.0.3', '127.0.0.9']) {
        const other = await server.client({ from, secret: CLIENT_SECRET })
        await other.exchange(unsigned, 100)
      }
    })

    const card = (page: Page, name: string) => page.getByRole('article', { name: `Client ${name}` })
    const copied = async (page: Page) => (await page.evaluate('navigator.clipboard.readText()')) as string

    test('are shown with what they sent and got', async () => {
      const page = await started().open({ as: 'viewer', path: '/clients' })
      const shown = card(page, 'vpn')
      await shown.getByText('Well').waitFor()
      expect(await shown.locator('dl').textContent()).toMatch(/Requests2Accepted1Rejected1/)
      await shown.getByText(/Last packet: .*(second|now|minute)/).waitFor()
      await card(page, 'spare').getByText('Silent').waitFor()
    })

    test('are warned of when they do not sign, with the line that requires it', async () => {
      const page = await started().open({ as: 'viewer', path: '/clients' })
      await card(page, 'old').getByText('One login without Message-Authenticator').waitFor()
      await card(page, 'old').getByRole('button', { name: 'Copy the lines' }).click()
      expect(await copied(page)).toBe('require_message_authenticator = true\n')
    })

    test('have what was dropped from them told with cause, remedy and the line for it', async () => {
      const page = await started().open({ as: 'viewer', path: '/clients' })
      const shown = card(page, 'strict')
      await shown.getByText('no-message-authenticator').waitFor()
      await shown.getByText(/^The device does not sign/).waitFor()
      await shown.getByText(/What helps: Update it/).waitFor()
      await shown.getByText(/^One packet dropped or refused, .* from 127.0.0.3/).waitFor()
      await shown.getByRole('button', { name: 'Copy the lines' }).click()
      expect(await copied(page)).toBe('require_message_authenticator = "auto"\n')
    })

    test('an unknown address is admitted by the lines that the page gives', async () => {
      const page = await started().open({ as: 'viewer', path: '/clients' })
      await page.getByRole('button', { name: 'Admit it … (127.0.0.9)' }).click()
      const result = page.getByRole('status').filter({ hasText: '127.0.0.9 is no client' })
      await result.getByRole('button', { name: 'Copy the lines' }).click()
      expect(parse(await copied(page))).toEqual({
        radius: { clients: [{ name: 'client-127.0.0.9', address: '127.0.0.9', secret: '' }] },
      })
      expect(new URL(page.url()).search).toBe('?address=127.0.0.9')
    })

    test('an address is looked up: which client it is, and by which settings', async () => {
      const page = await started().open({ as: 'viewer', path: '/clients' })
      await page.getByRole('textbox', { name: 'Address' }).fill('no address')
      await page.getByRole('button', { name: 'Check', exact: true }).click()
      await page
        .getByRole('alert')
        .getByText(/must be an IPv4 or IPv6 address/)
        .waitFor()
      await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.3')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: '127.0.0.3 is the client strict' }).waitFor()
      await page.getByRole('rowheader', { name: 'require_message_authenticator = true' }).waitFor()
      await page.getByText('an unsigned request is dropped').waitFor()
    })

    test('everybody can read them', async () => {
      const options = { as: 'viewer', path: '/clients?address=127.0.0.9' } as const
      const problems = await looksOf(started(), 'clients', options, async (page) => {
        await page.getByRole('heading', { name: '127.0.0.9 is no client' }).waitFor()
        expect(await page.locator('main img').count()).toBe(0)
      })
      expect(problems).toEqual([])
    }, 60_000)
  },
  { radius, console: { listen: '127.0.0.1:0' } },
)
