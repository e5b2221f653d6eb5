import { describe, expect, test } from '@jest/globals'
import { inWords } from '../../src/cli/attribute_words.ts'

const of = (type: number, ...octets: number[]) => ({ type, value: Uint8Array.from(octets) })
const text = (type: number, value: string) => ({ type, value: Buffer.from(value) })

describe('an attribute of a reply in words', () => {
  test.each([
    [of(64, 0, 0, 0, 13), [['Tunnel-Type', 'VLAN']]],
    [of(65, 3, 0, 0, 6), [['Tunnel-Medium-Type:3', 'IEEE-802']]],
    [text(81, '30'), [['Tunnel-Private-Group-Id', '30']]],
    [of(81, 2, 0x33, 0x30), [['Tunnel-Private-Group-Id:2', '30']]],
    [text(11, 'vpn-in'), [['Filter-Id', 'vpn-in']]],
    [of(27, 0, 0, 14, 16), [['Session-Timeout', '3600']]],
    [of(8, 192, 0, 2, 7), [['Framed-IP-Address', '192.0.2.7']]],
    [of(26, 0, 0, 12, 4, 25, 7, 83, 116, 97, 102, 102), [['ASA-Group-Policy', 'Staff']]],
    [
      of(26, 0, 0, 12, 4, 25, 3, 65, 25, 3, 66),
      [
        ['ASA-Group-Policy', 'A'],
        ['ASA-Group-Policy', 'B'],
      ],
    ],
    // Not by the recommended layout, from nobody known, or too short: as it stands.
    [of(26, 0, 0, 12, 4, 25, 9, 83), [['Vendor-Specific', '0x00000c0419 0953'.replace(' ', '')]]],
    [of(26, 0, 0, 12), [['Vendor-Specific', '0x00000c']]],
    [of(26, 0, 1, 0, 0, 9, 3, 65), [['vendor 65536 attribute 9', 'A']]],
    [of(222, 1, 2), [['attribute 222', '0x0102']]],
    [of(8, 192, 0), [['Framed-IP-Address', '0xc000']]],
    [of(24, 1, 2, 3), [['State', '(3 octets)']]],
  ])('%j', (attribute, words) => {
    expect(inWords(attribute)).toEqual(words)
  })
})
