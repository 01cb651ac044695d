/** The errors of the dialect: part of an answer, in which HTTP itself says 200. */

export const errorCodes = {
  /** Count, types or form of the parameters. */
  invalidParameters: 5001000,
  invalidSdp: 5001001,
  invalidCandidate: 5001002,
  roomFull: 5002000,
  peerNotFound: 5002001,
  peerClosed: 5002002,
  /** The participant is there with another publication. */
  trackNotFound: 5002003,
  cannotConnect: 5003000,
  createOffer: 5003001,
  setRemoteOffer: 5003005,
  createAnswer: 5003006,
  setRemoteAnswer: 5003008,
} as const;

export type KrakenCode = (typeof errorCodes)[keyof typeof errorCodes];

/** What is the caller's doing has this; what is the server's has 500. */
const callerStatus = 202;
const serverStatus = 500;
const firstServerCode = 5003000;

export interface ErrorObject {
  readonly status: number;
  readonly code: number;
  /** For people. */
  readonly description: string;
}

/** Ends a call with an error object. */
export class KrakenError extends Error {
  override readonly name = 'KrakenError';
  readonly code: KrakenCode;

  constructor(code: KrakenCode, description: string) {
    super(description);
    this.code = code;
  }

  toObject(): ErrorObject {
    const status = this.code < firstServerCode ? callerStatus : serverStatus;
    return { status, code: this.code, description: this.message };
  }
}
