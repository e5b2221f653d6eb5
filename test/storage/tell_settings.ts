/** Preloaded into a process and each of its threads: tells, on standard error, how every SQLite connection is set. */
import { writeSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'

const real = Sqlite.prototype.pragma
const connections = new Map<Sqlite.Database, number>()

Sqlite.prototype.pragma = function pragma(this: Sqlite.Database, ...parameters: Parameters<typeof real>) {
  const answer = real.apply(this, parameters)
  if (!connections.has(this)) connections.set(this, connections.size)
  const [journal, synchronous] = ['journal_mode', 'synchronous'].map((name) =>
    real.call(this, name, { simple: true }),
  )
  const told = { connection: `${threadId}.${connections.get(this)}`, name: this.name, journal, synchronous }
  writeSync(2, `${JSON.stringify(told)}\n`)
  return answer
} as typeof real
