/** Dictionaries in FreeRADIUS's format, and our own against those that FreeRADIUS and Wireshark bring. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { builtinDictionary } from '../../src/radius/builtin_dictionary.ts'
import { type AttributeDefinition, Dictionary } from '../../src/radius/dictionary.ts'
import { DictionaryError, type Include, readDictionary } from '../../src/radius/dictionary_text.ts'
import { STANDARD } from '../../src/radius/standard_dictionary.ts'
import { VENDORS } from '../../src/radius/vendor_dictionary.ts'

const nowhere: Include = (name) => {
  throw new Error(`cannot be read: ${name}`)
}

function read(text: string, include: Include = nowhere): Dictionary {
  const dictionary = new Dictionary()
  readDictionary(dictionary, { file: 'main', text }, include)
  return dictionary
}

const PLAIN: AttributeDefinition = {
  name: 'A',
  vendor: null,
  number: 200,
  type: 'text',
  octets: null,
  hasTag: false,
  unwritable: null,
}

describe('what is read', () => {
  const rows: { name: string; given: string; expect: Partial<AttributeDefinition> }[] = [
    { name: 'an attribute', given: 'ATTRIBUTE A 200 string', expect: PLAIN },
    {
      name: 'tabs, comments, other case, CRLF',
      given: '# x\r\n\tattribute\tA  0xC8\tSTRING # y\r\n',
      expect: PLAIN,
    },
    {
      name: 'an attribute of a vendor',
      given: 'VENDOR V 7\nBEGIN-VENDOR V\nATTRIBUTE A 200 string\nEND-VENDOR V',
      expect: { ...PLAIN, vendor: 7 },
    },
    {
      name: 'a vendor with the usual format',
      given: 'VENDOR V 7 format=1,1\nBEGIN-VENDOR V\nATTRIBUTE A 200 string\nEND-VENDOR V',
      expect: { ...PLAIN, vendor: 7 },
    },
    {
      name: 'the old way of naming the vendor',
      given: 'VENDOR V 7\nATTRIBUTE A 200 string V',
      expect: { ...PLAIN, vendor: 7 },
    },
    {
      name: 'a tag',
      given: 'ATTRIBUTE A 200 integer has_tag',
      expect: { type: 'integer', hasTag: true, unwritable: null },
    },
    {
      name: 'a fixed length',
      given: 'ATTRIBUTE A 200 octets[16]',
      expect: { type: 'octets', octets: 16, unwritable: null },
    },
    { name: 'the last of two', given: 'ATTRIBUTE A 1 integer\nATTRIBUTE A 200 string', expect: PLAIN },
    {
      name: 'encryption: known, and not sent',
      given: 'ATTRIBUTE A 200 string has_tag,encrypt=2',
      expect: { hasTag: true, unwritable: 'is sent encrypted, which is not supported' },
    },
    {
      name: 'another format: known, and not sent',
      given: 'VENDOR V 7 format=4,0\nBEGIN-VENDOR V\nATTRIBUTE A 200 string\nEND-VENDOR V',
      expect: { vendor: 7, unwritable: 'has the format 4,0 of its vendor V; only 1,1 is supported' },
    },
    {
      name: 'a continued format',
      given: 'VENDOR V 7 format=1,1,c\nBEGIN-VENDOR V\nATTRIBUTE A 200 string\nEND-VENDOR V',
      expect: { unwritable: 'has the format 1,1,c of its vendor V; only 1,1 is supported' },
    },
    {
      name: 'an unknown type',
      given: 'ATTRIBUTE A 200 abinary',
      expect: { unwritable: 'is of the type abinary, which is not supported' },
    },
    {
      name: 'an unknown flag',
      given: 'ATTRIBUTE A 200 string concat',
      expect: { unwritable: 'has the flag concat, which is not supported' },
    },
    {
      name: 'a number that is never sent',
      given: 'ATTRIBUTE A 1100 string',
      expect: { unwritable: "is of FreeRADIUS's inside, and never sent" },
    },
    {
      name: 'a part of another',
      given: 'ATTRIBUTE A 241.1 string',
      expect: { unwritable: 'stands inside another attribute, which is not supported' },
    },
    {
      name: 'a TLV',
      given: 'ATTRIBUTE T 9 tlv\nBEGIN-TLV T\nATTRIBUTE A 200 string\nEND-TLV T',
      expect: { unwritable: 'stands inside T, which is not supported' },
    },
    {
      name: 'an extended vendor',
      given:
        'VENDOR V 7\nBEGIN-VENDOR V format=Extended-Vendor-Specific-1\nATTRIBUTE A 200 string\nEND-VENDOR V',
      expect: { unwritable: 'is an extended attribute (RFC 6929), which is not supported' },
    },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(read(given).attribute('a')).toMatchObject(expected)
  })

  test('names of values, also before their attribute, by any of its names', () => {
    const dictionary = read(
      'VALUE A Two 2\nATTRIBUTE A 200 integer\nATTRIBUTE B 200 integer\nVALUE A One 0x1',
    )
    const b = dictionary.attribute('B')!
    expect([dictionary.value(b, 'ONE'), dictionary.value(b, 'two'), dictionary.value(b, 'three')]).toEqual([
      1,
      2,
      undefined,
    ])
  })

  test('included files, each from its own place, and none of them within the block of another', () => {
    const asked: string[] = []
    const dictionary = read(
      'VENDOR V 7\nBEGIN-VENDOR V\n$INCLUDE sub/one\n$INCLUDE- none\nEND-VENDOR V',
      (name, from, isOptional) => {
        asked.push(`${from} ${name} ${isOptional}`)
        if (name === 'none') return null
        return { file: name, text: name === 'sub/one' ? '$INCLUDE two' : 'ATTRIBUTE A 200 string' }
      },
    )
    expect(asked).toEqual(['main sub/one false', 'sub/one two false', 'main none true'])
    expect(dictionary.attribute('A')).toEqual(PLAIN)
  })
})

describe('refused, by file and line', () => {
  const rows: { given: string; expect: string }[] = [
    { given: 'ATTRIBUTE A 200', expect: 'main: line 1: allowed: ATTRIBUTE NAME NUMBER TYPE' },
    { given: '\n\nATTRIBUTE A x string', expect: 'main: line 3: "x" is no number from 0 to 4294967295' },
    { given: 'ATTRIBUTE A:1 2 string', expect: 'main: line 1: "A:1" is no name of an attribute' },
    { given: 'VALUE A B', expect: 'main: line 1: allowed: VALUE ATTRIBUTE NAME NUMBER' },
    { given: '\nVALUE Nope B 1', expect: 'main: line 2: there is no attribute "Nope"' },
    { given: 'VENDOR V', expect: 'main: line 1: allowed: VENDOR NAME NUMBER' },
    {
      given: 'VENDOR V 7 format=9',
      expect: 'main: line 1: "format=9" is no format; allowed: format=TYPE,LENGTH',
    },
    {
      given: 'BEGIN-VENDOR V',
      expect: 'main: line 1: there is no vendor "V"; write VENDOR V NUMBER before it',
    },
    { given: 'END-VENDOR V', expect: 'main: line 1: END-VENDOR V ends nothing' },
    {
      given: 'VENDOR V 7\nVENDOR W 8\nBEGIN-VENDOR V\nEND-VENDOR W',
      expect: 'main: line 4: END-VENDOR W stands where END-VENDOR V should',
    },
    { given: 'VENDOR V 7\nBEGIN-VENDOR V', expect: 'main: line 2: the file ends without END-VENDOR V' },
    {
      given: 'ATRIBUTE A 1 string',
      expect:
        'main: line 1: "ATRIBUTE" is not known; known are ATTRIBUTE, VALUE, VENDOR, BEGIN-VENDOR, END-VENDOR and $INCLUDE, as in FreeRADIUS up to version 3',
    },
    { given: '$INCLUDE', expect: 'main: line 1: allowed: $INCLUDE FILE' },
    { given: '$INCLUDE x', expect: 'main: line 1: $INCLUDE x: cannot be read: x' },
    { given: Array(20).fill('a').join(' '), expect: 'main: line 1: it has too many words' },
    {
      given: '\u001b[2J',
      expect:
        'main: line 1: "\\u001b[2J" is not known; known are ATTRIBUTE, VALUE, VENDOR, BEGIN-VENDOR, END-VENDOR and $INCLUDE, as in FreeRADIUS up to version 3',
    },
  ]
  test.each(rows)('$given', ({ given, expect: expected }) => {
    expect(() => read(given)).toThrow(new DictionaryError('main', null, expected.replace('main: ', '')))
  })

  test('a file that includes itself', () => {
    const again: Include = (name) => ({ file: name, text: '$INCLUDE again' })
    expect(() => read('$INCLUDE again', again)).toThrow(
      'again: line 1: it would be the 9th file that includes the next',
    )
  })

  test('a line of an included file, by that file', () => {
    const include: Include = (name) => ({ file: name, text: '\nATTRIBUTE' })
    expect(() => read('$INCLUDE other', include)).toThrow(
      'other: line 2: allowed: ATTRIBUTE NAME NUMBER TYPE',
    )
  })
})

test('cut off anywhere, a dictionary is read or refused', () => {
  const text = 'VENDOR V 7\nBEGIN-VENDOR V\nATTRIBUTE A 200 integer has_tag\nVALUE A One 1\nEND-VENDOR V\n'
  for (let end = 0; end < text.length; end++) {
    try {
      read(text.slice(0, end))
    } catch (error) {
      expect(error).toBeInstanceOf(DictionaryError)
    }
  }
})

const FREERADIUS = '/usr/share/freeradius/dictionary'
const describeFreeradius = existsSync(FREERADIUS) ? describe : describe.skip

describeFreeradius("FreeRADIUS's own dictionary", () => {
  const open = (file: string) => ({ file, text: readFileSync(file, 'latin1') })
  const theirs = new Dictionary()
  readDictionary(theirs, open(FREERADIUS), (name, from) => open(resolve(dirname(from), name)))
  const ours = builtinDictionary()
  const lines = `${STANDARD}${VENDORS}`.split('\n').map((line) => line.split(' '))
  const attributes = lines.flatMap(([keyword, name = '']) => (keyword === 'ATTRIBUTE' ? name : []))
  const values = lines.flatMap(([keyword, name = '', value = '']) =>
    keyword === 'VALUE' ? [[name, value] as const] : [],
  )

  test('is read as a whole', () => {
    expect(theirs.size).toBeGreaterThan(5000)
  })

  test('has the same numbers and types for every name that we know', () => {
    const told = (dictionary: Dictionary) =>
      attributes.map((name) => {
        const { vendor, number, type, hasTag } = dictionary.attribute(name) ?? ({} as AttributeDefinition)
        return { name, vendor, number, type, hasTag }
      })
    expect(attributes.length).toBeGreaterThan(150)
    expect(told(ours)).toEqual(told(theirs))
  })

  test('has the same values', () => {
    const told = (dictionary: Dictionary) =>
      values.map(([name, value]) => [name, value, dictionary.value(dictionary.attribute(name)!, value)])
    expect(told(ours)).toEqual(told(theirs))
  })
})
