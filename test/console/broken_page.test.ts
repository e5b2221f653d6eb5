/** A page whose file does not come: after an upgrade it has another name. */
import { expect, test } from '@jest/globals'
import { describeInBrowser } from './describe_in_browser.ts'

describeInBrowser('a page that cannot be loaded', (started) => {
  test('says so, and others can be gone to', async () => {
    const page = await started().open({ path: '/users' })
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
    await page.route('**/assets/audit_page-*.js', (route) => route.abort())
    await page.getByRole('link', { name: 'Audit trail' }).click()
    await page.getByRole('alert').getByText('This page could not be shown').waitFor()
    await page.getByRole('link', { name: 'Users' }).click()
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
    await page.unroute('**/assets/audit_page-*.js')
    await page.getByRole('link', { name: 'Audit trail' }).click()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { level: 1, name: 'Audit trail' }).waitFor()
    // The browser complains of the file, as it should; nothing else went wrong.
    expect(
      started()
        .problems.splice(0)
        .filter((problem) => !/net::ERR_FAILED|audit_page/.test(problem)),
    ).toEqual([])
  })
})
