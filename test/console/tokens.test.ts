/** The list of tokens in a browser: found, filtered, sorted, paged, and changed many at once with a way back. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { until } from '../e2e/server.ts'
import { looksOf } from './accessible.ts'
import { ConsoleBrowser } from './console_browser.ts'

const NASTY_USER = '<img src=x onerror="window.pwned=1">'
const NASTY_DESCRIPTION = `"><script>window.pwned=1</script>{{7*7}}<svg/onload=window.pwned=1>`

let console: ConsoleBrowser
beforeAll(async () => {
  console = await ConsoleBrowser.start({ tokens: { max_fail: 3 } })
  const make = (serial: string, input: object = {}) =>
    console.server.command('token', 'enroll', { type: 'hotp', serial, ...input })
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
  const command = (verb: string, input: object) => console.server.command('token', verb, input)
  await command('disable', { serial: 'T-OFF' })
  const inFiveDays = new Date(Date.now() + 5 * 86_400_000).toISOString()
  await command('set-limits', { serial: 'T-ENDING', validUntil: inFiveDays })
  for (const password of ['111111', '222222', '333333']) {
    await console.server.command('login', 'check', { user: 'locke', password })
  }
}, 60_000)
afterEach(async () => {
  await console.closePages()
  expect(console.problems.splice(0)).toEqual([])
})
afterAll(() => console.close())

const serials = (page: Page) => page.locator('tbody th').allInnerTexts()
const total = (page: Page, text: string) =>
  page.getByRole('status').getByText(text, { exact: true }).waitFor()
const select = (page: Page, serial: string) => page.getByLabel(`Select ${serial}`).check()
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test.each([
  ['ALIC', ['T-ALICE']],
  ['t-bo', ['T-BOB']],
  ['key ring', ['T-ALICE']],
  ['oscar', ['T-OFF']],
])('typing %s finds it by user, serial or description', async (typed, expected) => {
  const page = await console.open({ as: 'viewer', path: '/tokens' })
  await total(page, '40 tokens')
  await page.getByLabel('Search').pressSequentially(typed)
  await total(page, '1 token')
  expect(await serials(page)).toEqual(expected)
  expect(new URL(page.url()).searchParams.get('q')).toBe(typed)
})

test('the rows stay until the next are here, and a search that finds nothing says so', async () => {
  const page = await console.open({ as: 'viewer', path: '/tokens?q=alice' })
  await total(page, '1 token')
  let answer = () => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  await page.route('**/v1/token/list', async (route) => {
    await held
    await route.continue()
  })
  await page.getByLabel('Search').fill('nobody has this')
  await page.locator('table[aria-busy=true]').waitFor()
  expect(await serials(page)).toEqual(['T-ALICE'])
  answer()
  await total(page, 'No token is like that')
  await button(page, 'Clear filters').click()
  await total(page, '40 tokens')
  expect(await page.getByLabel('Search').inputValue()).toBe('')
})

test.each([
  ['Locked', 'locked', ['T-LOCKED']],
  ['Disabled', 'disabled', ['T-OFF']],
  ['Unassigned', 'unassigned', ['T-FREE']],
  ['Pending', 'pending', ['T-BOB']],
])('the filter %s is part of the address', async (label, name, expected) => {
  const page = await console.open({ as: 'viewer', path: '/tokens' })
  await total(page, '40 tokens')
  await page.getByText(label, { exact: true }).first().click()
  await total(page, '1 token')
  expect(await serials(page)).toEqual(expected)
  expect(page.url()).toContain(`${name}=1`)
  await page.reload()
  await total(page, '1 token')
  expect(await page.getByLabel(label, { exact: true }).isChecked()).toBe(true)
})

test('tokens that expire soon, and those unused for long, are found by days', async () => {
  const page = await console.open({ as: 'viewer', path: '/tokens' })
  await total(page, '40 tokens')
  await page.getByLabel('Expiring within').fill('7')
  await total(page, '1 token')
  expect(await serials(page)).toEqual(['T-ENDING'])
  await page.getByLabel('Expiring within').fill('2')
  await total(page, 'No token is like that')
  await page.getByLabel('Expiring within').fill('')
  await page.getByLabel('Unused for').fill('90')
  await total(page, 'No token is like that')
  expect(page.url()).toContain('unused=90')
})

