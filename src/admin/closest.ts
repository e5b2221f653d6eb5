/** The word that was probably meant. */

/** The nearest of `words` by edit distance, if it is near enough to be a slip; ties go to the first. */
export function closest(word: string, words: readonly string[]): string | null {
  const tolerance = Math.min(3, Math.floor(word.length / 2))
  let best: string | null = null
  let bestDistance = tolerance + 1
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

const MAX_LENGTH = 64

/** Levenshtein's, over the first 64 characters. */
function editDistance(a: string, b: string): number {
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
