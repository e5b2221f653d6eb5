/** Takes the README's pictures of the console, with people in it whom nobody knows: `npm run pictures`. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { vpn } from '../e2e/server.ts'
import { Caller } from './caller.ts'
import { ConsoleBrowser, type OpenOptions } from './console_browser.ts'

const DIRECTORY = join(import.meta.dirname, '../../docs/pictures')
const NAMES = ['alice', 'bruno', 'chidi', 'dora', 'emil', 'farah', 'gunnar', 'hana']
const WIDE = { width: 1120, height: 760 }
const PHONE = { width: 380, height: 760 }

const console = await ConsoleBrowser.start({
  radius: {
    reject_delay: 0,
    clients: [
      vpn({ name: 'vpn-gateway', address: '127.0.0.1' }),
      vpn({ name: 'wifi-hq', address: '127.0.0.2' }),
    ],
  },
})
try {
  mkdirSync(DIRECTORY, { recursive: true })
  await fill()
  await take('overview', { path: '/' }, (page) => page.getByText('Why logins were rejected').waitFor())
  await take('user', { as: 'helpdesk', path: '/users/dora' }, (page) =>
    page.getByText('What happened last').waitFor(),
  )
  await take('token_list', { path: '/tokens' }, (page) => page.getByText('FOB-0042').waitFor())
  await take('live', { path: '/live', colorScheme: 'dark' }, (page) =>
    page.getByText('hana').first().waitFor(),
  )
  const { code } = await console.server.command('registration', 'create', { user: 'ines' })
  await take('me', { as: null, path: '/me', viewport: PHONE }, async (page) => {
    await page.getByLabel('User').fill('ines')
    await page.getByLabel('Registration code').fill(String(code))
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { level: 1 }).getByText('ines').waitFor()
  })
} finally {
  await console.close()
}

/** A morning at the office. */
async function fill(): Promise<void> {
  const { server } = console
  const gateways = [await server.client(), await server.client({ from: '127.0.0.2' })]
  const callers = await Promise.all(
    NAMES.map((user, i) =>
      Caller.enroll(server, gateways[i % 2]!, user, {
        serial: `PHONE-${1201 + i}`,
        description: i % 3 === 0 ? 'phone' : 'phone, private',
        maxFail: 5,
      }),
    ),
  )
  await server.command('token', 'enroll', {
    type: 'hotp',
    serial: 'FOB-0042',
    description: 'key fob, in the drawer',
  })
  await server.command('token', 'disable', { serial: 'PHONE-1205' })
  for (let round = 0; round < 3; round++) for (const caller of callers) await caller.login()
  const [, bruno, , dora, emil] = callers as Caller[]
  await bruno!.replay()
  await emil!.login()
  await dora!.mistype(5)
  await dora!.login()
  await gateways[0]!.login('unknown.person', '1234000000')
  await callers.at(-1)!.login()
}

async function take(name: string, options: OpenOptions, ready: (page: Page) => Promise<void>): Promise<void> {
  const page = await console.open({ viewport: WIDE, ...options })
  await ready(page)
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`) })
  await page.context().close()
}
