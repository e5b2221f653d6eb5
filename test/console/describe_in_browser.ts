/** Tests that have a server and a browser: started before them, and after each nothing may have gone wrong in a page. */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import type { Settings } from '../e2e/server.ts'
import { describeWith } from '../interop/tools.ts'
import { ConsoleBrowser } from './console_browser.ts'

/** `tests` calls what it is given within tests and hooks only: nothing is started before. */
export function describeInBrowser(
  name: string,
  tests: (started: () => ConsoleBrowser) => void,
  settings: Settings = {},
): void {
  describeWith(process.env.CHROMIUM === undefined ? ['chromium-headless-shell'] : [], name, () => {
    let console: ConsoleBrowser
    beforeAll(async () => {
      console = await ConsoleBrowser.start(settings)
    }, 60_000)
    afterEach(async () => {
      await console.closePages()
      expect(console.problems.splice(0)).toEqual([])
    })
    afterAll(() => console?.close())
    tests(() => console)
  })
}
