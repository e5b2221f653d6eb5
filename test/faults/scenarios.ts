/** All fault scenarios, in the order in which they are played. */
import type { Scenario } from './run.ts'
import { kill } from './scenarios/kill.ts'

export const SCENARIOS: readonly Scenario[] = [kill]
