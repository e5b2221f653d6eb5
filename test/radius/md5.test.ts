import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Md5 } from '../../src/radius/md5.ts'

describe('MD5', () => {
  test('digests every length from 0 to 300 octets as node:crypto does', () => {
    const octets = createHash('sha512').update('any octets').digest()
    const long = Buffer.concat(Array.from({ length: 5 }, () => octets))
    for (let length = 0; length <= 300; length++) {
      const input = long.subarray(0, length)
      expect({ length, digest: md5Of(input) }).toEqual({ length, digest: reference(input) })
    }
  })

  test('RFC 1321 §A.5: the test suite', () => {
    expect(md5Of(Buffer.from(''))).toBe('d41d8cd98f00b204e9800998ecf8427e')
    expect(md5Of(Buffer.from('message digest'))).toBe('f96b697d7cb7938d525a2f31aaf161d0')
    expect(md5Of(Buffer.from('1234567890'.repeat(8)))).toBe('57edf4a22be3c955ac49da2e2107b67a')
  })

  test('does not mind how the input is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150, size: 'max' }), { maxLength: 6 }), (pieces) => {
        expect(md5Of(...pieces)).toBe(reference(Buffer.concat(pieces)))
      }),
    )
  })

  test('goes on from the state after one block', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 64, maxLength: 64, size: 'max' }),
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        (block, rest) => {
          const md5 = new Md5()
          md5.start()
          md5.add(block)
          const saved = md5.save()
          md5.add(rest)
          md5.start(saved)
          md5.add(rest)
          expect(finished(md5)).toBe(reference(Buffer.concat([block, rest])))
        },
      ),
    )
  })

  test('hashes the given range only, and writes where it is told', () => {
    const md5 = new Md5()
    const into = new Uint8Array(18)
    md5.start()
    md5.add(Buffer.from('<abc>'), 1, 4)
    md5.finish(into, 1)
    expect(Buffer.from(into).toString('hex')).toBe('00900150983cd24fb0d6963f7d28e17f7200')
  })

  test('refuses to save anywhere but after one block', () => {
    const md5 = new Md5()
    md5.start()
    md5.add(new Uint8Array(63))
    expect(() => md5.save()).toThrow(RangeError)
  })
})

function md5Of(...pieces: Uint8Array[]): string {
  const md5 = new Md5()
  md5.start()
  for (const piece of pieces) md5.add(piece)
  return finished(md5)
}

function finished(md5: Md5): string {
  const digest = Buffer.alloc(16)
  md5.finish(digest)
  return digest.toString('hex')
}

function reference(octets: Uint8Array): string {
  return createHash('md5').update(octets).digest('hex')
}
