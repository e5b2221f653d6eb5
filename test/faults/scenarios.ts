/** All fault scenarios, in the order in which they are played. */
import type { Scenario } from './run.ts'
import { clock } from './scenarios/clock.ts'
import { diskFull } from './scenarios/disk_full.ts'
import { floods } from './scenarios/floods.ts'
import { killOnPostgres, killOnSqlite } from './scenarios/kill.ts'
import { postgres } from './scenarios/postgres.ts'
import { soak } from './scenarios/soak.ts'
import { twoNodes } from './scenarios/two_nodes.ts'

export const SCENARIOS: readonly Scenario[] = [
  killOnSqlite,
  killOnPostgres,
  twoNodes,
  diskFull,
  postgres,
  clock,
  floods,
  soak,
]
