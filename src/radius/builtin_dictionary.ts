/** The attributes that are known without a dictionary file. Their numbers are IANA's and the vendors' own. */
import { Dictionary } from './dictionary.ts'
import { readDictionary } from './dictionary_text.ts'
import { STANDARD } from './standard_dictionary.ts'
import { VENDORS } from './vendor_dictionary.ts'

/** A new one: it may be added to. */
export function builtinDictionary(): Dictionary {
  const dictionary = new Dictionary()
  const include = () => null
  readDictionary(dictionary, { file: 'the standard dictionary', text: STANDARD }, include)
  readDictionary(dictionary, { file: 'the dictionary of vendors', text: VENDORS }, include)
  return dictionary
}
