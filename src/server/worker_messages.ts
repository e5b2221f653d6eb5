/**
 * What the first process and its workers say to each other, over the channel that `fork` makes between them. Each request
 * is answered once, under its number.
 */
import type { Endpoint } from '../network.ts'
import type { Figures } from './figures.ts'

/** The argument by which main.ts knows that it is a worker. */
export const WORKER_MODE = '__worker'

export type Request =
  | {
      readonly kind: 'start'
      readonly file: string | null
      /** What the configuration file held when the first process read it: all have the same, whatever it holds by now. */
      readonly text: string | null
      /** As the first process has bound them: port 0 of the configuration is a real one here. */
      readonly listen: readonly Endpoint[]
      readonly listenTls: readonly Endpoint[]
      readonly listenAccounting: readonly Endpoint[]
    }
  | { readonly kind: 'reload'; readonly text: string | null }
  | { readonly kind: 'figures' }
  | { readonly kind: 'drain' }

export interface Answers {
  readonly start: null
  readonly reload: null
  readonly figures: Figures
  readonly drain: null
}

export interface NumberedRequest {
  readonly number: number
  readonly request: Request
}

export type Answer =
  | { readonly number: number; readonly answer: Answers[keyof Answers] }
  | { readonly number: number; readonly error: string }

/** The last that a worker says before it ends in good order. */
export interface Farewell {
  readonly farewell: Figures
}
