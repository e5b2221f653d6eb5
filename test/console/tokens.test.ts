/** The list of tokens in a browser: found, filtered, sorted, paged, and changed many at once with a way back. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { looksOf } from './accessible.ts'
import { describeInBrowser } from './describe_in_browser.ts'

const NASTY_USER = '<img src=x onerror="window.pwned=1">'
const NASTY_DESCRIPTION = `"><script>window.pwned=1</script>{{7*7}}<svg/onload=window.pwned=1>`

const serials = (page: Page) => page.locator('tbody th').allInnerTexts()
const total = (page: Page, text: string) =>
  page.getByRole('status').getByText(text, { exact: true }).waitFor()
const select = (page: Page, serial: string) => page.getByLabel(`Select ${serial}`).check()
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** Holds up what a page asks of a path, until it is told to go on. */
async function hold(page: Page, path: string) {
  const held = { asked: 0, goOn: () => {} }
  const isOver = new Promise<void>((resolve) => {
    held.goOn = resolve
  })
  await page.route(`**${path}`, async (route) => {
    held.asked++
    await isOver
    await route.continue()
  })
  return held
}

describeInBrowser(
  'the list of tokens',
  (started) => {
    beforeAll(async () => {
      const { server } = started()
      const make = (serial: string, input: object = {}) =>
        server.command('token', 'enroll', { type: 'hotp', serial, ...input })
      await Promise.all([
        make('T-ALICE', { user: 'alice', description: 'blue key ring' }),
        make('T-BOB', { user: 'bob', type: 'totp', pending: true }),
        make('T-NASTY', { user: NASTY_USER, description: NASTY_DESCRIPTION }),
        make('T-FREE', { description: 'in the drawer' }),
        make('T-OFF', { user: 'oscar' }),
        make('T-LOCKED', { user: 'locke' }),
        make('T-ENDING', { user: 'ende' }),
        ...Array.from({ length: 30 }, (_, i) => make(`BATCH-${10 + i}`, { user: `batch${i}` })),
      ])
      await server.command('token', 'disable', { serial: 'T-OFF' })
      const inFiveDays = new Date(Date.now() + 5 * 86_400_000).toISOString()
      await server.command('token', 'set-limits', { serial: 'T-ENDING', validUntil: inFiveDays })
      for (const password of ['111111', '222222', '333333']) {
        await server.command('login', 'check', { user: 'locke', password })
      }
    })

    test('typing finds tokens by user, serial and description, and the rows stay until the next are here', async () => {
      const page = await started().open({ as: 'viewer', path: '/tokens' })
      await total(page, '40 tokens')
      const rows = [
        ['ALIC', 'T-ALICE'],
        ['t-bo', 'T-BOB'],
        ['key ring', 'T-ALICE'],
        ['oscar', 'T-OFF'],
      ] as const
      for (const [typed, serial] of rows) {
        await page.getByLabel('Search').clear()
        await page.getByLabel('Search').pressSequentially(typed)
        await until(`${typed} to find ${serial}`, async () => (await serials(page)).join() === serial)
        expect(new URL(page.url()).searchParams.get('q')).toBe(typed)
      }
      const held = await hold(page, '/v1/token/list')
      await page.getByLabel('Search').fill('nobody has this')
      await page.locator('table[aria-busy=true]').waitFor()
      expect(await serials(page)).toEqual(['T-OFF'])
      held.goOn()
      await total(page, 'No token is like that')
      await button(page, 'Clear filters').click()
      await total(page, '40 tokens')
      expect(await page.getByLabel('Search').inputValue()).toBe('')
    })

    test('each filter leaves its tokens, and is part of the address', async () => {
      const page = await started().open({ as: 'viewer', path: '/tokens' })
      const flags = [
        ['Locked', 'locked', 'T-LOCKED'],
        ['Disabled', 'disabled', 'T-OFF'],
        ['Unassigned', 'unassigned', 'T-FREE'],
        ['Pending', 'pending', 'T-BOB'],
      ] as const
      for (const [label, name, serial] of flags) {
        await total(page, '40 tokens')
        await page.getByText(label, { exact: true }).first().click()
        await total(page, '1 token')
        expect(await serials(page)).toEqual([serial])
        expect(page.url()).toContain(`${name}=1`)
        await page.reload()
        await total(page, '1 token')
        expect(await page.getByLabel(label, { exact: true }).isChecked()).toBe(true)
        await button(page, 'Clear filters').click()
      }
      await total(page, '40 tokens')
      await page.getByLabel('Expiring within').fill('7')
      await total(page, '1 token')
      expect(await serials(page)).toEqual(['T-ENDING'])
      await page.getByLabel('Expiring within').fill('2')
      await total(page, 'No token is like that')
      await page.getByLabel('Expiring within').fill('')
      await total(page, '40 tokens')
      await page.getByLabel('Unused for').fill('90')
      await total(page, 'No token is like that')
      expect(page.url()).toContain('unused=90')
    })

    test('a column sorts up and down, and pages are found again by going back', async () => {
      const page = await started().open({ as: 'viewer', path: '/tokens?q=T-' })
      await total(page, '7 tokens')
      const heading = page.getByRole('columnheader', { name: 'Failures' }).getByRole('button')
      await heading.click()
      await page.locator('th[aria-sort=ascending]', { hasText: 'Failures' }).waitFor()
      await heading.click()
      await page.locator('th[aria-sort=descending]', { hasText: 'Failures' }).waitFor()
      await until('the locked one to be first', async () => (await serials(page))[0] === 'T-LOCKED')
      expect(page.url()).toContain('sort=-failures')

      await page.goto('/tokens?rows=25')
      await total(page, '40 tokens')
      const first = await serials(page)
      await button(page, 'Next page').click()
      await until('the other rows', async () => (await serials(page)).length === 15)
      const second = await serials(page)
      expect(new Set([...first, ...second]).size).toBe(40)
      await page.getByRole('link', { name: second[0] as string }).click()
      await page.waitForURL(`**/tokens/${second[0]}`)
      await page.goBack()
      await page.getByText('Page 2').waitFor()
      await until('the second page', async () => (await serials(page)).join() === second.join())
      await button(page, 'Previous page').click()
      await until('the first page', async () => (await serials(page)).join() === first.join())
    })

    test('disabling many says before which of them change, and can be undone', async () => {
      const page = await started().open({ as: 'helpdesk', path: '/tokens?q=T-' })
      await total(page, '7 tokens')
      for (const serial of ['T-ALICE', 'T-OFF', 'T-BOB']) await select(page, serial)
      await page.getByText('3 tokens selected').waitFor()
      await button(page, 'Disable').click()
      const dialog = page.getByRole('dialog', { name: 'Disable' })
      await dialog.getByText('1 token will change:').waitFor()
      await dialog.getByText('2 tokens will not:').waitFor()
      await dialog.getByText('T-OFF (oscar): is disabled already').waitFor()
      await dialog.getByText('T-BOB (bob): waits for its first OTP').waitFor()
      expect((await started().server.token('T-ALICE')).active).toBe(true)
      await button(page, 'Disable 1 token').click()
      await dialog.waitFor({ state: 'detached' })
      await page.getByText('1 token disabled').waitFor()
      expect((await started().server.token('T-ALICE')).active).toBe(false)
      await button(page, 'Undo').click()
      await page.getByText('Undone for 1 token').waitFor()
      expect((await started().server.token('T-ALICE')).active).toBe(true)
      expect((await started().server.token('T-OFF')).active).toBe(false)

      // By the keyboard alone; the focus comes back.
      await button(page, 'Clear selection').click()
      await page.getByLabel('Select T-ALICE').focus()
      await page.keyboard.press('Space')
      await page.getByText('1 token selected').waitFor()
      await button(page, 'Disable').focus()
      await page.keyboard.press('Enter')
      await page.getByRole('dialog', { name: 'Disable' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await until('the focus to be back', () =>
        page.evaluate('document.activeElement?.textContent === "Disable"'),
      )
    })

    test('what failed or was stopped is told with its reason, and the rest is done', async () => {
      const page = await started().open({ as: 'helpdesk', path: '/tokens?q=-2' })
      await total(page, '10 tokens')
      await page.getByLabel('Select all on this page').check()
      await page.getByLabel('Search').fill('ADM-ADMIN')
      await total(page, '1 token')
      await select(page, 'ADM-ADMIN')
      await page.getByText('11 tokens selected, 10 of them not on this page').waitFor()
      await button(page, 'Disable').click()
      await button(page, 'Disable 11 tokens').click()
      const dialog = page.getByRole('dialog', { name: 'Disable' })
      await dialog.getByText('10 tokens disabled').waitFor()
      await dialog.getByText('1 token could not be changed:').waitFor()
      await dialog
        .getByText('ADM-ADMIN (admin): This belongs to an administrator of the role admin')
        .waitFor()
      await dialog.getByRole('button', { name: 'Undo' }).click()
      await page.getByText('Undone for 10 tokens').waitFor()
      expect((await started().server.token('BATCH-20')).active).toBe(true)

      await page.goto('/tokens?q=BATCH-3')
      await total(page, '10 tokens')
      const held = await hold(page, '/v1/token/disable')
      await page.getByLabel('Select all on this page').check()
      await button(page, 'Disable').click()
      await button(page, 'Disable 10 tokens').click()
      await page.getByText('0 of 10 done').waitFor()
      await until('a few to be on their way', () => held.asked === 4)
      await button(page, 'Stop').click()
      held.goOn()
      await page.getByText('4 tokens disabled').waitFor()
      await page.getByText('6 tokens could not be changed:').waitFor()
      expect(await page.getByText('Not run: it was stopped before').count()).toBe(6)
      expect(held.asked).toBe(4)
      await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click()
      await page.getByText('Undone for 4 tokens').waitFor()
    })

    test('what somebody else has done since they were selected is not done over, nor taken back', async () => {
      const page = await started().open({ as: 'helpdesk', path: '/tokens?q=BATCH-1' })
      await total(page, '10 tokens')
      for (const serial of ['BATCH-11', 'BATCH-12', 'BATCH-13']) await select(page, serial)
      await started().server.command('token', 'disable', { serial: 'BATCH-12' })
      await started().server.command('token', 'unassign', { serial: 'BATCH-13' })
      await button(page, 'Disable').click()
      await button(page, 'Disable 3 tokens').click()
      const dialog = page.getByRole('dialog', { name: 'Disable' })
      await dialog.getByText('1 token disabled').waitFor()
      await dialog.getByText('BATCH-12 (batch2): Is disabled already').waitFor()
      await dialog.getByText('BATCH-13 (batch3): It belongs to nobody by now').waitFor()
      await dialog.getByRole('button', { name: 'Undo' }).click()
      await page.getByText('Undone for 1 token').waitFor()
      expect((await started().server.token('BATCH-12')).active).toBe(false)
      expect((await started().server.token('BATCH-13')).active).toBe(true)
    })

    test('limits of many are set and set back, fail counters reset, tokens unassigned and deleted', async () => {
      const page = await started().open({ path: '/tokens?q=T-' })
      await total(page, '7 tokens')
      await select(page, 'T-ALICE')
      await select(page, 'T-ENDING')
      const before = (await started().server.token('T-ENDING')).validUntil
      await button(page, 'Set limits').click()
      await page.getByText('None of the selected tokens would change.').waitFor()
      await page.getByLabel('Set successes at most').check()
      await page.getByLabel('Successes at most', { exact: true }).fill('20')
      await page.getByLabel('Set valid until').check()
      await page.getByLabel('Valid until', { exact: true }).fill('2040-12-31T12:00')
      await button(page, 'Set limits of 2 tokens').click()
      await page.getByText('Limits of 2 tokens set').waitFor()
      const limits = async (serial: string) => {
        const { maxAttempts, maxSuccesses, validUntil } = await started().server.token(serial)
        return [maxAttempts, maxSuccesses, validUntil]
      }
      const until2040 = new Date('2040-12-31T12:00').toISOString()
      expect(await limits('T-ALICE')).toEqual([null, 20, until2040])
      expect(await limits('T-ENDING')).toEqual([null, 20, until2040])
      await button(page, 'Undo').click()
      await page.getByText('Undone for 2 tokens').waitFor()
      expect(await limits('T-ALICE')).toEqual([null, null, null])
      expect(await limits('T-ENDING')).toEqual([null, null, before])

      await page.getByText('3 / 3 · locked').waitFor()
      await page.getByLabel('Select all on this page').check()
      await page.getByText('7 tokens selected').waitFor()
      await button(page, 'Reset fail counter').click()
      await button(page, 'Reset 1 token').click()
      await page.getByText('Fail counter of 1 token reset').waitFor()
      await page.getByText('3 / 3 · locked').waitFor({ state: 'detached' })
      expect((await started().server.token('T-LOCKED')).failCount).toBe(0)

      await page.goto('/tokens?q=BATCH-10')
      await total(page, '1 token')
      await select(page, 'BATCH-10')
      await button(page, 'Unassign').click()
      await page.getByText('their PINs are cleared').waitFor()
      await button(page, 'Unassign 1 token').click()
      await page.getByText('1 token unassigned').waitFor()
      expect((await started().server.token('BATCH-10')).user).toBe(null)
      await button(page, 'Delete').click()
      expect(await button(page, 'Delete 1 token').isDisabled()).toBe(true)
      await page.getByLabel('I know that they cannot be brought back').check()
      await button(page, 'Delete 1 token').click()
      await total(page, 'No token is like that')
      await expect(started().server.token('BATCH-10')).rejects.toThrow('there is no token')
      expect(await page.getByText('selected').count()).toBe(0)
    })

    test('whoever may change nothing is offered nothing', async () => {
      const page = await started().open({ as: 'viewer', path: '/tokens' })
      await page.locator('tbody tr').first().waitFor()
      expect(await page.locator('table input').count()).toBe(0)
      const helpdesk = await started().open({ as: 'helpdesk', path: '/tokens' })
      await select(helpdesk, 'T-ALICE')
      await button(helpdesk, 'Disable').waitFor()
      for (const name of ['Delete', 'Unassign', 'Set limits'])
        expect(await button(helpdesk, name).count()).toBe(0)
    })

    test('names and descriptions are text, whatever stands in them', async () => {
      const page = await started().open({ path: `/tokens?q=${encodeURIComponent('<img')}` })
      await total(page, '1 token')
      await page.getByRole('link', { name: NASTY_USER }).waitFor()
      await page.getByRole('cell', { name: NASTY_DESCRIPTION }).waitFor()
      await select(page, 'T-NASTY')
      await button(page, 'Disable').click()
      await page.getByText(`T-NASTY (${NASTY_USER})`).waitFor()
      expect(await page.evaluate('window.pwned')).toBe(undefined)
      const address = await page.getByRole('link', { name: NASTY_USER }).getAttribute('href')
      expect(address).toBe(`/users/${encodeURIComponent(NASTY_USER)}`)
    })

    test('everybody can read it', async () => {
      const problems = await looksOf(started(), 'tokens', { path: '/tokens?q=T-' }, async (page) => {
        await total(page, '7 tokens')
        await select(page, 'T-ALICE')
      })
      expect(problems).toEqual([])
    }, 60_000)

    test('everybody can read what is asked before something is done', async () => {
      const problems = await looksOf(started(), 'tokens-limits', { path: '/tokens?q=T-' }, async (page) => {
        await total(page, '7 tokens')
        await select(page, 'T-ALICE')
        await button(page, 'Set limits').click()
        await page.getByLabel('Set valid until').check()
      })
      expect(problems).toEqual([])
    }, 60_000)
  },
  { tokens: { max_fail: 3 } },
)
