/**
 * EAP over RADIUS (RFC 3579): from a request with EAP-Message to the conversation that it belongs to, and from what that says
 * to the reply. Logins that come out of it go to the judge; who that is, and the way of the packet, are the RADIUS server's.
 */
import { randomBytes } from 'node:crypto'
import type { AuthenticatorStep } from '../../eap/authenticator.ts'
import { EapCode, encodeResult } from '../../eap/eap_packet.ts'
import type { Answer } from '../../radius/access.ts'
import type { Attribute } from '../../radius/attribute.ts'
import { AttributeType } from '../../radius/attributes.ts'
import {
  eapMessageAttributes,
  eapMessageIn,
  eapOctetsAllowed,
  keysOfMaterial,
} from '../../radius/eap_message.ts'
import { SALT_OCTETS, sessionKeyAttributes } from '../../radius/mppe.ts'
import type { Packet } from '../../radius/packet.ts'
import type { Client } from '../clients.ts'
import { Overloaded } from '../committer.ts'
import type { EapCertificate } from './eap_certificate.ts'
import { EapConversation, type Judge } from './eap_conversation.ts'
import { CONVERSATION_LIMITS, type ConversationLimits, Conversations } from './eap_conversations.ts'
import type { EapSessions } from './eap_sessions.ts'
import { HandshakeServers } from './handshake_servers.ts'

export interface EapServerOptions {
  readonly sessions: EapSessions
  readonly monotonicNow: () => number
  readonly limits?: ConversationLimits
}

export interface EapReply {
  readonly answer: Answer
  readonly attributes: readonly Attribute[]
  /** Why it ends here; null while it goes on. */
  readonly ended: string | null
}

/** RFC 5176 §3.5: what came was not understood, and the conversation goes on with what was asked before. */
const INVALID_EAP_PACKET = Uint8Array.of(0, 0, 0, 202)
/** Of conversations that are in no queue, since something is done for them at this moment. */
const MAX_UNDER_WAY = 1024

export class EapServer {
  #certificate: EapCertificate | null = null
  #servers: HandshakeServers | null = null
  readonly conversations: Conversations<EapConversation>
  readonly #options: EapServerOptions
  #underWay = 0

  constructor(options: EapServerOptions) {
    this.#options = options
    this.conversations = new Conversations(options.limits ?? CONVERSATION_LIMITS)
  }

  /** Null: EAP is off. */
  get certificate(): EapCertificate | null {
    return this.#certificate
  }

  /** Conversations that have begun go on with the one that they began with. */
  set certificate(certificate: EapCertificate | null) {
    this.#certificate = certificate
    this.#servers = certificate && new HandshakeServers(certificate)
  }

  serves({ eap }: Client): boolean {
    return eap && this.#certificate !== null
  }

  /** Throws what the judge throws: the conversation is over then. */
  async receive(packet: Packet, client: Client, judge: Judge): Promise<EapReply> {
    const eap = eapMessageIn(packet.attributes) ?? NOTHING
    const state = packet.attributes.first(AttributeType.State)
    if (state === undefined) return await this.#begin(eap, packet, client)
    const conversation = this.conversations.take(state, client.name, this.#options.monotonicNow())
    if (conversation === null) return refused('unknown-state', eap)
    this.#underWay++
    try {
      if (this.#underWay > MAX_UNDER_WAY) throw new Overloaded('too many EAP messages are under way')
      const step = await conversation.receive(eap, eapOctetsAllowed(packet.attributes), judge)
      return this.#reply(conversation, step, packet, client)
    } catch (error) {
      conversation.close()
      throw error
    } finally {
      this.#underWay--
    }
  }

  async #begin(eap: Uint8Array, packet: Packet, client: Client): Promise<EapReply> {
    const { sessions } = this.#options
    const conversation = new EapConversation({ client: client.name, servers: this.#servers!, sessions })
    const step = await conversation.begin(eap)
    return step === null ? refused('invalid-eap', eap) : this.#reply(conversation, step, packet, client)
  }

  #reply(
    conversation: EapConversation,
    step: AuthenticatorStep,
    packet: Packet,
    { secret, reply }: Client,
  ): EapReply {
    const message = eapMessageAttributes(step.packet)
    switch (step.kind) {
      case 'request': {
        const state = this.conversations.wait(conversation, this.#options.monotonicNow())
        const cause = step.repeated ? [{ type: AttributeType.ErrorCause, value: INVALID_EAP_PACKET }] : []
        return {
          answer: { kind: 'challenge', state, message: '' },
          attributes: [...message, ...cause],
          ended: null,
        }
      }
      case 'success': {
        conversation.close()
        const keys =
          step.keyMaterial === null
            ? []
            : sessionKeyAttributes(keysOfMaterial(step.keyMaterial), randomBytes(SALT_OCTETS), packet, secret)
        // Whom the client shall write down, where the name outside was anybody's (RFC 2865 §5.1).
        const userName = { type: AttributeType.UserName, value: Buffer.from(step.user) }
        const { record } = conversation
        const answer: Answer = record === undefined ? { kind: 'accept' } : { kind: 'accept', record }
        const attributes = [userName, ...message, ...keys, ...reply.attributesOf(answer)]
        return { answer, attributes, ended: 'accepted' }
      }
      case 'failure':
        conversation.close()
        return { answer: { kind: 'reject' }, attributes: message, ended: step.reason }
    }
  }
}

const NOTHING = new Uint8Array()

/** RFC 3579 §2.6.3: a Reject carries EAP-Failure, else the peer waits. */
function refused(reason: string, eap: Uint8Array): EapReply {
  const failure = encodeResult(EapCode.Failure, eap[1] ?? 0)
  return { answer: { kind: 'reject' }, attributes: eapMessageAttributes(failure), ended: reason }
}
