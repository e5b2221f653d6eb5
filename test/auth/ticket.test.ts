import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sealPin } from '../../src/auth/pin.ts'
import { decodeTicket, encodeTicket, MAX_TOKENS, type Ticket, ticketFor } from '../../src/auth/ticket.ts'
import { KEYS } from '../support/databases.ts'
import { makeToken, NOW, PIN_KEY } from './make_token.ts'

const mark = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((octets) => Buffer.from(octets).toString('hex'))
const record = fc
  .tuple(fc.string({ minLength: 1 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(([pin, salt]) => sealPin(PIN_KEY, pin, salt))
const tickets: fc.Arbitrary<Ticket> = fc
  .record({
    stage: fc.constantFrom('otp', 'new-pin', 'repeat-pin'),
    issuedAt: fc.nat({ max: 2 ** 48 - 1 }),
    tokens: fc.array(fc.record({ serial: mark, condition: mark }), { maxLength: MAX_TOKENS }),
    newPin: record,
  })
  .map((ticket) => (ticket.stage === 'repeat-pin' ? ticket : { ...ticket, newPin: null }))

test('comes back as it was', () => {
  fc.assert(fc.property(tickets, (ticket) => expect(decodeTicket(encodeTicket(ticket))).toEqual(ticket)))
})

test('RFC 2865 §5.24: sealed, it fits into a State of 253 octets', () => {
  fc.assert(
    fc.property(tickets, (ticket) => {
      expect(KEYS.state.seal(encodeTicket(ticket), 'user').length).toBeLessThanOrEqual(253)
    }),
  )
  const many = Array.from({ length: 50 }, (_, i) => makeToken({ serial: `S${i}` }))
  const largest = ticketFor('repeat-pin', many, NOW, sealPin(PIN_KEY, 'x', new Uint8Array(16)))
  expect(KEYS.state.seal(encodeTicket(largest), 'user')).toHaveLength(229)
})

test('of a PIN it carries salt and MAC, whatever else a record may have behind them', () => {
  const verifier = sealPin(PIN_KEY, 'tulip', new Uint8Array(16))!
  const ticket = ticketFor('repeat-pin', [makeToken()], NOW, `${verifier}:tulip`)
  expect(ticket.newPin).toBe(verifier)
  expect(decodeTicket(encodeTicket(ticket))).toEqual(ticket)
})

test('cut off anywhere, or of another format or stage, it is no ticket', () => {
  const octets = encodeTicket(ticketFor('otp', [makeToken()], NOW))
  for (let length = 0; length < octets.length; length++) {
    // Between header and marks: a ticket of no token.
    if (length !== 8) expect(decodeTicket(octets.subarray(0, length))).toBeNull()
  }
  expect(decodeTicket(Buffer.from(octets).fill(2, 0, 1))).toBeNull()
  expect(decodeTicket(Buffer.from(octets).fill(3, 1, 2))).toBeNull()
})