test('a column sorts up and down, and says so', async () => {
  const page = await console.open({ as: 'viewer', path: '/tokens?q=T-' })
  await total(page, '7 tokens')
  const heading = page.getByRole('columnheader', { name: 'Failures' })
  await heading.getByRole('button').click()
  await page.locator('th[aria-sort=ascending]', { hasText: 'Failures' }).waitFor()
  await heading.getByRole('button').click()
  await page.locator('th[aria-sort=descending]', { hasText: 'Failures' }).waitFor()
  await until('the locked one to be first', async () => (await serials(page))[0] === 'T-LOCKED')
  expect(page.url()).toContain('sort=-failures')
})

test('pages follow each other, and going back finds the page that was left', async () => {
  const page = await console.open({ as: 'viewer', path: '/tokens?rows=25' })
  await total(page, '40 tokens')
  const first = await serials(page)
  await button(page, 'Next page').click()
  await page.getByText('Page 2').waitFor()
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
  const page = await console.open({ as: 'helpdesk', path: '/tokens?q=T-' })
  await total(page, '7 tokens')
  for (const serial of ['T-ALICE', 'T-OFF', 'T-BOB']) await select(page, serial)
  await page.getByText('3 tokens selected').waitFor()
  await button(page, 'Disable').click()
  const dialog = page.getByRole('dialog', { name: 'Disable' })
  await dialog.getByText('1 token will change:').waitFor()
  await dialog.getByText('2 tokens will not:').waitFor()
  await dialog.getByText('T-OFF (oscar): is disabled already').waitFor()
  await dialog.getByText('T-BOB (bob): waits for its first OTP').waitFor()
  expect((await console.server.token('T-ALICE')).active).toBe(true)
  await button(page, 'Disable 1 token').click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('1 token disabled').waitFor()
  expect((await console.server.token('T-ALICE')).active).toBe(false)
  await button(page, 'Undo').click()
  await page.getByText('Undone for 1 token').waitFor()
  expect((await console.server.token('T-ALICE')).active).toBe(true)
  expect((await console.server.token('T-OFF')).active).toBe(false)
})

test('what failed is told with its reason, and the rest is done', async () => {
  const page = await console.open({ as: 'helpdesk', path: '/tokens?q=-2' })
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
  await dialog.getByText('ADM-ADMIN (admin): This belongs to an administrator of the role admin').waitFor()
  await dialog.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Undone for 10 tokens').waitFor()
  expect((await console.server.token('BATCH-20')).active).toBe(true)
})

test('stopping runs no more, and says which were not run', async () => {
  const page = await console.open({ as: 'helpdesk', path: '/tokens?q=BATCH-3' })
  await total(page, '10 tokens')
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let asked = 0
  await page.route('**/v1/token/disable', async (route) => {
    asked++
    await held
    await route.continue()
  })
  await page.getByLabel('Select all on this page').check()
  await button(page, 'Disable').click()
  await button(page, 'Disable 10 tokens').click()
  await page.getByText('0 of 10 done').waitFor()
  await until('a few to be on their way', () => asked === 4)
  await button(page, 'Stop').click()
  letGo()
  await page.getByText('4 tokens disabled').waitFor()
  await page.getByText('6 tokens could not be changed:').waitFor()
  expect(await page.getByText('Not run: it was stopped before').count()).toBe(6)
  expect(asked).toBe(4)
  await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Undone for 4 tokens').waitFor()
})

