import { describe, expect, test } from '@jest/globals'
import { type Admission, type AdmissionRule, admit } from '../../src/radius/admission.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { hidden, packetOf, SECRET, SIGNATURE, signed, type Tlv } from './handmade.ts'

const LOGIN: Tlv[] = [
  [1, 'nemo'],
  [2, hidden('arctangent')],
]
const PROXY: Tlv = [33, 'proxy']
const EAP: Tlv = [79, Buffer.from([2, 0, 0, 5, 1])]

const plain = packetOf(1, LOGIN)
const proxied = packetOf(1, [...LOGIN, PROXY])
const trulySigned = signed(1, [SIGNATURE, ...LOGIN, PROXY])
const wronglySigned = packetOf(1, [SIGNATURE, ...LOGIN])

const verified = { kind: 'go-on', messageAuthenticatorVerified: true, latch: false }
const unverified = { kind: 'go-on', messageAuthenticatorVerified: false, latch: false }
const latching = { ...verified, latch: true }
const wrong = { kind: 'discard', reason: 'wrong-message-authenticator' }
const absent = { kind: 'discard', reason: 'no-message-authenticator' }
const relayed = { kind: 'discard', reason: 'proxy-state-without-message-authenticator' }
const unserved = { kind: 'discard', reason: 'code-not-served' }

describe('RFC 3579 §3.2, CVE-2024-3596: admission to the authentication port', () => {
  const rows: { name: string; given: [Buffer, Partial<AdmissionRule>]; expect: object }[] = [
    { name: 'true, wrong: discarded', given: [wronglySigned, require(true)], expect: wrong },
    { name: 'auto, wrong: discarded, no latch', given: [wronglySigned, require('auto')], expect: wrong },
    { name: 'auto latched, wrong: discarded', given: [wronglySigned, latched()], expect: wrong },
    { name: 'false, wrong: discarded all the same', given: [wronglySigned, require(false)], expect: wrong },

    { name: 'true, absent: discarded', given: [plain, require(true)], expect: absent },
    { name: 'auto, absent: goes on', given: [plain, require('auto')], expect: unverified },
    { name: 'auto latched, absent: discarded', given: [plain, latched()], expect: absent },
    { name: 'false, absent: goes on', given: [plain, require(false)], expect: unverified },
    { name: 'true, a latch left over, absent: discarded', given: [plain, { latched: true }], expect: absent },
    {
      name: 'false, a latch left over, absent: goes on',
      given: [plain, { ...require(false), latched: true }],
      expect: unverified,
    },

    { name: 'true, valid: verified', given: [trulySigned, require(true)], expect: verified },
    { name: 'auto, valid: verified, latches', given: [trulySigned, require('auto')], expect: latching },
    { name: 'auto latched, valid: verified', given: [trulySigned, latched()], expect: verified },
    { name: 'false, valid: verified', given: [trulySigned, require(false)], expect: verified },

    { name: 'false, absent, Proxy-State: discarded', given: [proxied, require(false)], expect: relayed },
    { name: 'auto, absent, Proxy-State: discarded', given: [proxied, require('auto')], expect: relayed },
    { name: 'true, absent, Proxy-State: discarded', given: [proxied, require(true)], expect: absent },
    {
      name: 'false, absent, Proxy-State, not limited: goes on',
      given: [proxied, { ...require(false), limitProxyState: false }],
      expect: unverified,
    },
    { name: 'true, valid, Proxy-State: goes on', given: [trulySigned, require(true)], expect: verified },

    {
      name: 'EAP-Message, false, absent: discarded',
      given: [packetOf(1, [[1, 'nemo'], EAP]), require(false)],
      expect: absent,
    },
    {
      name: 'EAP-Message, auto, absent: discarded',
      given: [packetOf(1, [[1, 'nemo'], EAP]), require('auto')],
      expect: absent,
    },
    {
      name: 'EAP-Message, false, valid: goes on',
      given: [signed(1, [SIGNATURE, [1, 'nemo'], EAP]), require(false)],
      expect: verified,
    },

    {
      name: 'RFC 5997 §3: Status-Server, false, absent: discarded',
      given: [packetOf(12, []), require(false)],
      expect: absent,
    },
    {
      name: 'RFC 5997 §3: Status-Server, auto, absent: discarded',
      given: [packetOf(12, []), require('auto')],
      expect: absent,
    },
    {
      name: 'RFC 5997 §3: Status-Server, wrong: discarded',
      given: [packetOf(12, [SIGNATURE]), require(false)],
      expect: wrong,
    },
    {
      name: 'RFC 5997 §3: Status-Server, valid: goes on',
      given: [signed(12, [SIGNATURE]), require(true)],
      expect: verified,
    },
  ]
  test.each(rows)('$name', ({ given: [datagram, rule], expect: admission }) => {
    expect(judge(datagram, rule)).toEqual(admission)
  })

  test('RFC 2865 §3: any code but Access-Request and Status-Server is discarded, well signed or not', () => {
    for (let code = 0; code < 256; code++) {
      if (code === 1 || code === 12) continue
      expect(judge(signed(code, [SIGNATURE, ...LOGIN]), require(false))).toEqual(unserved)
    }
  })
})

function judge(datagram: Buffer, rule: Partial<AdmissionRule>): Admission {
  const strict = { requireMessageAuthenticator: true, latched: false, limitProxyState: true }
  return admit(parsePacket(datagram), new SharedSecret(SECRET), { ...strict, ...rule })
}

function require(requireMessageAuthenticator: boolean | 'auto'): Partial<AdmissionRule> {
  return { requireMessageAuthenticator }
}

function latched(): Partial<AdmissionRule> {
  return { requireMessageAuthenticator: 'auto', latched: true }
}
