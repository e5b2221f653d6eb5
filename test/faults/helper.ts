/** A process of ours that is told what to do, does it, and reports. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { tidyUp } from './tidy.ts'

/** `file`: beside this one. */
export async function helper<Order extends object, Report>(file: string, order: Order): Promise<Report> {
  const child = fork(join(import.meta.dirname, file), { execPath: PROGRAM, execArgv: [], env: {} })
  const forget = tidyUp(() => child.kill('SIGKILL'))
  const failed = once(child, 'exit').then(([status]) => Promise.reject(new Error(`${file} ended: ${status}`)))
  failed.catch(() => {})
  await Promise.race([once(child, 'message'), failed])
  child.send(order)
  const [report] = (await Promise.race([once(child, 'message'), failed])) as [Report]
  await once(child, 'exit')
  forget()
  return report
}

/** The pinned Node, which strips types. */
const PROGRAM = join(import.meta.dirname, '../../node_modules/.bin/node')
