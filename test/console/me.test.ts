/** Users who serve themselves in a browser: from a code of the helpdesk to a login over RADIUS, and what is refused on the way. */
import { describe, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { ConsoleClient } from '../e2e/console_client.ts'
import { hexOf, hotp, secretOf } from '../e2e/otp.ts'
import { looksOf } from './accessible.ts'
import { PASSWORD } from './console_browser.ts'
import { describeInBrowser } from './describe_in_browser.ts'
import { readQrCode } from './read_qr_code.ts'

const LISTEN = { listen: '127.0.0.1:0' }
const PHONE = { as: null, path: '/me', isPhone: true, viewport: { width: 390, height: 800 } } as const

const otpOf = (user: string, counter: number) => hotp({ secretHex: secretOf(user) }, counter)

describeInBrowser('self-service', (started) => {
  async function codeFor(user: string): Promise<string> {
    return (await started().server.command('registration', 'create', { user })).code as string
  }

  async function withToken(user: string, input: object = {}): Promise<void> {
    const serial = user.toUpperCase()
    const token = { type: 'hotp', user, serial, secretHex: secretOf(user) }
    await started().server.command('token', 'enroll', { ...token, ...input })
  }

  async function byCode(page: Page, user: string, code: string): Promise<void> {
    await page.getByLabel('User').fill(user)
    await page.getByLabel('Registration code').fill(code)
    await page.getByRole('button', { name: 'Log in' }).click()
  }

  /** Of one who has a token, and comes by his password. */
  async function opened(user: string, input: object = {}): Promise<Page> {
    await withToken(user, input)
    await started().server.command('user', 'set-password', { user, password: PASSWORD })
    const page = await started().open(PHONE)
    await page.getByText('Password', { exact: true }).click()
    await page.getByLabel('User').fill(user)
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: `Hello, ${user}` }).waitFor()
    return page
  }

  test('a wrong code is refused, says what to do, and stays to be mended', async () => {
    await codeFor('alice')
    const page = await started().open(PHONE)
    await byCode(page, 'alice', 'AAAA-AAAA-AAAA-AAAA')
    await page.getByRole('alert').getByText('The name or the code is not right').waitFor()
    expect(await page.getByLabel('Registration code').inputValue()).toBe('AAAA-AAAA-AAAA-AAAA')
    expect(await page.context().cookies()).toEqual([])
  })

  test('a code of the helpdesk, a QR code and the first OTP bring a login over RADIUS', async () => {
    const page = await started().open(PHONE)
    await byCode(page, 'alice', await codeFor('alice'))
    await page.getByLabel('PIN', { exact: true }).fill('2468')
    await page.getByLabel('Name of the phone').fill('<b>blue</b> phone')
    await page.getByRole('button', { name: 'Next' }).click()

    const uri = new URL(await readQrCode(page.getByRole('img', { name: 'QR code' })))
    const secret = uri.searchParams.get('secret') as string
    expect(await page.getByRole('link', { name: 'Open in your app' }).getAttribute('href')).toBe(uri.href)
    expect((await page.getByText(secret.slice(0, 4)).textContent())?.replaceAll(' ', '')).toBe(secret)
    await page.getByRole('button', { name: 'Copy the key' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(secret)

    await page.getByLabel('First code').fill('000000')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('alert').getByText(/OTP/).waitFor()
    const said: string[] = []
    page.on('response', async (response) => said.push(await response.text().catch(() => '')))
    const otp = (later: number) => hotp({ secretHex: hexOf(secret) }, Math.floor(Date.now() / 30_000) + later)
    await page.getByLabel('First code').fill(otp(0))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('status').getByText('Your phone is ready').waitFor()
    const token = page.getByRole('article')
    await token.getByText('Ready').waitFor()
    await token.getByRole('heading', { name: '<b>blue</b> phone' }).waitFor()

    const nas = await started().server.client()
    expect(await nas.login('alice', `2468${otp(1)}`)).toBe('accept')
    await page.reload()
    await page.getByText('accepted: PIN and OTP were right').waitFor()
    expect(await page.content()).not.toContain(secret)
    expect(said.length).toBeGreaterThan(2)
    expect(said.join('\n')).not.toContain(secret)
  })

  test('a link has its code out of the address at once, and uses it up only when somebody says so', async () => {
    const url = started().server.consoleUrl
    started().server.configure({ console: { ...LISTEN, url } })
    await started().server.command('server', 'reload')
    const { link, code } = await started().server.command('registration', 'create', { user: 'bob smith' })
    const page = await started().open({ ...PHONE, path: (link as string).slice(url.length) })
    await page.getByText('Your helpdesk has sent you here').waitFor()
    await page.waitForURL('**/me')
    expect(await page.getByLabel('User').inputValue()).toBe('bob smith')
    expect(await page.getByLabel('Registration code').inputValue()).toBe(code)
    const { entries } = await started().server.command('audit', 'list', {
      user: 'bob smith',
      action: 'user login',
    })
    expect(entries).toEqual([])
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Hello, bob smith' }).waitFor()
    // Once it is used, it is no way in for who finds the link.
    const other = new ConsoleClient(url)
    expect((await other.post('/me/login', { user: 'bob smith', code: code as string })).status).toBe(401)
  })

  test('a PIN is set with the code that the token shows, and counts over RADIUS', async () => {
    const page = await opened('carl')
    await page.getByRole('button', { name: 'Set a PIN' }).click()
    await page.getByLabel('New PIN').fill('1357')
    await page.getByLabel('Code that it shows now').fill('000000')
    await page.getByRole('button', { name: 'Save the PIN' }).click()
    await page
      .getByRole('alert')
      .getByText(/A current OTP of your token is needed/)
      .waitFor()
    await page.getByLabel('Code that it shows now').fill(otpOf('carl', 0))
    await page.getByRole('button', { name: 'Save the PIN' }).click()
    await page.getByText('The PIN is set').waitFor()
    await page.getByRole('button', { name: 'Change the PIN' }).waitFor()
    const nas = await started().server.client()
    expect(await nas.login('carl', otpOf('carl', 1))).toBe('reject')
    expect(await nas.login('carl', `1357${otpOf('carl', 1)}`)).toBe('accept')
  })

  test('two codes in a row bring a token back into step', async () => {
    const page = await opened('dora')
    await page.getByRole('button', { name: 'Codes are refused?' }).click()
    await page.getByLabel('Code that it shows now').fill(otpOf('dora', 40))
    await page.getByLabel('The very next code').fill(otpOf('dora', 41))
    await page.getByRole('button', { name: 'Bring it into step' }).click()
    await page.getByText('The token is back in step').waitFor()
    const nas = await started().server.client()
    expect(await nas.login('dora', otpOf('dora', 42))).toBe('accept')
  })

  test('a lost token is out at once', async () => {
    const page = await opened('emil')
    await page.getByRole('button', { name: 'Lost it?' }).click()
    await page.getByText('It is disabled at once').waitFor()
    await page.getByRole('button', { name: 'Disable it' }).click()
    await page.getByRole('article').getByText('Disabled', { exact: true }).waitFor()
    const nas = await started().server.client()
    expect(await nas.login('emil', otpOf('emil', 0))).toBe('reject')
  })

  test('where it is allowed, a temporary password takes the place of a lost token, and is shown once', async () => {
    started().server.configure({ console: { ...LISTEN, self_service: { lost: 'password' } } })
    await started().server.command('server', 'reload')
    const page = await opened('fred', { pin: '9753' })
    await page.getByRole('button', { name: 'Lost it?' }).click()
    await page.getByRole('button', { name: 'Disable it' }).click()
    const dialogue = page.getByRole('dialog', { name: 'Temporary password' })
    const password = await dialogue.locator('.mono').textContent()
    const nas = await started().server.client()
    expect(await nas.login('fred', `9753${password}`)).toBe('accept')
    await dialogue.getByRole('button', { name: 'I have it' }).click()
    await page.reload()
    await page.getByRole('article').filter({ hasText: 'Temporary password' }).waitFor()
    expect(await page.content()).not.toContain(password)
  })

  test('a password is changed by the old one, and the page goes on', async () => {
    const page = await opened('gina')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('textbox', { name: 'Old password' }).fill('not this one')
    await page.getByLabel('New password').fill('nine lives of a cat')
    await page.getByRole('button', { name: 'Save the password' }).click()
    await page.getByRole('alert').getByText('The old password is not right').waitFor()
    await page.getByRole('textbox', { name: 'Old password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Save the password' }).click()
    await page.getByText('The password is set').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Hello, gina' }).waitFor()
  })

  test('what is switched off is not shown', async () => {
    const off = { enroll: false, set_pin: false, resync: false, lost: false }
    started().server.configure({ console: { ...LISTEN, self_service: off } })
    await started().server.command('server', 'reload')
    const page = await opened('hans')
    await page.getByRole('button', { name: 'Change the password' }).waitFor()
    for (const name of ['Set up a phone', 'Set a PIN', 'Codes are refused?', 'Lost it?']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    }
    started().server.configure({ console: LISTEN })
    await started().server.command('server', 'reload')
  })

  test('a session that is over ends in a login that says so', async () => {
    const page = await opened('ines')
    await started().server.command('admin', 'revoke', { user: 'ines' })
    await page.getByRole('button', { name: 'Lost it?' }).click()
    await page.getByRole('button', { name: 'Disable it' }).click()
    await page.getByText('Your session has ended').waitFor()
    expect(await started().server.token('INES')).toMatchObject({ active: true })
  })

  test('logging out leaves nothing behind', async () => {
    const page = await opened('jana')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    const left = (await page.context().cookies()).map(({ name }) => name)
    // It opens nothing: it says that this browser has logged in before.
    expect(left).toEqual(['__Secure-sallyport-me-known'])
    await page.reload()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
  })

  describe('everybody can read', () => {
    test('the login', async () => {
      const problems = await looksOf(started(), 'me-login', { as: null, path: '/me' }, (page) =>
        page.getByRole('button', { name: 'Log in' }).waitFor(),
      )
      expect(problems).toEqual([])
    }, 60_000)

    test('what is his, with whatever was written into it', async () => {
      await withToken('kim', { pin: '1', description: "<img src=x onerror=alert(1)> Kim's" })
      await withToken('kim', { serial: 'KIM2', pending: true })
      const nas = await started().server.client()
      await nas.login('kim', `1${otpOf('kim', 0)}`)
      await nas.login('kim', `1${otpOf('kim', 0)}`)
      const problems = await looksOf(started(), 'me', { as: null, path: '/me' }, async (page) => {
        await byCode(page, 'kim', await codeFor('kim'))
        await page.getByRole('heading', { name: 'What happened lately' }).waitFor()
        await page.getByText('<img src=x').waitFor()
      })
      expect(problems).toEqual([])
    }, 60_000)

    test('how to enroll a phone', async () => {
      const options = { as: null, path: '/me', isPhone: true }
      const problems = await looksOf(started(), 'me-enroll', options, async (page) => {
        await byCode(page, 'lena', await codeFor('lena'))
        await page.getByRole('button', { name: 'Next' }).click()
        await page.getByRole('img', { name: 'QR code' }).waitFor()
      })
      expect(problems).toEqual([])
    }, 60_000)
  })
})
