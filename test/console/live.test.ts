/** Logins as they come: filtered, held still, and explained. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import type { RadiusClient } from '../e2e/radius_client.ts'
import { vpn } from '../e2e/server.ts'
import { until } from '../support/until.ts'
import { looksOf } from './accessible.ts'
import { Caller } from './caller.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const EVIL = '<img src=x onerror=alert(1)>'
/** Of rows that the page keeps. */
const MOST_ROWS = 300

describeInBrowser(
  'the stream of logins',
  (started) => {
    let nas: RadiusClient
    let alice: Caller
    beforeAll(async () => {
      nas = await started().server.client()
      alice = await Caller.enroll(started().server, nas, 'alice', { maxFail: 0 })
      await alice.login()
      await alice.replay()
    })

    const rows = (page: Page) => page.getByRole('table').getByRole('row')
    const newest = (page: Page, name: RegExp) => rows(page).nth(1).getByText(name).waitFor()

    const haveRows = (page: Page, count: number) =>
      until(`${count} rows`, async () => (await rows(page).count()) === count + 1)

    test('a login appears by itself, at the top, in plain words', async () => {
      const page = await started().open({ as: 'viewer', path: '/live' })
      await newest(page, /Rejected: the OTP was a code that had been used/)
      await alice.login()
      await newest(page, /Accepted: PIN and OTP were right/)
    })

    test('held still by a key, it says how many came meanwhile, and shows them when it goes on', async () => {
      const page = await started().open({ as: 'viewer', path: '/live' })
      await newest(page, /Accepted/)
      const before = await rows(page).count()
      await page.keyboard.press('Alt+p')
      await page.getByText('Paused. 0 came meanwhile.').waitFor()
      await alice.mistype(2)
      await page.getByText('Paused. 2 came meanwhile.').waitFor()
      expect(await rows(page).count()).toBe(before)
      await page.getByRole('button', { name: 'Resume (2 new)' }).press('Enter')
      await newest(page, /Rejected: the OTP was no code/)
      expect(await rows(page).count()).toBe(before + 2)
    })

    test('filters are in the address, and hold for what comes', async () => {
      await nas.login('bob', 'whatever')
      const page = await started().open({ as: 'viewer', path: '/live?user=alice' })
      await newest(page, /Rejected/)
      await page.getByLabel('Outcome').selectOption('reject')
      await page.getByLabel('Reason').selectOption('otp-already-used')
      await haveRows(page, 1)
      expect(new URL(page.url()).search).toBe('?user=alice&outcome=reject&reason=otp-already-used')
      await alice.login()
      await alice.replay()
      await haveRows(page, 2)
      await page.getByRole('button', { name: 'Clear filters' }).click()
      await page.getByRole('rowheader', { name: 'bob' }).waitFor()
    })

    test('each is explained: what was checked, the challenges before it, how it is now', async () => {
      const first = await nas.converse('alice', '1234')
      expect(first.answer).toBe('challenge')
      await nas.converse('alice', alice.otp(9), first.state)
      const page = await started().open({ as: 'viewer', path: '/live' })
      await newest(page, /Accepted/)
      await page
        .getByRole('link', { name: /^Why, of alice/ })
        .first()
        .click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('The challenges that it answers').waitFor()
      await dialog.getByText('otp-asked').waitFor()
      await dialog.getByText('can be used').waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await page.goBack()
      expect(new URL(page.url()).pathname).toBe('/live')
    })

    test('a login is explained by its number alone, with the command that helps', async () => {
      const { logins } = (await started().server.command('login', 'recent', { reason: 'wrong-otp' })) as {
        logins: { id: number }[]
      }
      const page = await started().open({ as: 'viewer', path: `/live?explain=${logins[0]!.id}` })
      const dialog = page.getByRole('dialog')
      await dialog.getByText('sallyport token resync T-alice OTP1 OTP2').waitFor()
      await dialog.getByRole('button', { name: 'Copy the command' }).click()
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
        'sallyport token resync T-alice OTP1 OTP2',
      )
      await dialog.getByRole('link', { name: 'Mend it on the page of alice' }).click()
      await page.getByRole('heading', { level: 1, name: 'alice' }).waitFor()
    })

    test('a number that is none, or of no login, is answered with words', async () => {
      const page = await started().open({ as: 'viewer', path: '/live?explain=99999999' })
      await page.getByRole('dialog').getByText('The audit trail has no row 99999999').waitFor()
      await page.goto(`/live?explain=${encodeURIComponent(EVIL)}&user=${encodeURIComponent(EVIL)}`)
      await page.getByRole('dialog').getByText('There is no such login').waitFor()
      expect(await page.locator('img[onerror]').count()).toBe(0)
    })

    test('a name that came over RADIUS is text in the list, in the explanation and as a filter', async () => {
      await nas.login(EVIL, EVIL)
      const page = await started().open({ as: 'viewer', path: `/live?user=${encodeURIComponent(EVIL)}` })
      await page.getByRole('rowheader', { name: EVIL }).waitFor()
      await page.getByRole('link', { name: `Why, of ${EVIL}` }).click()
      await page.getByRole('dialog').getByText(`sallyport token enroll totp '${EVIL}'`).waitFor()
      expect(await page.locator('img[onerror]').count()).toBe(0)
    })

    test('asking again does not keep the session alive, and asks only for what is new', async () => {
      const page = await started().open({ as: 'viewer', path: '/users' })
      const asked: { background: string | undefined; after: unknown }[] = []
      page.on('request', (request) => {
        if (!request.url().endsWith('/v1/login/recent')) return
        asked.push({ background: request.headers()['x-background'], after: request.postDataJSON().after })
      })
      await page.getByRole('link', { name: 'Live logins' }).click()
      await newest(page, /Rejected/)
      await page.waitForRequest((request) => request.url().endsWith('/v1/login/recent'))
      expect(asked.slice(0, 2)).toEqual([
        { background: undefined, after: undefined },
        { background: '1', after: expect.any(Number) },
      ])
    })

    test('everybody can read it', async () => {
      const ready = (page: Page) => newest(page, /Rejected/)
      expect(await looksOf(started(), 'live', { as: 'viewer', path: '/live' }, ready)).toEqual([])
      const { logins } = (await started().server.command('login', 'recent', {
        reason: 'otp-already-used',
      })) as {
        logins: { id: number }[]
      }
      const path = `/live?explain=${logins[0]!.id}`
      const explained = (page: Page) => page.getByRole('dialog').getByText('How it is now').waitFor()
      expect(await looksOf(started(), 'explain', { as: 'viewer', path }, explained)).toEqual([])
    }, 90_000)

    test(`the list keeps the newest ${MOST_ROWS}, however long it is open`, async () => {
      const page = await started().open({ as: 'viewer', path: '/live' })
      await newest(page, /Rejected/)
      for (let i = 0; i < MOST_ROWS + 20; i++) await nas.login(`stranger-${i}`, 'whatever')
      await haveRows(page, MOST_ROWS)
      await nas.login('latecomer', 'whatever')
      await rows(page).nth(1).getByText('latecomer').waitFor()
      expect(await rows(page).count()).toBe(MOST_ROWS + 1)
    })
  },
  { radius: { clients: [vpn({ challenge: true })] } },
)
