/** The word that was probably meant. */
import { editDistance } from '../edit_distance.ts'

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
