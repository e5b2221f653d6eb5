/** x */
export function growthReport(..._: unknown[]): string {
  return ''
}
