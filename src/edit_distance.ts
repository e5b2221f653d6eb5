/** How many slips of the finger lie between two words: what every "did you mean" is measured by. */

const MAX_LENGTH = 64

/** Levenshtein's, over the first 64 characters. */
export function editDistance(a: string, b: string): number {
  const from = a.slice(0, MAX_LENGTH)
  const to = b.slice(0, MAX_LENGTH)
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
