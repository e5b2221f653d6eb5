/** What a phone sees of a QR code on the screen: read from its pixels, by a library that shares nothing with the one that drew it. */
import jsQrModule from 'jsqr'
import type { Locator } from 'playwright-core'
import { PNG } from 'pngjs'

// CommonJS, of which the function is the default's default.
const jsQr = (jsQrModule as unknown as { default?: typeof jsQrModule }).default ?? jsQrModule

/** Throws if it cannot be read. */
export async function readQrCode(shown: Locator): Promise<string> {
  const { data, width, height } = PNG.sync.read(await shown.screenshot())
  const found = (
    jsQr as unknown as (octets: Uint8ClampedArray, width: number, height: number) => { data: string } | null
  )(new Uint8ClampedArray(data), width, height)
  if (found === null) throw new Error('no QR code can be read')
  return found.data
}
