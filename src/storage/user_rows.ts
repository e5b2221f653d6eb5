/**
 * What is set about a user as a row: one sealed column, bound to the user, so that whoever can only write the database can
 * neither read it nor give one user what is another's. Its JSON may have fields that this version does not know.
 */
import { type AccountRecord, nameIn } from '../auth/account.ts'
import type { RecordChange } from '../auth/action.ts'
import { readAccess } from '../auth/console_record.ts'
import { BoundedMap } from '../bounded_map.ts'
import type { Keys } from '../seal.ts'
import type { UserRow, WrittenUserRow } from './columns.ts'
import type { Report } from './store.ts'

interface Opened {
  readonly row: UserRow
  readonly record: AccountRecord
}

export class UserRows {
  readonly #keys: Keys
  readonly #report: Report
  readonly #opened: BoundedMap<string, Opened>

  /** `keep`: how many opened rows to keep, for a store that reads the same ones again and again. */
  constructor(keys: Keys, report: Report, keep = 0) {
    this.#keys = keys
    this.#report = report
    this.#opened = new BoundedMap(keep)
  }

  /** A row that was altered, or sealed under another master key, is a record that is not readable. */
  toRecord(row: UserRow): AccountRecord {
    const { user_key, version, sealed } = row
    const known = this.#opened.get(user_key)
    if (known?.row.version === version && Buffer.compare(known.row.sealed, sealed) === 0) return known.record
    try {
      const record = this.#open(row)
      this.#opened.set(user_key, { row, record })
      return record
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#report(
        `user ${user_key} cannot log in: the record with the groups is not readable (set it anew: user set): ${why}`,
      )
      return { name: user_key, version, groups: [], reply: [], isReadable: false, others: {} }
    }
  }

  #open({ user_key, version, sealed }: UserRow): AccountRecord {
    const opened = this.#keys.open(sealed, contextOf(user_key))
    const { name, groups, reply, access, ...others } = JSON.parse(Buffer.from(opened).toString('utf8'))
    if (typeof name !== 'string' || !isTexts(groups) || !isTexts(reply)) {
      throw new TypeError('it was written by a version that this one does not understand')
    }
    const record = { name, version, groups, reply, isReadable: true, others }
    return access === undefined ? record : { ...record, access: readAccess(access) }
  }

  /** Sealed anew each time, with a nonce of its own. */
  toRow({ key, after }: RecordChange): WrittenUserRow {
    const user_key = nameIn(key)
    const { name, version, groups, reply, access, others } = after
    const json = JSON.stringify({ ...others, name, groups, reply, access })
    const sealed = this.#keys.seal(Buffer.from(json), contextOf(user_key))
    return { user_key, version, sealed, administrator: access?.role == null ? 0 : 1 }
  }
}

/** No token's: those are lists (token_rows.ts). */
function contextOf(userKey: string): string {
  return JSON.stringify({ user: userKey })
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
