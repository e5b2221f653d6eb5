/** A token is made in a browser: from the QR code's own pixels to a login over RADIUS, and what happens if one stops midway. */
import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { type Generator, hexOf, hotp, totp } from '../e2e/otp.ts'
import { until } from '../support/until.ts'
import { looksOf } from './accessible.ts'
import { describeInBrowser } from './describe_in_browser.ts'
import { readQrCode } from './read_qr_code.ts'

const NASTY = '<img src=x onerror="window.pwned=1">&secret=AAAA'

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const qrCode = (page: Page) => page.getByRole('img', { name: /QR code/ })

/** What an app makes of the picture on the screen. */
async function scan(page: Page): Promise<{ uri: URL; generator: Generator; secret: string }> {
  const uri = new URL(await readQrCode(qrCode(page)))
  const secret = uri.searchParams.get('secret') as string
  const digits = Number(uri.searchParams.get('digits') ?? 6) as 6 | 8
  const algorithm = (uri.searchParams.get('algorithm') ?? 'SHA1').toLowerCase() as 'sha1'
  return { uri, secret, generator: { secretHex: hexOf(secret), digits, algorithm } }
}

async function serialOf(user: string, command: Command): Promise<Record<string, unknown>> {
  const { tokens } = await command('token', 'list', { user })
  return (tokens as Record<string, unknown>[])[0] as Record<string, unknown>
}

type Command = (noun: string, verb: string, input: object) => Promise<Record<string, unknown>>

