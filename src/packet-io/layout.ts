/**
 * The memory that TypeScript and the addon share. Both sides use these numbers; `native/layout.h` holds the
 * same ones and the addon checks them at load.
 */

/** Bytes of one arena slot: one datagram of an Ethernet path with room to spare. */
export const slotBytes = 1536;

/** Most datagrams handed over in one batch. */
export const batchSize = 256;

/** What a received datagram is (RFC 7983). RTP and RTCP are already unprotected and authenticated. */
export const PacketKind = { Stun: 0, Dtls: 1, Rtp: 2, Rtcp: 3 } as const;

/** An inbox record: Int32 fields at `index * inboxStride`. */
export const inboxStride = 8;
export const InboxField = {
  /** Byte offset of the packet in the arena. */
  Offset: 0,
  Length: 1,
  /** One of PacketKind. */
  Kind: 2,
  /** Transport id, or -1 for a datagram from an address no transport has claimed (STUN and DTLS only). */
  Transport: 3,
  /** The local socket it came in on. */
  Socket: 4,
  /** RTP only: its packet number, counting from 0 and wrapping at 2^31; the slot is number mod slot count. */
  PacketNumber: 5,
  /** 1 where it came to a socket of the transport's own that takes any source yet: see acceptFrom(). */
  NewSource: 6,
} as const;

/** Each inbox entry's remote address: family (4 or 6), 0, port (big endian), 16 address bytes, padding. */
export const addressStride = 24;

/** An outbox record: Int32 fields at `index * outboxStride`. Outgoing bytes = prefix ++ body. */
export const outboxStride = 6;
export const OutboxField = {
  Transport: 0,
  /** One of PacketKind: Rtp and Rtcp are protected, the others sent as they are. */
  Kind: 1,
  PrefixOffset: 2,
  PrefixLength: 3,
  /** Byte offset in the arena; ignored when the body length is 0. */
  BodyOffset: 4,
  BodyLength: 5,
} as const;

/** Most datagrams queued before a flush is forced. */
export const outboxCapacity = 8192;

/** Bytes of the arena that prefixes and whole RTCP packets are written into. */
export const prefixArenaBytes = 1 << 20;

/** Longest single prefix: an RTP header with extensions, or one compound RTCP packet. */
export const maxPrefixBytes = 1400;
