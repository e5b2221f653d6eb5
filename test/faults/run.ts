/** How a scenario is asked to run, and what it hands back. */
export interface Run {
  /** All that is left to chance follows from it. */
  readonly seed: number
  /** For CI: seconds, not minutes; it holds the invariants, and is easy on the figures. */
  readonly short: boolean
  readonly soakMinutes: number
  readonly say: (line: string) => void
}

export interface Figure {
  readonly name: string
  readonly value: string
  /** False: the goal is not reached. */
  readonly ok?: boolean
}

export interface Outcome {
  readonly scenario: string
  readonly figures: readonly Figure[]
  /** What must never happen, and did. */
  readonly violations: readonly string[]
  /** Why it could not be run here. */
  readonly skipped?: string
}

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly play: (run: Run) => Promise<readonly Outcome[]>
}

export function skipped(scenario: string, reason: string): Outcome {
  return { scenario, figures: [], violations: [], skipped: reason }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
