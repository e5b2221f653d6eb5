/**
 * The two versions of RADIUS on the wire, under the names by which TLS negotiates them (RFC 9765 §3). Knows what they are
 * called, not how they differ: that is in packet.ts, admission.ts and password.ts.
 */

/** RFC 2865, over UDP or TLS: MD5 signs packets and hides passwords. */
export const RADIUS_1_0 = 'radius/1.0'
/** RFC 9765, over TLS only, which does both: a Token in place of Identifier and Authenticator, and nothing signed or hidden. */
export const RADIUS_1_1 = 'radius/1.1'

export type Version = typeof RADIUS_1_0 | typeof RADIUS_1_1
