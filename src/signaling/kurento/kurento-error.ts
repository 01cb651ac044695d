/** The errors of the protocol: each has a number, and from 40000 on a name that clients read from `data.type`. */

const types = {
  '-32700': 'PARSE_ERROR',
  '-32600': 'INVALID_REQUEST',
  '-32601': 'METHOD_NOT_FOUND',
  '-32602': 'INVALID_PARAMS',
  '-32603': 'INTERNAL_ERROR',
  /** A member of `params` itself is missing or of another type. */
  '-32000': 'INVALID_PARAMS',
  40001: 'MARSHALL_ERROR',
  40003: 'UNEXPECTED_ERROR',
  40004: 'CONNECT_ERROR',
  40005: 'UNSUPPORTED_MEDIA_TYPE',
  40006: 'NOT_IMPLEMENTED',
  40007: 'INVALID_SESSION',
  40008: 'MALFORMED_TRANSACTION',
  40009: 'NOT_ENOUGH_RESOURCES',
  40101: 'MEDIA_OBJECT_NOT_FOUND',
  40106: 'MEDIA_OBJECT_EVENT_NOT_SUPPORTED',
  40107: 'MEDIA_OBJECT_ILLEGAL_PARAM_ERROR',
  40108: 'MEDIA_OBJECT_NOT_AVAILABLE',
  40109: 'MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT',
  40110: 'MEDIA_OBJECT_TAG_KEY_NOT_FOUND',
  40111: 'MEDIA_OBJECT_OPERATION_NOT_SUPPORTED',
  40200: 'SDP_CREATE_ERROR',
  40201: 'SDP_PARSE_ERROR',
  40202: 'SDP_END_POINT_NO_LOCAL_SDP_ERROR',
  40203: 'SDP_END_POINT_NO_REMOTE_SDP_ERROR',
  40204: 'SDP_END_POINT_GENERATE_OFFER_ERROR',
  40205: 'SDP_END_POINT_PROCESS_OFFER_ERROR',
  40206: 'SDP_END_POINT_PROCESS_ANSWER_ERROR',
  40207: 'SDP_CONFIGURATION_ERROR',
  40208: 'SDP_END_POINT_ALREADY_NEGOTIATED',
  40209: 'SDP_END_POINT_NOT_OFFER_GENERATED',
  /** Spelled as the original spells it. */
  40210: 'SDP_END_POINT_ANSWER_ALREADY_PROCCESED',
  40211: 'SDP_END_POINT_CANNOT_CREATE_SESSON',
  40400: 'ICE_GATHER_CANDIDATES_ERROR',
  40401: 'ICE_ADD_CANDIDATE_ERROR',
  40500: 'UNDEFINED',
} as const;

type Code = keyof typeof types;
export type KurentoErrorCode = Code extends infer C ? (C extends `${infer N extends number}` ? N : C) : never;

/** Told to the client as it is; the session goes on. */
export class KurentoError extends Error {
  override readonly name = 'KurentoError';
  readonly code: KurentoErrorCode;

  constructor(code: KurentoErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get type(): string {
    return types[`${this.code}` as keyof typeof types];
  }

  /** As it is on the wire. */
  toJSON(): { code: number; message: string; data: { type: string } } {
    return { code: this.code, message: this.message, data: { type: this.type } };
  }
}
