/** The audit trail in a browser: searched, paged, verified and saved, whatever names are in it. */
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { AttributeType } from '../../src/radius/attributes.ts'
import { looksOf } from './accessible.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const HOSTILE = '<img src=x onerror=window.hacked=1>"\'&'
const FORMULA = '=HYPERLINK("http://x","y")'

describeInBrowser('the audit trail', (started) => {
  beforeAll(async () => {
    const { server } = started()
    await server.command('token', 'enroll', { type: 'hotp', user: 'alice', serial: 'ALICE', pin: '1234' })
    const nas = await server.client()
    for (let i = 0; i < 60; i++) await nas.login(`nobody${i}`, '000000')
    const hostile = { type: AttributeType.NasIdentifier, value: Buffer.from(HOSTILE) }
    await nas.login(HOSTILE, '000000', [hostile])
    await nas.login(FORMULA, '000000')
    await nas.login('alice', '1234000000')
    await server.command('token', 'disable', { serial: 'ALICE' })
  })

  const rows = (page: Page) => page.getByRole('table').locator('tbody tr')

  /** What opens the row of her login. */
  const ofAlice = (page: Page) =>
    rows(page).filter({ hasText: 'rejected: the OTP was no code' }).getByRole('button')

  async function saved(page: Page, format: 'CSV' | 'NDJSON'): Promise<string> {
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('radio', { name: format, exact: true }).check()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save the file' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe(`sallyport-audit.${format.toLowerCase()}`)
    await page
      .getByRole('status')
      .getByText(/^Saved: \d+ rows$/)
      .waitFor()
    await page.getByRole('button', { name: 'Close' }).last().click()
    return readFileSync(await file.path(), 'utf8')
  }

  test('is searched by user, action and outcome, and the address is the search', async () => {
    const page = await started().open({ as: 'viewer', path: '/audit' })
    await page.getByLabel('User', { exact: true }).fill('alice')
    await page.waitForURL('**/audit?user=alice')
    await page.getByText('carol ran `token disable`: done').waitFor()
    await rows(page).nth(3).waitFor({ state: 'detached' })
    expect(await rows(page).count()).toBe(3)
    await page.getByLabel('Action').selectOption('login')
    await page.getByLabel('Outcome').selectOption('Reject')
    await page.getByText(/rejected: the OTP was no code of the token/).waitFor()
    await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' })
    expect(new URL(page.url()).search).toBe('?user=alice&action=login&outcome=reject')
    const other = await started().open({
      as: 'viewer',
      path: new URL(page.url()).pathname + new URL(page.url()).search,
    })
    await other.getByText(/rejected: the OTP was no code of the token/).waitFor()
    expect(await rows(other).count()).toBe(1)
    await other.getByRole('button', { name: 'Clear' }).click()
    await other.waitForURL('**/audit')
  })

  test('is searched by time, local where the browser is', async () => {
    const page = await started().open({ as: 'viewer', path: '/audit' })
    await page.getByLabel('Until').fill('2001-02-03T04:05')
    await page.getByText('Nothing found').waitFor()
    expect(new URL(page.url()).searchParams.get('to')).toBe(new Date('2001-02-03T04:05').toISOString())
    await page.getByLabel('Until').fill('')
    await page.getByLabel('From').fill('2001-02-03T04:05')
    await page.getByText('Newest first').waitFor()
  })

  test('says what is wrong with a search that can find nothing', async () => {
    const page = await started().open({ as: 'viewer', path: '/audit?serial=not%20a%20serial' })
    await page
      .getByRole('alert')
      .getByText(/serial must be/i)
      .waitFor()
  })

  test('has pages, and each row all of its fields on demand', async () => {
    const page = await started().open({ as: 'viewer', path: '/audit' })
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByText('Page 2').waitFor()
    await page.getByRole('button', { name: 'Previous page' }).click()
    await page.getByText('carol ran `token disable`: done').waitFor()
    const more = ofAlice(page)
    await more.focus()
    await page.keyboard.press('Enter')
    const details = page.locator('dl')
    for (const text of ['client:vpn', '127.0.0.1', 'wrong-otp', 'failures=1/10']) {
      await details.getByText(text, { exact: true }).waitFor()
    }
    expect(await more.getAttribute('aria-expanded')).toBe('true')
    await details.getByRole('link', { name: 'ALICE' }).waitFor()
  })

  test('shows names as they are, and runs none of them', async () => {
    const page = await started().open({ as: 'admin', path: `/audit?user=${encodeURIComponent(HOSTILE)}` })
    await page.getByRole('link', { name: HOSTILE }).waitFor()
    await page.getByRole('button', { name: /Details of row/ }).click()
    await page.locator('dl').getByText(HOSTILE).waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.evaluate('window.hacked')).toBeUndefined()
  })

  test('is saved as the CLI writes it: all pages, and no formula for a spreadsheet', async () => {
    const page = await started().open({ as: 'viewer', path: '/audit?action=login' })
    await page.getByText('Newest first').waitFor()
    const csv = await saved(page, 'CSV')
    const cli = async (format: string) =>
      (await started().server.sallyport(['audit', 'list', '--action', 'login', format])).stdout
    expect(csv).toBe(await cli('--csv'))
    expect(csv.split('\r\n').length).toBe(1 + 63 + 1)
    expect(csv).toContain(`"'=HYPERLINK(""http://x"",""y"")"`)
    expect(await saved(page, 'NDJSON')).toBe(await cli('--ndjson'))
  })

  test('everybody can read it', async () => {
    const problems = await looksOf(
      started(),
      'audit',
      { as: 'viewer', path: '/audit?user=alice' },
      async (page) => {
        await ofAlice(page).click()
        await page.locator('dl').waitFor()
      },
    )
    expect(problems).toEqual([])
  }, 60_000)

  test('is verified, and a row that somebody took away is found', async () => {
    const page = await started().open({ as: 'viewer', path: '/audit' })
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('finds out whether one was changed, removed or added').waitFor()
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByText('The trail is whole').waitFor()
    await started().server.database.query(
      'DELETE FROM audit WHERE id = (SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET 9)',
    )
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByRole('alert').getByText('The trail was altered').waitFor()
    await page.getByText(/rows were removed or moved/).waitFor()
  })
})
