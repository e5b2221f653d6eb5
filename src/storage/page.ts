/** A part of a list. */
export interface Page<T> {
  readonly rows: readonly T[]
  /** Opaque; null at the end. */
  readonly nextCursor: string | null
}
