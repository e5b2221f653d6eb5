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
