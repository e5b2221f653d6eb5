/**
 * The thread that writes the SQLite database, so that logins go on being received while a commit waits for the disk. What
 * logins change goes into a journal, one row a commit, and reaches the tokens' own rows later, in the order of their ids:
 * a thousand logins at random dirty a thousand pages when written at once, and a few dozen each time when sorted. The
 * journal is part of the commit; a crash leaves it to be carried out by the next start. Holds no key and decides nothing.
 */
import { parentPort, workerData } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import {
  decodeProgress,
  NUMBERS,
  type Progress,
  progressCount,
  progressFromOctets,
  progressToOctets,
  tokenIdAt,
} from './progress_octets.ts'
import { SortedProgress } from './sorted_progress.ts'
import { pragmas } from './sqlite_pragmas.ts'
import { prepareSessionWrites } from './sqlite_sessions.ts'
import { prepareWrites } from './sqlite_statements.ts'
import type {
  DetailWrite,
  FromWriter,
  ToWriter,
  TrailWrite,
  WriteCommit,
  WriteSessions,
} from './writer_messages.ts'

/** Beside a commit that adds so many rows to the journal: half as many again and some, so that it ends; no more, so that none waits long. */
const sweptBeside = (added: number) => 64 + Math.ceil(1.5 * added)
const SWEPT_WHEN_IDLE = 512
const TRIMMED_AT_ONCE = 16
const ALL = Number.MAX_SAFE_INTEGER
const CHECKPOINT_PAGES = 500

const { path } = workerData as { path: string }
const database = new Sqlite(path)
pragmas(database)
database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
const statements = prepareWrites(database)
const sessions = prepareSessionWrites(database)
let sweep: { readonly rows: SortedProgress; readonly through: number; next: number } | null = null
let isStepping = false
let isFinishing = false

recover()
parentPort?.on('message', (message: ToWriter) => {
  switch (message.kind) {
    case 'commit':
      answer(commit(message))
      break
    case 'sessions':
      answer(writeSessions(message))
      break
    case 'sweep':
      sweep = { rows: new SortedProgress(message.rows), through: message.through, next: 0 }
      break
    case 'finish':
      isFinishing = true
      break
    case 'close':
      database.close()
      answer({ kind: 'closed' })
      parentPort?.close()
      return
  }
  stepWhenIdle()
})
answer({ kind: 'ready' })

function answer(message: FromWriter): void {
  parentPort?.postMessage(message)
}

/** What a crash has left in the journal: of each token the newest, by rising id. */
function recover(): void {
  for (;;) {
    const rows = statements.readJournal.all() as { id: number; progress: Uint8Array }[]
    const last = rows.at(-1)
    if (last === undefined) return
    const newest = new Map<number, Progress>()
    for (const row of rows) {
      const progress = progressFromOctets(row.progress)
      for (let i = 0; i < progressCount(progress); i++)
        newest.set(tokenIdAt(progress, i * NUMBERS), decodeProgress(progress, i))
    }
    inTransaction(() => {
      for (const id of Float64Array.from(newest.keys()).sort()) writeUse(newest.get(id)!)
      statements.trimJournal.run(last.id, rows.length)
    })
  }
}

class Lost extends Error {
  readonly details: readonly number[]

  constructor(details: readonly number[]) {
    super('lost')
    this.details = details
  }
}

function commit({ details, failures, progress, journal, trail }: WriteCommit): FromWriter {
  try {
    inTransaction(() => {
      const lost = details.flatMap((detail, index) => (writeDetail(detail) ? [] : [index]))
      if (lost.length > 0) throw new Lost(lost)
      writeFailures(failures)
      writeProgress(progress)
      if (journal !== null) statements.insertJournal.run(journal.id, progressToOctets(journal.progress))
      if (trail !== null) writeTrail(trail)
      sweepOn(sweptBeside(journal === null ? 0 : progressCount(journal.progress)))
    })
    return { kind: 'committed' }
  } catch (error) {
    if (error instanceof Lost) return { kind: 'lost', details: error.details }
    return failure(error)
  }
}

