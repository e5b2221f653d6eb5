/** The numbers that IANA gave to packet codes, attributes and vendors. Knows which are which, not what they mean. */

/** RFC 2865 §3, RFC 2866 §3, RFC 5997 §2, RFC 5176 §2.1, RFC 7930 §4. */
export const Code = {
  AccessRequest: 1,
  AccessAccept: 2,
  AccessReject: 3,
  AccountingRequest: 4,
  AccountingResponse: 5,
  AccessChallenge: 11,
  StatusServer: 12,
  DisconnectRequest: 40,
  DisconnectAck: 41,
  DisconnectNak: 42,
  ProtocolError: 52,
} as const
export type Code = (typeof Code)[keyof typeof Code]

export const AttributeType = {
  // RFC 2865 §5
  UserName: 1,
  UserPassword: 2,
  ChapPassword: 3,
  NasIpAddress: 4,
  NasPort: 5,
  ServiceType: 6,
  FramedIpAddress: 8,
  FilterId: 11,
  FramedMtu: 12,
  ReplyMessage: 18,
  State: 24,
  Class: 25,
  VendorSpecific: 26,
  SessionTimeout: 27,
  CalledStationId: 30,
  CallingStationId: 31,
  NasIdentifier: 32,
  ProxyState: 33,
  ChapChallenge: 60,
  // RFC 2866 §5, RFC 2869 §5.1 to §5.3
  AcctStatusType: 40,
  AcctDelayTime: 41,
  AcctInputOctets: 42,
  AcctOutputOctets: 43,
  AcctSessionId: 44,
  AcctSessionTime: 46,
  AcctTerminateCause: 49,
  AcctInputGigawords: 52,
  AcctOutputGigawords: 53,
  EventTimestamp: 55,
  // RFC 3579 §3, RFC 3162 §2.1, RFC 5176 §3.5
  EapMessage: 79,
  MessageAuthenticator: 80,
  NasIpv6Address: 95,
  ErrorCause: 101,
  // RFC 6929 §3.1
  ExtendedAttribute1: 241,
} as const
export type AttributeType = (typeof AttributeType)[keyof typeof AttributeType]

/** Private enterprise numbers, the first four octets of a Vendor-Specific (RFC 2865 §5.26). */
export const Vendor = { Microsoft: 311 } as const

/** RFC 2548 §2: within Vendor-Specific of vendor 311. */
export const MicrosoftType = {
  MsChapResponse: 1,
  MsChapError: 2,
  MppeEncryptionPolicy: 7,
  MppeEncryptionTypes: 8,
  MsChapChallenge: 11,
  MsChapMppeKeys: 12,
  MppeSendKey: 16,
  MppeRecvKey: 17,
  MsChap2Response: 25,
  MsChap2Success: 26,
} as const

/** RFC 2866 §5.1. */
export const AcctStatus = { Start: 1, Stop: 2, InterimUpdate: 3, AccountingOn: 7, AccountingOff: 8 } as const
