/** What axe finds wrong with a page, by WCAG 2.2 AA; and the page in light, dark and narrow as a picture. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import type { ConsoleBrowser, OpenOptions } from './console_browser.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const EVERYTHING: RunOptions = { runOnly: { type: 'tag', values: TAGS } }

/** Sentences: none for a page that is as it should be. */
export async function accessProblems(page: Page, options: RunOptions = EVERYTHING): Promise<string[]> {
  if (await page.evaluate("!('axe' in globalThis)")) await page.evaluate(AXE)
  const results = (await page.evaluate(async (options) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<unknown> } }
    return await axe.run({ ...options, resultTypes: ['violations'] })
  }, options)) as AxeResults
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')} ${failureSummary ?? ''}`),
  )
}

/** Wider than the window: somebody on a phone would have to move it sideways. */
async function isTooWide(page: Page): Promise<boolean> {
  return await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}

interface Look {
  readonly name: string
  readonly colorScheme: 'light' | 'dark'
  readonly viewport: { readonly width: number; readonly height: number }
  /** What can be wrong in this look and was right in those before: to look for colours takes longest. */
  readonly rules: RunOptions
}

const LOOKS: readonly Look[] = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 }, rules: EVERYTHING },
  {
    name: 'dark',
    colorScheme: 'dark',
    viewport: { width: 1280, height: 900 },
    rules: { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } },
  },
  {
    name: 'narrow',
    colorScheme: 'light',
    viewport: { width: 360, height: 740 },
    rules: { ...EVERYTHING, rules: { 'color-contrast': { enabled: false } } },
  },
]

/** Opens a page, checks it in each look and takes its pictures. `ready` waits until all of it is there. */
export async function looksOf(
  console: ConsoleBrowser,
  name: string,
  options: OpenOptions,
  ready: (page: Page) => Promise<void>,
): Promise<string[]> {
  const problems: string[] = []
  const page = await console.open(options)
  await ready(page)
  for (const { name: look, colorScheme, viewport, rules } of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' })
    await console.screenshot(page, `${name}-${look}`)
    problems.push(...(await accessProblems(page, rules)).map((problem) => `${look}: ${problem}`))
    if (await isTooWide(page)) problems.push(`${look}: the page is wider than the window`)
  }
  await page.context().close()
  return problems
}
