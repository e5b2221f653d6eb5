/** Why a TLS handshake failed, in the few words that are counted and logged by, from what Node and OpenSSL say. Knows no socket. */

import type { RefusalReason } from './radsec_log.ts'

export interface HandshakeFailure {
  readonly reason: RefusalReason
  /** OpenSSL's own word where ours says too little. */
  readonly detail: string | null
}

const REASONS: Readonly<Record<string, RefusalReason>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake-timeout',
  ECONNRESET: 'hung-up',
  EPIPE: 'hung-up',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'no-common-version',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'old-tls',
  ERR_SSL_NO_SHARED_CIPHER: 'no-common-cipher',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_SSL_RECORD_LAYER_FAILURE: 'not-tls',
  ERR_SSL_BINDER_DOES_NOT_VERIFY: 'wrong-psk',
}
/** TLS 1.2 has no word of its own for a wrong key: the first encrypted record cannot be read. */
const UNREADABLE = 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'

/** `named`: the key that the peer wanted to use; its `key` is null where there is none of that name. */
export function reasonOfHandshakeError(error: Error, named?: { readonly key: unknown }): HandshakeFailure {
  const { code = 'unknown' } = error as NodeJS.ErrnoException
  if (named?.key === null) return { reason: 'unknown-psk-identity', detail: null }
  if (named !== undefined && code === UNREADABLE) return { reason: 'wrong-psk', detail: null }
  const reason = REASONS[code]
  if (reason !== undefined) return { reason, detail: null }
  const detail = code
    .replace(/^ERR_SSL_/, '')
    .toLowerCase()
    .replaceAll('_', ' ')
  return { reason: detail.includes('alert') ? 'refused-by-peer' : 'handshake-failed', detail }
}