test('limits of many are set and set back', async () => {
  const page = await console.open({ path: '/tokens?q=T-' })
  await total(page, '7 tokens')
  await select(page, 'T-ALICE')
  await select(page, 'T-ENDING')
  const before = (await console.server.token('T-ENDING')).validUntil
  await button(page, 'Set limits').click()
  await page.getByText('None of the selected tokens would change.').waitFor()
  await page.getByLabel('Set successes at most').check()
  await page.getByLabel('Successes at most', { exact: true }).fill('20')
  await page.getByLabel('Set valid until').check()
  await page.getByLabel('Valid until', { exact: true }).fill('2040-12-31T12:00')
  await button(page, 'Set limits of 2 tokens').click()
  await page.getByText('Limits of 2 tokens set').waitFor()
  const limits = async (serial: string) => {
    const { maxAttempts, maxSuccesses, validUntil } = await console.server.token(serial)
    return [maxAttempts, maxSuccesses, validUntil]
  }
  const until2040 = new Date('2040-12-31T12:00').toISOString()
  expect(await limits('T-ALICE')).toEqual([null, 20, until2040])
  expect(await limits('T-ENDING')).toEqual([null, 20, until2040])
  await button(page, 'Undo').click()
  await page.getByText('Undone for 2 tokens').waitFor()
  expect(await limits('T-ALICE')).toEqual([null, null, null])
  expect(await limits('T-ENDING')).toEqual([null, null, before])
})

test('the fail counters of many are reset, which unlocks them', async () => {
  const page = await console.open({ as: 'helpdesk', path: '/tokens?q=T-' })
  await total(page, '7 tokens')
  await page.getByText('3 / 3 · locked').waitFor()
  await page.getByLabel('Select all on this page').check()
  await button(page, 'Reset fail counter').click()
  await button(page, 'Reset 1 token').click()
  await page.getByText('Fail counter of 1 token reset').waitFor()
  await page.getByText('3 / 3 · locked').waitFor({ state: 'detached' })
  expect((await console.server.token('T-LOCKED')).failCount).toBe(0)
})

test('deleting many asks twice, unassigning says what is lost', async () => {
  const page = await console.open({ path: '/tokens?q=BATCH-10' })
  await total(page, '1 token')
  await select(page, 'BATCH-10')
  await button(page, 'Unassign').click()
  await page.getByText('their PINs are cleared').waitFor()
  await button(page, 'Unassign 1 token').click()
  await page.getByText('1 token unassigned').waitFor()
  expect((await console.server.token('BATCH-10')).user).toBe(null)
  await button(page, 'Delete').click()
  expect(await button(page, 'Delete 1 token').isDisabled()).toBe(true)
  await page.getByLabel('I know that they cannot be brought back').check()
  await button(page, 'Delete 1 token').click()
  await total(page, 'No token is like that')
  await expect(console.server.token('BATCH-10')).rejects.toThrow('there is no token')
  expect(await page.getByText('selected').count()).toBe(0)
})

test('whoever may change nothing is offered nothing', async () => {
  const page = await console.open({ as: 'viewer', path: '/tokens' })
  await page.locator('tbody tr').first().waitFor()
  expect(await page.locator('table input').count()).toBe(0)
  const helpdesk = await console.open({ as: 'helpdesk', path: '/tokens' })
  await select(helpdesk, 'T-ALICE')
  await button(helpdesk, 'Disable').waitFor()
  for (const name of ['Delete', 'Unassign', 'Set limits'])
    expect(await button(helpdesk, name).count()).toBe(0)
})

test('names and descriptions are text, whatever stands in them', async () => {
  const page = await console.open({ path: `/tokens?q=${encodeURIComponent('<img')}` })
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

test('the keyboard alone selects and disables, and the focus comes back', async () => {
  const page = await console.open({ as: 'helpdesk', path: '/tokens?q=T-ALICE' })
  await total(page, '1 token')
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

test('everybody can read it, and what is asked before something is done', async () => {
  const list = await looksOf(console, 'tokens', { path: '/tokens?q=T-' }, async (page) => {
    await total(page, '7 tokens')
    await select(page, 'T-ALICE')
  })
  expect(list).toEqual([])
  const dialog = await looksOf(console, 'tokens-limits', { path: '/tokens?q=T-' }, async (page) => {
    await total(page, '7 tokens')
    await select(page, 'T-ALICE')
    await button(page, 'Set limits').click()
    await page.getByLabel('Set valid until').check()
  })
  expect(dialog).toEqual([])
})
