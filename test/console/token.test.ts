/** A token's page in a browser: what the helpdesk and the administrator do there, and what a user's logins then become. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { hotp, secretOf, totp } from '../e2e/otp.ts'
import type { RadiusClient } from '../e2e/radius_client.ts'
import { looksOf } from './accessible.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const NASTY = '<img src=x onerror="window.pwned=1">'

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const dialog = (page: Page) => page.getByRole('dialog')
const closed = (page: Page) => dialog(page).waitFor({ state: 'detached' })
const otp = (serial: string, counter: number) => hotp({ secretHex: secretOf(serial) }, counter)

describeInBrowser("a token's page", (started) => {
  let nas: RadiusClient
  beforeAll(async () => {
    const { server } = started()
    nas = await server.client()
    const make = (serial: string, input: object = {}) =>
      server.command('token', 'enroll', {
        ...{ type: 'hotp', serial, user: `user-${serial}`, secretHex: secretOf(serial), pin: '1234' },
        ...input,
      })
    await make('HELP')
    await make('LOST')
    await make('ADMIN', { description: 'blue key ring' })
    await make('WAITS', { pending: true })
    await make('NASTY', { user: NASTY, description: NASTY })
    await make('CLOCK', { type: 'totp' })
    // Two steps, one after the other: the clock is ever further ahead.
    for (const stepsLater of [0, 1]) {
      const password = `1234${totp({ secretHex: secretOf('CLOCK') }, stepsLater)}`
      await server.command('login', 'check', { user: 'user-CLOCK', password })
    }
  })
  const login = (serial: string, password: string) => nas.login(`user-${serial}`, password)

  test('an OTP is tested and still good for a login, which the history then tells', async () => {
    const page = await started().open({ as: 'helpdesk', path: '/tokens/HELP' })
    await button(page, 'Test an OTP').click()
    const answer = async (typed: string, expected: RegExp) => {
      await page.getByLabel('OTP, without the PIN').fill(typed)
      await dialog(page).getByRole('button', { name: 'Test an OTP' }).click()
      await dialog(page).getByText(expected).waitFor()
    }
    await answer('000 000', /no code of this token/)
    await answer(otp('HELP', 30), /out of step: \d+ codes ahead.*Resync/)
    await answer(otp('HELP', 2), /A login would accept it: 2 codes ahead/)
    await page.keyboard.press('Escape')
    await closed(page)
    expect(await login('HELP', `1234${otp('HELP', 2)}`)).toBe('accept')
    await button(page, 'Test an OTP').click()
    await answer(otp('HELP', 1), /used or passed over before/)
    await page.keyboard.press('Escape')
    const history = page.getByRole('table', { name: 'Entries of the audit trail about this token' })
    await history.getByText(/Accepted: .*2 codes ahead/).waitFor()
    await history.getByText('Helpdesk ran `token test`').first().waitFor()
    await history
      .getByRole('row', { name: /Accepted/ })
      .getByRole('link')
      .click()
    await dialog(page).getByText('PIN').first().waitFor()
    expect(page.url()).toMatch(/explain=\d+/)
  })

  test('what is shown once stays when the connection is lost right then', async () => {
    const page = await started().open({ as: 'helpdesk', path: '/tokens/LOST' })
    await button(page, 'Lost').click()
    await page.route(/\/(session|v1\/(?!token\/lost).*)$/, (route) => route.abort())
    await button(page, 'Disable it, and make a password').click()
    await dialog(page).getByText('The password for ten days').waitFor()
    await page.getByText('The server does not answer').waitFor({ state: 'attached' })
    await dialog(page).getByText('The password for ten days').waitFor()
    const lost = started().problems.splice(0)
    expect(lost.filter((problem) => !problem.includes('ERR_FAILED'))).toEqual([])
  })

  test('the way back with a dialogue open does not turn it on another token', async () => {
    const page = await started().open({ path: '/tokens/HELP' })
    await button(page, 'Test an OTP').waitFor()
    await page.evaluate("history.pushState(null, '', '/tokens/ADMIN')")
    await page.getByRole('heading', { level: 1, name: 'ADMIN' }).waitFor()
    await button(page, 'Delete').click()
    await dialog(page).getByText('Delete ADMIN for good?').waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'HELP' }).waitFor()
    await closed(page)
  })

  test('the helpdesk unlocks it, sets a PIN, brings it into step, and replaces it when it is lost', async () => {
    const page = await started().open({ as: 'helpdesk', path: '/tokens/HELP' })
    await started().server.command('token', 'test', { serial: 'HELP', otp: '000000' })
    expect(await login('HELP', '0000000000')).toBe('reject')
    await button(page, 'Reset failures').click()
    await page.getByText('HELP has no failures any more').waitFor()

    await button(page, 'Set PIN').click()
    await page.getByLabel('New PIN').fill('new 5678')
    await dialog(page).getByRole('button', { name: 'Set PIN' }).click()
    await closed(page)
    expect(await login('HELP', `new 5678${otp('HELP', 5)}`)).toBe('accept')

    await button(page, 'Resync').click()
    await page.getByLabel('First OTP').fill(otp('HELP', 40))
    await page.getByLabel('Next OTP').fill(otp('HELP', 41))
    await dialog(page).getByRole('button', { name: 'Resync' }).click()
    await closed(page)
    expect(await login('HELP', `new 5678${otp('HELP', 42)}`)).toBe('accept')

    await button(page, 'Lost').click()
    await button(page, 'Disable it, and make a password').click()
    const password = await dialog(page).locator('.mono').textContent()
    await dialog(page).getByRole('button', { name: 'Copy' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(password)
    await button(page, 'Done').click()
    await closed(page)
    expect(await login('HELP', `new 5678${password}`)).toBe('accept')
    expect(await login('HELP', `new 5678${otp('HELP', 43)}`)).toBe('reject')
    await page.getByText('Disabled', { exact: true }).waitFor()
    await button(page, 'Enable').click()
    await dialog(page).getByRole('button', { name: 'Enable' }).click()
    await closed(page)
    expect((await started().server.token('HELP')).active).toBe(true)
  })

  test('a pending token is confirmed by its first OTP, not by another; a PIN can be taken away', async () => {
    const page = await started().open({ as: 'helpdesk', path: '/tokens/WAITS' })
    await page.getByText('It waits for its first OTP').waitFor()
    await button(page, 'Confirm by its first OTP').click()
    await page.getByLabel('The code that it shows now').fill('000000')
    await dialog(page).getByRole('button', { name: 'Confirm by its first OTP' }).click()
    await dialog(page).getByRole('alert').getByText('The OTP is no code of this token').waitFor()
    expect((await started().server.token('WAITS')).pending).toBe(true)
    await page.getByLabel('The code that it shows now').fill(otp('WAITS', 0))
    await page.keyboard.press('Enter')
    await closed(page)
    expect(await started().server.token('WAITS')).toMatchObject({ pending: false, active: true })
    expect(await login('WAITS', `1234${otp('WAITS', 1)}`)).toBe('accept')

    await button(page, 'Set PIN').click()
    expect(await dialog(page).getByRole('button', { name: 'Set PIN' }).isDisabled()).toBe(true)
    await page.getByLabel('No PIN: the OTP alone is enough').check()
    await dialog(page).getByRole('button', { name: 'Set PIN' }).click()
    await page.getByText('WAITS has no PIN any more').waitFor()
    expect(await login('WAITS', otp('WAITS', 2))).toBe('accept')
  })

  test('an administrator sets its expiration and takes it back, and changes its settings', async () => {
    const page = await started().open({ path: '/tokens/ADMIN' })
    const token = () => started().server.token('ADMIN')
    await button(page, 'Set Expiration').click()
    await page.getByLabel('Successes at most').fill('0')
    await page.getByLabel('Valid until').fill('2040-12-31T12:00')
    await button(page, 'Save').click()
    await closed(page)
    expect(await token()).toMatchObject({
      maxAttempts: null,
      maxSuccesses: 0,
      validUntil: new Date('2040-12-31T12:00').toISOString(),
    })
    await page.getByText('Used up', { exact: true }).waitFor()
    expect(await login('ADMIN', `1234${otp('ADMIN', 0)}`)).toBe('reject')
    await button(page, 'Undo').click()
    await page.getByText('ADMIN has its limits from before').waitFor()
    expect(await token()).toMatchObject({ maxSuccesses: null, validUntil: null })
    expect(await login('ADMIN', `1234${otp('ADMIN', 1)}`)).toBe('accept')

    await button(page, 'Settings').click()
    expect(await button(page, 'Save').isDisabled()).toBe(true)
    await page.getByLabel('Sync window').fill('5')
    await button(page, 'Save').click()
    await dialog(page).getByRole('alert').getByText('SyncWindow must be at least window').waitFor()
    await page.getByLabel('Sync window').fill('300')
    await page.getByLabel('Failures that lock it').fill('4')
    await page.getByLabel('Description').fill('')
    await button(page, 'Save').click()
    await closed(page)
    expect(await token()).toMatchObject({ syncWindow: 300, maxFail: 4, description: null })
  })

  test('it is taken from its user, given to another, and deleted; its history stays', async () => {
    const page = await started().open({ path: '/tokens/ADMIN' })
    await button(page, 'Unassign').click()
    await dialog(page).getByText('user-ADMIN can no longer log in with it').waitFor()
    await dialog(page).getByRole('button', { name: 'Unassign' }).click()
    await closed(page)
    await button(page, 'Assign').click()
    await page.getByLabel('User', { exact: true }).fill('user-SECOND')
    await page.getByLabel(/^PIN/).fill('4321')
    await dialog(page).getByRole('button', { name: 'Assign' }).click()
    await closed(page)
    await page.getByRole('link', { name: 'user-SECOND' }).waitFor()
    expect(await login('SECOND', `4321${otp('ADMIN', 8)}`)).toBe('accept')
    await button(page, 'Delete').click()
    await dialog(page).getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('heading', { level: 1, name: 'Tokens' }).waitFor()
    await page.goto('/tokens/ADMIN')
    await page.getByText('This token is deleted').waitFor()
    await page.getByText('Admin ran `token delete`').waitFor()
    await page.goto('/tokens/NEVER-WAS')
    await page.getByRole('alert').getByText('There is no token NEVER-WAS').waitFor()
  })

  test('the clock is drawn, and told in words and as a table', async () => {
    const page = await started().open({ as: 'viewer', path: '/tokens/CLOCK' })
    await page.getByRole('img', { name: /in step at first, 30 s ahead at last/ }).waitFor()
    await page.getByText('As a table').click()
    const table = page.getByRole('table', { name: 'Its clock' })
    await table.getByRole('row', { name: /30 s ahead a login/ }).waitFor()
    expect(await table.getByRole('row').count()).toBe(3)
  })

  test('whoever may change nothing is offered nothing, and text is text', async () => {
    const page = await started().open({ as: 'viewer', path: '/tokens/NASTY' })
    await page.getByText('What happened to it').waitFor()
    expect(await page.locator('main button').allInnerTexts()).toEqual([])
    await page.getByRole('link', { name: NASTY }).waitFor()
    await page.locator('dd', { hasText: NASTY }).last().waitFor()
    await page.goto(`/tokens/${encodeURIComponent(NASTY)}`)
    await page.getByRole('heading', { name: NASTY }).waitFor()
    await page.getByRole('alert').waitFor()
    expect(await page.evaluate('window.pwned')).toBe(undefined)
    await page.goto('/tokens/HELP')
    await page.getByText('What happened to it').waitFor()
    expect(await page.locator('main button').count()).toBe(0)
    const helpdesk = await started().open({ as: 'helpdesk', path: '/tokens/HELP' })
    await button(helpdesk, 'Test an OTP').waitFor()
    for (const name of ['Set Expiration', 'Settings', 'Unassign', 'Delete']) {
      expect(await button(helpdesk, name).count()).toBe(0)
    }
  })

  test('everybody can read it', async () => {
    const problems = await looksOf(started(), 'token', { path: '/tokens/CLOCK' }, async (page) => {
      await page.getByRole('img', { name: /The clock over time/ }).waitFor()
      await page.getByText('What happened to it').waitFor()
    })
    expect(problems).toEqual([])
  }, 60_000)

  test('everybody can read Set Expiration', async () => {
    const problems = await looksOf(started(), 'token-expiration', { path: '/tokens/CLOCK' }, async (page) => {
      await button(page, 'Set Expiration').click()
      await page.getByLabel('Valid until').waitFor()
    })
    expect(problems).toEqual([])
  }, 60_000)
})
