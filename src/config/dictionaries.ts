/** Opens the dictionary files of `radius.dictionaries` and those that they include, within bounds. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Dictionary } from '../radius/dictionary.ts'
import { DictionaryError, readDictionary } from '../radius/dictionary_text.ts'
import { describeFileError } from './problems.ts'

/** FreeRADIUS's whole dictionary: 230 files, 1.5 MB. */
const MAX_FILES = 1000
const MAX_OCTETS = 8 * 1024 * 1024

/** Adds what the file defines. Throws DictionaryError that names file and line. */
export function addDictionary(dictionary: Dictionary, path: string, base: string): void {
  const budget = { files: MAX_FILES, octets: MAX_OCTETS }
  const file = resolve(base, path)
  let text: string
  try {
    text = read(file, budget)
  } catch (error) {
    throw new DictionaryError(file, null, error instanceof Error ? error.message : String(error))
  }
  readDictionary(dictionary, { file, text }, (name, from, isOptional) => {
    const included = resolve(dirname(from), name)
    try {
      return { file: included, text: read(included, budget) }
    } catch (error) {
      if (isOptional && error instanceof NoSuchFile) return null
      throw error
    }
  })
}

class NoSuchFile extends Error {}

/** Throws Error that says why not. */
function read(file: string, budget: { files: number; octets: number }): string {
  if (--budget.files < 0) throw new Error(`there are more than ${MAX_FILES} files`)
  try {
    const { size } = statSync(file)
    budget.octets -= size
    if (budget.octets >= 0) return readFileSync(file, 'latin1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = `cannot be read: ${describeFileError(error)}`
    throw code === 'ENOENT' ? new NoSuchFile(why) : new Error(why)
  }
  throw new Error(`dictionaries have more than ${MAX_OCTETS} octets`)
}
