/** The list of users: somebody is found while the name is typed. */
import { beforeAll, expect, test } from '@jest/globals'
import { secretOf } from '../e2e/otp.ts'
import { looksOf } from './accessible.ts'
import { Caller } from './caller.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const EVIL = '<img src=x onerror=alert(1)>'
/** Each of them means something else in an address, and `100%25` must not become `100%`. */
const ODD = 'a/b?c#d&e+f 100%25 ü'

describeInBrowser(
  'the list of users',
  (started) => {
    beforeAll(async () => {
      const { server } = started()
      const nas = await server.client()
      for (const user of ['alice', 'alice.smith', 'bob', EVIL, ODD]) {
        const serial = `T${Buffer.from(user).toString('hex').slice(0, 40)}`
        await Caller.enroll(server, nas, user, { serial })
      }
      const locked = await Caller.enroll(server, nas, 'carol', { maxFail: 2 })
      await locked.mistype(2)
      await server.command('user', 'set', { user: 'carol', groups: ['staff'] })
    })

    test('a user is found while the name is typed, with tokens, locked ones and groups', async () => {
      const page = await started().open({ as: 'viewer', path: '/users' })
      await page.getByLabel('Find a user').fill('caro')
      await page.getByText('1 user', { exact: true }).waitFor()
      const cells = page.getByRole('row').nth(1).locator('th, td')
      expect(await cells.allTextContents()).toEqual(['carol', '1', '1 locked', 'staff'])
      expect(new URL(page.url()).search).toBe('?q=caro')
    })

    test('the keyboard alone finds a user: typing begins at once, and Enter opens the only one', async () => {
      const page = await started().open({ as: 'viewer', path: '/users' })
      await page.locator('input[type=search]:focus').waitFor()
      await page.keyboard.type('bo')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'bob' }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/users/bob')
    })

    test('Enter opens the one whose whole name was typed, and nobody where several are left', async () => {
      const page = await started().open({ as: 'viewer', path: '/users' })
      await page.getByLabel('Find a user').fill('ali')
      await page.getByText('2 users', { exact: true }).waitFor()
      await page.keyboard.press('Enter')
      await page.getByLabel('Find a user').fill('ALICE')
      expect(new URL(page.url()).pathname).toBe('/users')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'alice', exact: true }).waitFor()
    })

    test('a search that finds nobody leads to the page of that name', async () => {
      const page = await started().open({ as: 'helpdesk', path: '/users?q=newcomer' })
      await page.getByText('No user with a token has “newcomer” in the name').waitFor()
      await page.getByRole('link', { name: 'Open the page of newcomer' }).click()
      await page.getByText('Nothing is known of newcomer').waitFor()
    })

    test('a name is text, whatever stands in it, and leads to its own page', async () => {
      const page = await started().open({ as: 'viewer', path: '/users' })
      for (const name of [EVIL, ODD]) {
        await page.getByRole('link', { name, exact: true }).click()
        await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
        await page.getByRole('article').waitFor()
        expect(await page.locator('img[onerror]').count()).toBe(0)
        await page.reload()
        await page.getByRole('article').waitFor()
        await page.goBack()
      }
    })

    test('everybody can read it', async () => {
      const problems = await looksOf(started(), 'users', { as: 'viewer', path: '/users' }, (page) =>
        page.getByRole('link', { name: 'carol' }).waitFor(),
      )
      expect(problems).toEqual([])
    })

    test('a long list has pages', async () => {
      for (let i = 10; i < 70; i++) {
        const fields = { type: 'hotp', user: `many-${i}`, serial: `MANY-${i}`, secretHex: secretOf('many') }
        await started().server.command('token', 'enroll', fields)
      }
      const page = await started().open({ as: 'viewer', path: '/users?q=many' })
      await page.getByText('More than 50 users').waitFor()
      await page.getByRole('button', { name: 'Next page' }).click()
      await page.getByRole('link', { name: 'many-69' }).waitFor()
      expect(await page.getByRole('row').count()).toBe(11)
      await page.getByRole('button', { name: 'Previous page' }).click()
      await page.getByRole('link', { name: 'many-10' }).waitFor()
    })
  },
  { radius: { groups: [{ name: 'staff', reply: [] }] } },
)
