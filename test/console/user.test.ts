/** A user's page as the helpdesk's desk: real logins that failed, mended in two clicks, and the next one is accepted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { Code } from '../../src/radius/attributes.ts'
import { account, DisconnectPort } from '../e2e/accounting_client.ts'
import { ConsoleClient } from '../e2e/console_client.ts'
import type { RadiusClient } from '../e2e/radius_client.ts'
import { vpn } from '../e2e/server.ts'
import { looksOf } from './accessible.ts'
import { Caller } from './caller.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const EVIL = '<img src=x onerror=alert(1)>'

describeInBrowser("a user's page", (started) => {
  let nas: RadiusClient
  let gateway: DisconnectPort
  beforeAll(async () => {
    const { server } = started()
    gateway = await DisconnectPort.open(() => ({ code: Code.DisconnectAck }))
    server.configure({
      radius: {
        clients: [vpn({ disconnect_port: gateway.port })],
        groups: [{ name: 'staff', reply: ['Filter-Id = staff'] }],
      },
    })
    await server.command('server', 'reload')
    nas = await server.client()
  })
  afterAll(() => gateway?.close())

  async function call(user: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Caller> {
    return await Caller.enroll(started().server, nas, user, fields)
  }

  async function open(user: string, as: 'viewer' | 'helpdesk' | 'admin' = 'helpdesk'): Promise<Page> {
    const page = await started().open({ as, path: `/users/${encodeURIComponent(user)}` })
    await page.getByRole('heading', { level: 1, name: user, exact: true }).waitFor()
    return page
  }

  const click = async (page: Page, name: string) =>
    await page.getByRole('button', { name, exact: true }).click()
  const notice = async (page: Page, text: string) =>
    await page.getByRole('region', { name: 'Notices' }).getByText(text).waitFor()
  const said = (page: Page) => page.getByRole('region', { name: 'Last login' })

  describe('why the last login failed, and what mends it', () => {
    test('a locked token: one click, and the next login is accepted', async () => {
      const alice = await call('alice', { maxFail: 3 })
      await alice.mistype(3)
      expect(await alice.login()).toBe('reject')
      const page = await open('alice')
      await said(page).getByText('too many wrong logins in a row had locked the token').waitFor()
      await page.getByText('3 / 3 · locked').waitFor()
      await said(page).getByRole('button', { name: 'Unlock token T-alice' }).click()
      await notice(page, 'Let the user log in again')
      await said(page).getByText('is mended').waitFor()
      expect(await alice.login()).toBe('accept')
      await page.getByText('The last login worked').waitFor()
    })

    test('how long ago it was goes on, also while nothing new comes', async () => {
      const ago = await call('ago')
      await ago.mistype()
      const page = await started().open({ as: 'helpdesk', path: '/' })
      await page.clock.install()
      await page.goto('/users/ago')
      await said(page)
        .getByText(/The last login failed, (now|\d+ seconds? ago)/)
        .waitFor()
      await page.clock.fastForward('05:00')
      await said(page)
        .getByText(/The last login failed, \d minutes ago/)
        .waitFor()
    })

    test('a wrong PIN: another one is set, and the next login is accepted', async () => {
      const bob = await call('bob')
      await bob.type(`9999${bob.otp(0)}`)
      const page = await open('bob')
      await said(page).getByText('was the PIN of none of the tokens').waitFor()
      await said(page).getByRole('button', { name: 'Set PIN' }).click()
      await page.locator('[role=dialog] input[type=password]:focus').waitFor()
      await page.keyboard.type('8642')
      await page.keyboard.press('Enter')
      await notice(page, 'T-bob has a new PIN')
      bob.pin = '8642'
      expect(await bob.login()).toBe('accept')
    })

    test('an OTP that was used: no button, but what to say to the user', async () => {
      const carol = await call('carol')
      await carol.login()
      expect(await carol.replay()).toBe('reject')
      const page = await open('carol')
      await said(page).getByText('a code that had been used or passed over before').waitFor()
      await said(page).getByText('Wait for the next code').waitFor()
      expect(await said(page).getByRole('button').count()).toBe(0)
      expect(await carol.login()).toBe('accept')
    })

    test('a token that is far ahead: two OTPs in a row, and the next login is accepted', async () => {
      const dave = await call('dave')
      await dave.type(`1234${dave.otp(500)}`)
      const page = await open('dave')
      await said(page).getByText("the OTP was the token's, but outside of the window").waitFor()
      await said(page).getByRole('button', { name: 'Resync' }).click()
      await page.getByLabel('First OTP').fill(dave.otp(600))
      await page.getByLabel('Next OTP').fill('000000')
      await page.getByRole('dialog').getByRole('button', { name: 'Resync' }).click()
      await page.getByRole('alert').waitFor()
      await page.getByLabel('Next OTP').fill(`${dave.otp(601).slice(0, 3)} ${dave.otp(601).slice(3)}`)
      await page.getByRole('dialog').getByRole('button', { name: 'Resync' }).click()
      await notice(page, 'T-dave is in step again')
      expect(await dave.type(`1234${dave.otp(602)}`)).toBe('accept')
    })

    test('a disabled token: asked first, then enabled, and the next login is accepted', async () => {
      const erin = await call('erin')
      await started().server.command('token', 'disable', { serial: 'T-erin' })
      await erin.login()
      const page = await open('erin')
      await said(page).getByRole('button', { name: 'Enable token T-erin' }).click()
      await page.getByRole('dialog').getByText('This will enable token T-erin').waitFor()
      await click(page, 'Do it')
      await notice(page, 'Done: enable token T-erin')
      expect(await erin.login()).toBe('accept')
    })

    test('the keyboard alone finds the user and unlocks the token', async () => {
      const frank = await call('frank', { maxFail: 2 })
      await frank.mistype(2)
      const page = await started().open({ as: 'helpdesk', path: '/users' })
      await page.locator('input[type=search]:focus').waitFor()
      await page.keyboard.type('frank')
      await page.keyboard.press('Enter')
      await said(page)
        .getByRole('button', { name: /^Unlock/ })
        .waitFor()
      const isThere = `document.activeElement?.textContent === 'Unlock token T-frank'`
      for (let i = 0; i < 20 && !(await page.evaluate(isThere)); i++) await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await notice(page, 'Let the user log in again')
      expect(await frank.login()).toBe('accept')
    })

    test('each of the last entries is explained in full', async () => {
      const page = await open('alice', 'viewer')
      await page
        .getByRole('link', { name: /^Why, at/ })
        .last()
        .click()
      await page.getByRole('dialog').getByText('What was checked, in this order').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      expect(new URL(page.url()).search).toBe('')
      await said(page).getByRole('link', { name: 'Why?' }).click()
      await page.getByRole('dialog').getByText('OTP: right').waitFor()
    })
  })

  describe('what else the helpdesk does here', () => {
    test('a lost token is disabled, and the password in its place is shown once and works', async () => {
      const grace = await call('grace')
      const page = await open('grace')
      await click(page, 'Lost')
      await click(page, 'Disable it, and make a password')
      const password = (await page.getByRole('dialog').locator('.mono').textContent()) ?? ''
      await click(page, 'Copy')
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(password)
      await click(page, 'Done')
      await page.getByText(password).waitFor({ state: 'detached' })
      expect(await grace.login()).toBe('reject')
      expect(await grace.type(`1234${password}`)).toBe('accept')
    })

    test('a token is disabled after a question, and enabled again', async () => {
      const heidi = await call('heidi')
      const page = await open('heidi')
      await click(page, 'Disable')
      await click(page, 'Cancel')
      expect(await started().server.token('T-heidi')).toMatchObject({ active: true })
      await page.locator('button:focus', { hasText: 'Disable' }).waitFor()
      await click(page, 'Disable')
      await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
      await notice(page, 'T-heidi is disabled')
      expect(await heidi.login()).toBe('reject')
      await click(page, 'Enable')
      await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click()
      await notice(page, 'T-heidi is enabled')
      expect(await heidi.login()).toBe('accept')
    })

    test('a registration code for somebody of whom nothing is known, shown once, and good until it is revoked', async () => {
      const page = await open('newcomer')
      await page.getByText('Nothing is known of newcomer').waitFor()
      const code = await register(page)
      await click(page, 'Done')
      await page.getByText(code).waitFor({ state: 'detached' })
      const { status } = await new ConsoleClient(started().server.consoleUrl).post('/me/login', {
        user: 'newcomer',
        code,
      })
      expect(status).toBe(200)
      const second = await register(page)
      await click(page, 'Revoke it')
      await notice(page, 'The code is worthless now')
      const refused = await new ConsoleClient(started().server.consoleUrl).post('/me/login', {
        user: 'newcomer',
        code: second,
      })
      expect(refused.status).toBe(401)
    })

    async function register(page: Page): Promise<string> {
      await click(page, 'Registration code')
      await click(page, 'Make a code')
      const shown = page.getByRole('dialog').locator('.mono')
      const code = (await shown.textContent()) ?? ''
      expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
      return code
    }

    test('a session that accounting tells of is ended by a click', async () => {
      await call('ivan')
      const accounting = await started().server.accountingClient()
      await account(accounting, { status: 'start', user: 'ivan', session: 'S1', nas: EVIL })
      const page = await open('ivan')
      await page.getByRole('cell', { name: `vpn (${EVIL})` }).waitFor()
      expect(await page.locator('img[onerror]').count()).toBe(0)
      await page.getByRole('button', { name: /^Disconnect session/ }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
      await notice(page, 'vpn has ended the session')
      expect(gateway.requests.length).toBe(1)
    })

    test('groups and reply attributes are set by an administrator, and a wrong one is refused with a hint', async () => {
      await call('judy')
      const page = await open('judy', 'admin')
      await click(page, 'Change')
      await page.getByRole('textbox', { name: 'Groups' }).fill('stuff')
      await page.getByRole('textbox', { name: 'Reply attributes' }).fill('VLAN = 30\n\nFilter-Id = admins')
      await click(page, 'Save')
      await page.getByRole('alert').getByText('Did you mean staff?').waitFor()
      await page.getByRole('textbox', { name: 'Groups' }).fill('staff')
      await click(page, 'Save')
      await page.getByRole('definition').getByText('VLAN = 30').waitFor()
      expect(await started().server.command('user', 'show', { user: 'judy' })).toMatchObject({
        groups: ['staff'],
        reply: ['VLAN = 30', 'Filter-Id = admins'],
      })
    })

    test('a password is set, and a user without a token gets a warning', async () => {
      await started().server.command('user', 'set', { user: 'kim', groups: ['staff'] })
      const page = await open('kim')
      await page.getByText('This user has no token, and cannot log in.').waitFor()
      await click(page, 'Set password')
      await page.getByRole('dialog').getByText('A registration code is safer').waitFor()
      await page.getByRole('dialog').getByLabel('New password').fill('long enough 1')
      await page.getByRole('dialog').getByRole('button', { name: 'Set password' }).click()
      await notice(page, 'The password is set')
    })
  })

  test('a viewer sees what is wrong, and no button that he may not use', async () => {
    const mallory = await call('mallory', { maxFail: 1 })
    await mallory.mistype(1)
    const page = await open('mallory', 'viewer')
    await said(page).getByText('Unlock token T-mallory').waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
  })

  test('a name that came over RADIUS is text everywhere, and its logins are shown', async () => {
    await nas.login(EVIL, 'whatever')
    const page = await open(EVIL)
    await page.getByText('no token belonged to this name').first().waitFor()
    expect(await page.locator('img[onerror]').count()).toBe(0)
  })

  test('watching does not keep a session alive, and a new login is seen without a click', async () => {
    const nina = await call('nina')
    const page = await started().open({ as: 'viewer', path: '/users' })
    const asked: (string | undefined)[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/v1/user/show')) asked.push(request.headers()['x-background'])
    })
    await page.getByRole('link', { name: 'nina' }).click()
    await page.getByText('No login is among what happened last').waitFor()
    await nina.login()
    await page.getByText('The last login worked').waitFor()
    expect(asked.slice(0, 2)).toEqual([undefined, '1'])
  })

  test('everybody can read it', async () => {
    const oscar = await call('oscar', { maxFail: 3, description: 'blue key fob' })
    await started().server.command('token', 'enroll', {
      ...{ type: 'totp', user: 'oscar', serial: 'PHONE-1', pending: true },
    })
    await oscar.login()
    await oscar.replay()
    await oscar.mistype(2)
    await oscar.login()
    await account(await started().server.accountingClient(), {
      status: 'start',
      user: 'oscar',
      session: 'S2',
    })
    const options = { as: 'admin', path: '/users/oscar' } as const
    const problems = await looksOf(started(), 'user', options, async (page) => {
      await said(page)
        .getByRole('button', { name: /^Unlock/ })
        .waitFor()
      await page.getByRole('button', { name: /^Disconnect/ }).waitFor()
    })
    expect(problems).toEqual([])
  }, 60_000)
})
