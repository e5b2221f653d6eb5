/** Administrators in a browser: who sees what, how one is added and changed, and how a session is ended. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { ConsoleClient } from '../e2e/console_client.ts'
import { hotp, secretOf } from '../e2e/otp.ts'
import { looksOf } from './accessible.ts'
import { PASSWORD } from './console_browser.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const HOSTILE = '<img src=x onerror=window.hacked=1>'

describeInBrowser('administrators', (started) => {
  beforeAll(async () => {
    await started().server.command('admin', 'add', { user: HOSTILE, role: 'viewer', password: PASSWORD })
  })

  const list = (page: Page) => page.getByRole('table', { name: 'Administrators' })
  const row = (page: Page, user: string) => list(page).getByRole('row').filter({ hasText: user })
  const open = (as: 'viewer' | 'helpdesk' | 'admin') => started().open({ as, path: '/administrators' })

  test('are seen by a viewer, who can change nothing', async () => {
    const page = await open('viewer')
    await row(page, 'helpdesk').waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
    expect(await page.getByText('Logged in now').count()).toBe(0)
  })

  test('the helpdesk sees who is logged in, and ends nothing', async () => {
    const page = await open('helpdesk')
    await page.getByRole('table', { name: 'Logged in now' }).getByRole('link', { name: 'helpdesk' }).waitFor()
    expect(await page.locator('main').getByRole('button').count()).toBe(0)
  })

  test('names are shown as they are, and none is run', async () => {
    const page = await open('admin')
    await row(page, HOSTILE).getByText('none: cannot log in').waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.evaluate('window.hacked')).toBeUndefined()
  })

  test('one is added, and told that he needs a token; with one he logs in', async () => {
    const page = await open('admin')
    await page.getByRole('button', { name: 'Add an administrator' }).click()
    const dialogue = page.getByRole('dialog')
    await dialogue.getByRole('textbox', { name: 'User' }).fill('dave')
    await dialogue.getByRole('radio', { name: 'Viewer' }).check()
    await dialogue.getByRole('textbox', { name: 'Password' }).fill('too short')
    expect(await dialogue.getByRole('button', { name: 'Add', exact: true }).isDisabled()).toBe(true)
    await dialogue.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await dialogue.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText(/Dave has no token yet, and cannot log in/).waitFor()
    const link = row(page, 'dave').getByRole('link', { name: 'Enroll a token' })
    expect(await link.getAttribute('href')).toBe('/tokens?enroll=1&user=dave')

    const secretHex = secretOf('dave')
    await started().server.command('token', 'enroll', {
      type: 'hotp',
      user: 'dave',
      serial: 'DAVE',
      secretHex,
    })
    const dave = new ConsoleClient(started().server.consoleUrl)
    const login = { user: 'dave', password: PASSWORD, otp: hotp({ secretHex }, 0) }
    expect((await dave.post('/session/login', login)).body).toEqual({ user: 'dave', role: 'viewer' })
  })

  test('one who is there already is not added again', async () => {
    const page = await open('admin')
    await page.getByRole('button', { name: 'Add an administrator' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'User' }).fill('helpdesk')
    await page.getByRole('dialog').getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page
      .getByRole('alert')
      .getByText(/is an administrator already/)
      .waitFor()
  })

  test('role and password are changed, and he is removed; oneself cannot be', async () => {
    await started().addAdministrator('frank', 'viewer')
    const page = await open('admin')
    await page.getByRole('button', { name: 'Set role: frank' }).click()
    await page.getByRole('radio', { name: 'Helpdesk' }).check()
    await page.getByRole('button', { name: 'Set role', exact: true }).click()
    await row(page, 'frank').getByText('Helpdesk').waitFor()
    await page.getByRole('button', { name: 'Set password: frank' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Password' }).fill('another of his')
    await page.getByRole('button', { name: 'Set password', exact: true }).click()
    await page.getByText('The password of frank is set').waitFor()
    await page.getByRole('button', { name: 'Remove: frank' }).click()
    await page.getByText('His tokens stay').waitFor()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('frank is no administrator any more').waitFor()
    await row(page, 'frank').waitFor({ state: 'detached' })
    await row(page, '(you)').getByRole('button', { name: 'Set password: admin' }).waitFor()
    expect(await page.getByRole('button', { name: /^(Remove|Set role): admin$/ }).count()).toBe(0)
    const { entries } = await started().server.command('audit', 'list', {
      user: 'frank',
      action: 'admin remove',
    })
    expect(entries).toMatchObject([{ actor: 'admin:admin' }])
  })

  test('a session is ended, and its browser asks for a login', async () => {
    const theirs = await started().open({ as: 'helpdesk', path: '/administrators' })
    await theirs.getByText('Logged in now').waitFor()
    const page = await open('admin')
    await page.getByRole('button', { name: 'End: helpdesk' }).first().click()
    await page.getByRole('button', { name: 'End', exact: true }).click()
    await page.getByText('The session of helpdesk is over').waitFor()
    await theirs.getByRole('link', { name: 'Clients' }).click()
    await theirs.getByText('Your session has ended').waitFor()
  })

  test('everybody can read them', async () => {
    const options = { as: 'admin', path: '/administrators' } as const
    const problems = await looksOf(started(), 'administrators', options, async (page) => {
      await row(page, HOSTILE).waitFor()
      await page.getByRole('table', { name: 'Logged in now' }).waitFor()
    })
    expect(problems).toEqual([])
    const add = await looksOf(started(), 'administrators-add', options, async (page) => {
      await page.getByRole('button', { name: 'Add an administrator' }).click()
      await page.getByRole('dialog').waitFor()
    })
    expect(add).toEqual([])
  }, 90_000)
})
