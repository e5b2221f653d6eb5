/** A page of somebody else, open in an administrator's browser: what it can make the browser do to the console. Nothing. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { describeInBrowser } from './describe_in_browser.ts'

describeInBrowser('a hostile page', (started) => {
  let hostile: Server
  /** Another site by its name, and the console's own host by its address: SameSite sees the one, the port the other. */
  const sites = () => {
    const { port } = hostile.address() as AddressInfo
    return [`http://localhost:${port}`, `http://127.0.0.1:${port}`]
  }
  beforeAll(async () => {
    hostile = createServer((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><title>Win a prize</title><p>Click here')
    }).listen(0, '127.0.0.1')
    await once(hostile, 'listening')
    await started().server.command('token', 'enroll', { type: 'hotp', user: 'alice', serial: 'VICTIM' })
  })
  afterAll(() => void hostile?.close())

  const isActive = async () => (await started().server.token('VICTIM')).active

  /** Open beside the console, in the browser that is logged in. */
  async function visit(site: string): Promise<Page> {
    const own = await started().open({ path: '/' })
    await own.getByRole('button', { name: 'Log out' }).waitFor()
    const page = await own.context().newPage()
    await page.goto(site)
    return page
  }

  test('the same request from the console itself is carried out', async () => {
    const page = await started().open()
    const status = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ serial: 'VICTIM', description: 'ours' })
      return (await fetch('/v1/token/set', { method: 'POST', headers, body })).status
    })
    expect(status).toBe(200)
  })

  test.each([
    ['JSON', 'application/json'],
    ['text, which needs no preflight', 'text/plain'],
  ])('fetch with cookies and %s disables nothing', async (_, type) => {
    for (const site of sites()) {
      const page = await visit(site)
      await page.evaluate(
        async ([url, type]) => {
          const body = JSON.stringify({ serial: 'VICTIM' })
          const headers = { 'content-type': type as string }
          await fetch(url as string, { method: 'POST', credentials: 'include', headers, body }).catch(
            () => {},
          )
          const mode = 'no-cors'
          await fetch(url as string, { method: 'POST', mode, credentials: 'include', body }).catch(() => {})
        },
        [`${started().server.consoleUrl}/v1/token/disable`, type],
      )
      expect(await isActive()).toBe(true)
    }
  })

  test('a form that sends JSON as text disables nothing', async () => {
    for (const site of sites()) {
      const page = await visit(site)
      await page.evaluate((url) => {
        document.body.innerHTML = `<form method="post" enctype="text/plain" action="${url}">
          <input name='{"serial":"VICTIM","x":"' value='"}'></form>`
        document.forms[0]?.submit()
      }, `${started().server.consoleUrl}/v1/token/disable`)
      await page.waitForURL('**/v1/token/disable')
      expect(await page.content()).toMatch(/Sec-Fetch-Site is not same-origin|Origin is another site/)
      expect(await isActive()).toBe(true)
    }
  })

  test('nothing is read from it', async () => {
    for (const site of sites()) {
      const page = await visit(site)
      const read = await page.evaluate(async (url) => {
        const options = { credentials: 'include' } as const
        return await fetch(url, options).then(
          (response) => response.text(),
          () => 'refused',
        )
      }, `${started().server.consoleUrl}/session`)
      expect(read).toBe('refused')
    }
  })

  test('the console stands in no frame, so that nobody clicks what he does not see', async () => {
    for (const site of sites()) {
      const page = await visit(site)
      await page.evaluate((url) => {
        document.body.innerHTML = `<iframe src="${url}"></iframe>`
      }, `${started().server.consoleUrl}/tokens`)
      const frame = page.frames()[1]
      await page.waitForLoadState('networkidle')
      expect(await frame?.getByText('Log out').count()).toBe(0)
    }
  })

  test('a window that it opened is none of its business', async () => {
    const page = await visit(sites()[0] as string)
    const [popup] = await Promise.all([
      page.context().waitForEvent('page'),
      page.evaluate((url) => {
        Object.assign(globalThis, { opened: globalThis.open(url) })
      }, `${started().server.consoleUrl}/`),
    ])
    await popup.waitForLoadState()
    expect(await popup.evaluate(() => globalThis.opener === null)).toBe(true)
  })
})
