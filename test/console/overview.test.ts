/** The overview: what came, why it was rejected, what stands in the way, and how the server is. */
import { beforeAll, expect, test } from '@jest/globals'
import { looksOf } from './accessible.ts'
import { Caller } from './caller.ts'
import { describeInBrowser } from './describe_in_browser.ts'

describeInBrowser('the overview', (started) => {
  beforeAll(async () => {
    const { server } = started()
    const nas = await server.client()
    const alice = await Caller.enroll(server, nas, 'alice')
    await alice.login()
    await alice.login()
    await alice.replay()
    const bob = await Caller.enroll(server, nas, 'bob', { maxFail: 2 })
    await bob.mistype(2)
    await bob.login()
    const stranger = await server.client({ secret: 'another secret altogether' })
    stranger.send(stranger.accessRequest('alice', 'whatever').octets)
  })

  test('says how many logins were answered how, by bar, in words and as a table', async () => {
    const page = await started().open({ as: 'viewer' })
    await page.getByText(/In the last hour: 2 accepted, 4 rejected, 1 dropped/).waitFor()
    const chart = page.getByRole('slider', { name: /^Logins over time/ })
    const { x, y, width, height } = (await chart.boundingBox())!
    await page.mouse.move(x + 2, y + height / 2)
    await page.getByText(/^\d\d:\d\d: Nothing came in this time/).waitFor()
    await page.mouse.move(x + width / 2, y - 100)
    await page.getByText('In the last hour').waitFor()
    await page.getByText('As a table').click()
    const rows = await page.getByRole('table').getByRole('row').allTextContents()
    expect(rows[0]).toBe('Whenacceptedasked backrejecteddropped')
    expect(rows.length).toBeGreaterThan(1)
  })

  test('the keyboard alone goes from bar to bar', async () => {
    const page = await started().open({ as: 'viewer' })
    const chart = page.getByRole('slider', { name: /^Logins over time/ })
    await chart.focus()
    await page.keyboard.press('Home')
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/Nothing came in this time/)
    await page.keyboard.press('End')
    expect(await chart.getAttribute('aria-valuenow')).toBe('59')
    // Logins may have come in the minute before.
    for (let i = 0; i < 10; i++) {
      if (/accepted|rejected/.test((await chart.getAttribute('aria-valuetext')) ?? '')) return
      await page.keyboard.press('ArrowLeft')
    }
    throw new Error('no bar tells of a login')
  })

  test('the day is shown as well, and is in the address', async () => {
    const page = await started().open({ as: 'viewer' })
    await page.getByRole('combobox', { name: 'Of the last' }).selectOption('day')
    await page.getByText('In the last day: 2 accepted').waitFor()
    expect(new URL(page.url()).search).toBe('?range=day')
  })

  test('a reason leads to the logins that it rejected', async () => {
    const page = await started().open({ as: 'viewer' })
    await page.getByRole('link', { name: /used or passed over before/ }).click()
    await page.getByRole('cell', { name: /^Rejected: the OTP was a code that had been used/ }).waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
    expect(new URL(page.url()).search).toBe('?outcome=reject&reason=otp-already-used')
  })

  test('locked tokens are counted, and one click away', async () => {
    const page = await started().open({ as: 'helpdesk' })
    const locked = page.getByRole('region', { name: 'Locked tokens' })
    await locked.getByText('1', { exact: true }).waitFor()
    await locked.getByRole('link').click()
    await page.getByRole('link', { name: 'T-bob' }).waitFor()
    expect(await page.getByRole('link', { name: 'T-alice' }).count()).toBe(0)
  })

  test('a device with another secret is named, with what it most likely is and what helps', async () => {
    const page = await started().open({ as: 'viewer' })
    const dropped = page.getByRole('region', { name: 'What devices sent in vain' })
    await dropped.getByText('vpn: 1 request, the last one').waitFor()
    await dropped.getByText('The shared secret is not the same on both sides').waitFor()
    expect(await dropped.getByRole('link').getAttribute('href')).toBe('/clients')
  })

  test('database, certificate and version are seen', async () => {
    const page = await started().open({ as: 'viewer' })
    const health = page.getByRole('region', { name: 'Health' })
    await health.getByText('reachable').waitFor()
    await health.getByText('valid', { exact: true }).waitFor()
    const { version, node } = await started().server.command('server', 'status')
    await health.getByText(`${version}, Node.js 2`).waitFor()
    await health.getByText(String(node), { exact: true }).waitFor()
  })

  test('it asks again by itself, which does not keep the session alive', async () => {
    const page = await started().open({ as: 'viewer', path: '/users' })
    const asked: (string | undefined)[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/v1/server/activity')) asked.push(request.headers()['x-background'])
    })
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByText('In the last hour').waitFor()
    await page.waitForRequest((request) => request.url().endsWith('/v1/server/activity'))
    expect(asked.slice(0, 2)).toEqual([undefined, '1'])
  })

  test('everybody can read it', async () => {
    const problems = await looksOf(started(), 'overview', { as: 'viewer' }, async (page) => {
      await page.getByText('In the last hour').waitFor()
      await page.getByRole('region', { name: 'Health' }).waitFor()
    })
    expect(problems).toEqual([])
  }, 60_000)
})