describeInBrowser('enrolling', (started) => {
  const command: Command = (noun, verb, input) => started().server.command(noun, verb, input)

  test('the picture on the screen becomes an app that logs in over RADIUS, once it is verified', async () => {
    const page = await started().open({ path: '/tokens?enroll=1&user=alice' })
    const said: string[] = []
    await page.getByRole('dialog', { name: 'Enroll a token for alice' }).waitFor()
    await page.getByLabel('PIN').fill('1234')
    await page.getByLabel('Description').fill(NASTY)
    await button(page, 'Next').click()
    const { uri, generator, secret } = await scan(page)
    expect(uri.protocol).toBe('otpauth:')
    const shown = page.locator('.mono', { hasText: secret.slice(0, 4) })
    expect((await shown.textContent())?.replaceAll(' ', '')).toBe(secret)
    await button(page, 'Copy').click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret)
    page.on('response', async (response) => said.push(await response.text().catch(() => '')))

    const nas = await started().server.client()
    expect(await nas.login('alice', `1234${totp(generator)}`)).toBe('reject')
    await page.getByLabel('First OTP').fill('000 000')
    await button(page, 'Verify').click()
    await page.getByRole('alert').getByText('The OTP is no code of this token').waitFor()
    await page.getByLabel('First OTP').fill(totp(generator))
    await button(page, 'Verify').click()
    await page.getByText('alice can log in with it: the PIN, and right behind it the code').waitFor()
    expect(await nas.login('alice', `1234${totp(generator, 1)}`)).toBe('accept')

    // The secret was shown once.
    expect(await page.content()).not.toContain(secret)
    await page.getByRole('link', { name: 'To its page' }).click()
    await page.locator('dd', { hasText: NASTY }).waitFor()
    expect(await page.evaluate('window.pwned')).toBe(undefined)
    expect(said.length).toBeGreaterThan(2)
    expect(said.join('\n')).not.toContain(secret)
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Tokens' }).waitFor()
    expect(await qrCode(page).count()).toBe(0)
  })

  test('a device with a button has its own options, and a name of any kind its own QR code', async () => {
    const page = await started().open({ path: '/tokens' })
    await button(page, 'Enroll a token').click()
    await page.getByText('A device with a button').click()
    await page.getByLabel('User').fill(NASTY)
    await page.getByText('Advanced options').click()
    expect(await page.getByLabel('New code every').count()).toBe(0)
    await page.getByLabel('Serial').fill('not a serial')
    await button(page, 'Next').click()
    await page
      .getByRole('alert')
      .getByText(/Serial must be 1 to 64 of the characters/)
      .waitFor()
    await page.getByRole('textbox', { name: 'Serial' }).fill('KEY-RING')
    await page.getByLabel('Digits').selectOption('8')
    await page.getByLabel('Algorithm').selectOption('sha256')
    await page.getByLabel('First counter').fill('7')
    await button(page, 'Next').click()
    const { uri, generator } = await scan(page)
    expect(decodeURIComponent(uri.pathname)).toContain(NASTY)
    expect(uri.searchParams.get('counter')).toBe('7')
    await page.getByLabel('First OTP').fill(hotp(generator, 7))
    await button(page, 'Verify').click()
    await page.getByText('can log in with it: the code alone').waitFor()
    expect(await page.evaluate('window.pwned')).toBe(undefined)
    expect(await (await started().server.client()).login(NASTY, hotp(generator, 8))).toBe('accept')
  })

  test('whoever closes midway is asked, and the token can be confirmed later', async () => {
    const page = await started().open({ path: '/tokens?enroll=1&user=bob' })
    await button(page, 'Next').click()
    const { generator } = await scan(page)
    await page.keyboard.press('Escape')
    await page.getByText('The token is not verified yet').waitFor()
    await button(page, 'Go back to the code').click()
    await qrCode(page).waitFor()
    await button(page, 'Later').click()
    await button(page, 'Leave it pending').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(new URL(page.url()).search).toBe('')
    const token = await serialOf('bob', command)
    expect(token).toMatchObject({ pending: true, active: false })
    await page.goto(`/tokens/${token.serial}`)
    await button(page, 'Confirm by its first OTP').click()
    await page.getByLabel('The code that it shows now').fill(totp(generator))
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await serialOf('bob', command)).toMatchObject({ pending: false, active: true })

    await page.goto('/tokens?enroll=1&user=carl')
    await button(page, 'Next').click()
    await button(page, 'Later').click()
    await button(page, 'Delete it').click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await serialOf('carl', command)).toBe(undefined)
  })

  test('the keyboard alone is enough', async () => {
    const page = await started().open({ path: '/tokens' })
    await page.getByText(/\d+ tokens/).waitFor()
    await button(page, 'Enroll a token').focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('User').waitFor()
    const isFocused = (label: string) =>
      until(`the focus to be on ${label}`, () =>
        page.getByLabel(label).evaluate((field) => field === document.activeElement),
      )
    await isFocused('User')
    await page.keyboard.type('dora')
    await page.keyboard.press('Tab')
    await isFocused('PIN')
    await page.keyboard.type('2468')
    await page.keyboard.press('Enter')
    const { generator } = await scan(page)
    for (let i = 0; i < 5 && (await page.locator(':focus').getAttribute('inputmode')) !== 'numeric'; i++) {
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type(totp(generator))
    await page.keyboard.press('Enter')
    await page.getByText('dora can log in with it').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const nas = await started().server.client()
    expect(await nas.login('dora', `2468${totp(generator, 1)}`)).toBe('accept')
  })

  test('whoever may not enroll is not offered it, whatever the address says', async () => {
    for (const as of ['viewer', 'helpdesk'] as const) {
      const page = await started().open({ as, path: '/tokens?enroll=1&user=eve' })
      await page.locator('tbody tr').first().waitFor()
      expect(await page.getByRole('dialog').count()).toBe(0)
      expect(await button(page, 'Enroll a token').count()).toBe(0)
    }
  })

  test('everybody can read the form', async () => {
    const problems = await looksOf(started(), 'enroll', { path: '/tokens?enroll=1' }, async (page) => {
      await page.getByText('Advanced options').click()
      await page.getByLabel('Serial').waitFor()
    })
    expect(problems).toEqual([])
  }, 60_000)

  test('everybody can read the QR code', async () => {
    const path = '/tokens?enroll=1&user=frida'
    const problems = await looksOf(started(), 'enroll-scan', { path }, async (page) => {
      await button(page, 'Next').click()
      await scan(page)
    })
    expect(problems).toEqual([])
  }, 60_000)
})
