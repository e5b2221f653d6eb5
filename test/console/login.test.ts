/** The login of administrators in a browser: by password and OTP, and what is seen when it is wrong or over. */
import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { looksOf } from './accessible.ts'
import { PASSWORD } from './console_browser.ts'
import { describeInBrowser } from './describe_in_browser.ts'

async function fill(page: Page, user: string, password: string, otp: string): Promise<void> {
  await page.getByLabel('User').fill(user)
  await page.getByLabel(/^Password/).fill(password)
  await page.getByLabel('OTP').fill(otp)
  await page.getByRole('button', { name: 'Log in' }).click()
}

describeInBrowser('the login', (started) => {
  test('a wrong OTP is refused, and the field is empty for the next one', async () => {
    const page = await started().open({ as: null })
    await fill(page, 'viewer', PASSWORD, '000000')
    await page.getByRole('alert').getByText('The login is not right').waitFor()
    expect(await page.getByLabel('OTP').inputValue()).toBe('')
    expect(await page.getByLabel('User').inputValue()).toBe('viewer')
  })

  test('password and OTP open the page that was asked for', async () => {
    const page = await started().open({ as: null, path: '/tokens' })
    await fill(page, 'viewer', PASSWORD, started().nextOtp('viewer'))
    await page.getByRole('heading', { level: 1, name: 'Tokens' }).waitFor()
    await page.getByText('viewer · Viewer').waitFor()
    expect(new URL(page.url()).pathname).toBe('/tokens')
  })

  test('the keyboard alone is enough', async () => {
    const page = await started().open({ as: null })
    await page.locator('#login-user:focus').waitFor()
    await page.keyboard.type('helpdesk')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Tab')
    // The button that shows the password is between them.
    if ((await page.evaluate('document.activeElement?.tagName')) === 'BUTTON')
      await page.keyboard.press('Tab')
    await page.keyboard.type(started().nextOtp('helpdesk'))
    await page.keyboard.press('Enter')
    await page.getByText('helpdesk · Helpdesk').waitFor()
  })

  test('another page is where the keys go on', async () => {
    const page = await started().open({ as: 'viewer', path: '/users' })
    await page.getByRole('link', { name: 'Audit trail' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Audit trail' }).waitFor()
    await page.locator('#page:focus').waitFor()
    await page.getByRole('link', { name: 'Users' }).focus()
    await page.keyboard.press('Enter')
    // Whoever comes there has somebody to find.
    await page.locator('input[type=search]:focus').waitFor()
  })

  test('logging out leaves nothing to go back to', async () => {
    await started().addAdministrator('leaving', 'viewer')
    const page = await started().open({ as: null })
    await fill(page, 'leaving', PASSWORD, started().nextOtp('leaving'))
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    await page.goto('/tokens')
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    const left = (await page.context().cookies()).map(({ name }) => name)
    // It opens nothing: it says that this browser has logged in before.
    expect(left).toEqual(['__Host-sallyport-known'])
  })

  test('a logout in one window is one in all', async () => {
    await started().addAdministrator('twice', 'viewer')
    const page = await started().open({ as: null })
    await fill(page, 'twice', PASSWORD, started().nextOtp('twice'))
    await page.getByText('twice · Viewer').waitFor()
    const other = await page.context().newPage()
    await other.goto(`${started().server.consoleUrl}/users`)
    await other.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await other.getByRole('button', { name: 'Log in' }).waitFor()
  })

  test('a logout that the server did not hear is none, and says so', async () => {
    const page = await started().open({ as: 'viewer', path: '/users' })
    await page.route('**/session/logout', (route) => route.abort())
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You are still logged in').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
    expect(started().problems.splice(0)).toEqual([expect.stringContaining('ERR_FAILED')])
  })

  test('a page that asks for nothing learns that its session is over', async () => {
    await started().addAdministrator('away', 'viewer')
    const page = await started().open({ as: null, path: '/audit' })
    await fill(page, 'away', PASSWORD, started().nextOtp('away'))
    await page.getByRole('heading', { level: 1, name: 'Audit trail' }).waitFor()
    await started().server.command('admin', 'revoke', { user: 'away' })
    // Somebody comes back to the window.
    await page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")
    await page.getByText('Your session has ended').waitFor()
  })

  test('a session that was revoked ends in a login that says so', async () => {
    await started().addAdministrator('revoked', 'viewer')
    const page = await started().open({ as: null, path: '/users' })
    await fill(page, 'revoked', PASSWORD, started().nextOtp('revoked'))
    await page.getByText('revoked · Viewer').waitFor()
    await started().server.command('admin', 'revoke', { user: 'revoked' })
    await page.getByRole('link', { name: 'Tokens' }).click()
    await page.getByText('Your session has ended').waitFor()
  })

  test('everybody can read it', async () => {
    const problems = await looksOf(started(), 'login', { as: null }, (page) =>
      page.getByRole('button', { name: 'Log in' }).waitFor(),
    )
    expect(problems).toEqual([])
  })
})
