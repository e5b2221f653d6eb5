/** The examples of RFC 4226 and RFC 6238, as data. */
import { readFileSync } from 'node:fs'
import type { Algorithm } from '../../src/tokens/otp_generator.ts'

export interface HotpVectors {
  readonly secret: string
  readonly rows: readonly { readonly count: number; readonly truncated: number; readonly otp: string }[]
}

export interface TotpVectors {
  readonly secrets: Readonly<Record<Algorithm, string>>
  readonly rows: readonly {
    readonly seconds: number
    readonly algorithm: Algorithm
    readonly step: number
    readonly otp: string
  }[]
}

export const HOTP_VECTORS: HotpVectors = read('hotp.json')
export const TOTP_VECTORS: TotpVectors = read('totp.json')

function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
}