function writeSessions({ statements }: WriteSessions): FromWriter {
  try {
    inTransaction(() => {
      for (const [name, values] of statements) sessions[name].run(...values)
    })
    return { kind: 'committed' }
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): FromWriter {
  const { message, code } = error as NodeJS.ErrnoException
  return { kind: 'failed', message: String(message ?? error), code: String(code ?? '') }
}

function inTransaction(write: () => void): void {
  const at = sweep?.next ?? 0
  statements.begin.run()
  try {
    write()
    statements.commit.run()
  } catch (error) {
    // After some errors SQLite has rolled back by itself.
    if (database.inTransaction) statements.rollback.run()
    if (sweep !== null) sweep.next = at
    throw error
  }
}

function writeDetail(write: DetailWrite): boolean {
  switch (write.kind) {
    case 'insert': {
      const { changes, lastInsertRowid } = statements.insertDetail.run(write.detail)
      if (changes !== 1) return false
      const progress = decodeProgress(write.progress, 0)
      const { fail_count } = progress
      statements.insertProgress.run(...useOf(progress), fail_count, write.detail.facet, lastInsertRowid)
      return true
    }
    case 'update': {
      const { id, detail } = write
      statements.updateFacet.run({ id, facet: detail.facet })
      return statements.updateDetail.run({ ...detail, id }).changes === 1
    }
    case 'delete':
      if (statements.deleteProgress.run(write.id).changes !== 1) return false
      statements.deleteDetail.run(write.id)
      return true
    case 'record': {
      const { row } = write
      return (row.version === 1 ? statements.insertRecord : statements.updateRecord).run(row).changes === 1
    }
  }
}

function writeFailures(rows: Float64Array): void {
  for (let i = 0; i < progressCount(rows); i++) {
    const progress = decodeProgress(rows, i)
    const { token_id, version, counter, fail_count } = progress
    statements.updateFailures.run(...useOf(progress), fail_count, token_id, version, counter)
  }
}

/** Of tokens whose failures their rows know already. */
function writeProgress(rows: Float64Array): void {
  for (let i = 0; i < progressCount(rows); i++) writeUse(decodeProgress(rows, i))
}

function writeUse(progress: Progress): void {
  const { token_id, version, counter } = progress
  statements.updateUse.run(...useOf(progress), token_id, version, counter)
}

/** In the order of USE_COLUMNS. */
function useOf(progress: Progress) {
  return [
    progress.version,
    progress.counter,
    progress.drift,
    progress.attempt_count,
    progress.success_count,
    progress.last_used_at,
    progress.locked_at,
    progress.pending,
    progress.audit_head,
  ] as const
}

function writeTrail({ begin, block, head, subjects }: TrailWrite): void {
  if (begin !== null) {
    statements.insertChain.run(...begin.chain)
    statements.moveRoll.run(...begin.roll)
  }
  statements.insertBlock.run(...block)
  for (const subject of subjects) statements.index.run(subject, block[0])
  statements.moveHead.run(...head)
}

/** Carries out up to `count` rows of what the journal holds, then takes away what it held. Within a transaction. */
function sweepOn(count: number): void {
  if (sweep === null) return
  const { rows, next, through } = sweep
  const total = rows.length
  const end = Math.min(total, next + count)
  for (let i = next; i < end; i++) writeUse(rows.at(i))
  sweep.next = end
  if (end < total) return
  const trimmed = isFinishing ? ALL : TRIMMED_AT_ONCE
  const { changes } = statements.trimJournal.run(through, trimmed)
  if (changes < trimmed) sweep.next = total + 1
}

/** False: it cannot be written now. The disk is full, say: it stays in the journal, and the next message tries again. */
function sweepStep(count: number): boolean {
  try {
    inTransaction(() => sweepOn(count))
    return true
  } catch {
    return false
  }
}

function reportSwept(): void {
  if (sweep === null || sweep.next <= sweep.rows.length) return
  sweep = null
  answer({ kind: 'swept' })
}

/** Between messages: a commit that has arrived meanwhile comes first. */
function stepWhenIdle(): void {
  reportSwept()
  if (sweep === null || isStepping) return
  isStepping = true
  setImmediate(() => {
    isStepping = false
    if (sweepStep(isFinishing ? ALL : SWEPT_WHEN_IDLE)) stepWhenIdle()
    else if (isFinishing) answer({ kind: 'stuck' })
  })
}
