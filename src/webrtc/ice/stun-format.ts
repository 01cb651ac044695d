/**
 * Numbers of the STUN wire format (RFC 8489) and of its use in ICE (RFC 8445).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |0 0|     STUN Message Type     |         Message Length        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         Magic Cookie                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     Transaction ID (96 bits)                  |
 *     |                                                               |
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |         Type                  |            Length             |  each attribute, its value padded
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  to a multiple of 4 bytes
 */

export const stunHeaderBytes = 20;
export const transactionIdBytes = 12;
export const magicCookie = 0x2112a442;

/** Message types of the Binding method: the only one ICE uses. */
export const StunType = {
  BindingRequest: 0x0001,
  BindingIndication: 0x0011,
  BindingSuccess: 0x0101,
  BindingError: 0x0111,
} as const;

export const StunAttribute = {
  Username: 0x0006,
  MessageIntegrity: 0x0008,
  ErrorCode: 0x0009,
  UnknownAttributes: 0x000a,
  Realm: 0x0014,
  Nonce: 0x0015,
  MessageIntegritySha256: 0x001c,
  XorMappedAddress: 0x0020,
  Priority: 0x0024,
  UseCandidate: 0x0025,
  Software: 0x8022,
  Fingerprint: 0x8028,
  IceControlled: 0x8029,
  IceControlling: 0x802a,
} as const;

export const StunErrorCode = {
  BadRequest: 400,
  Unauthenticated: 401,
  UnknownAttribute: 420,
  RoleConflict: 487,
} as const;

/** Length of an attribute's value in MESSAGE-INTEGRITY: one SHA-1. */
export const integrityBytes = 20;
/** FINGERPRINT is the CRC XORed with this (RFC 8489 14.7), so that other CRCs in the data do not match it. */
export const fingerprintMask = 0x5354554e;
/** Longest USERNAME (RFC 8489 14.3: fewer than 509 bytes). */
export const maxUsernameBytes = 508;
/** Unknown comprehension-required attributes remembered of one message; a 420 need not name more to be understood. */
export const maxUnknownAttributes = 16;
