/** An administrator, as the list has him. */
import type { Output } from '../api/client.ts'

export type Administrator = Output<'admin list'>['administrators'][number]
