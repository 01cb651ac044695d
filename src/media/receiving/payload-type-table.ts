import { KeyFrameSyntax, keyFrameSyntaxOf } from '../codecs/detect-key-frame.ts';
import { isRed, redPrimary } from '../codecs/red.ts';
import type { RtcpFeedback, RtpCodecParameters } from '../rtp-parameters.ts';

/** In the tables below: a payload type that means nothing. */
export const noPayloadType = 255;

/** Tables by the list they were made of; connections have lists in common. */
const tables = new WeakMap<readonly RtpCodecParameters[], PayloadTypeTable>();

/** What the payload types of one received m-line mean, as tables. Nobody changes them. */
export class PayloadTypeTable {
  /** The table of a list of codecs: one for all who have it. */
  static of(codecs: readonly RtpCodecParameters[]): PayloadTypeTable {
    let table = tables.get(codecs);
    if (table === undefined) {
      table = new PayloadTypeTable(codecs);
      tables.set(codecs, table);
    }
    return table;
  }

  readonly codecs: readonly RtpCodecParameters[];
  /** Index in `codecs`, by payload type; noPayloadType elsewhere. */
  readonly codecIndex = new Uint8Array(128).fill(noPayloadType);
  /** By the payload type of an RTX: that of what it repeats. */
  readonly repairedBy = new Uint8Array(128).fill(noPayloadType);
  /** KeyFrameSyntax by payload type. */
  readonly keyFrameSyntax = new Uint8Array(128).fill(KeyFrameSyntax.None);

  /** By the payload type of a RED (RFC 2198): that of the codec it repeats, where that was negotiated too. */
  readonly redPrimary = new Uint8Array(128).fill(noPayloadType);
  /** Whether any is RED. */
  readonly hasRed: boolean;

  constructor(codecs: readonly RtpCodecParameters[]) {
    this.codecs = codecs;
    codecs.forEach((codec, index) => {
      const { payloadType, rtxPayloadType } = codec;
      if (payloadType < 0 || payloadType > 127) return;
      this.codecIndex[payloadType] = index;
      this.keyFrameSyntax[payloadType] = keyFrameSyntaxOf(codec);
      if (rtxPayloadType >= 0 && rtxPayloadType <= 127) this.repairedBy[rtxPayloadType] = payloadType;
    });
    for (const codec of codecs) {
      const primary = isRed(codec)
        ? codecs.find(({ payloadType }) => payloadType === redPrimary(codec))
        : undefined;
      if (primary === undefined || isRed(primary) || this.codecIndex[codec.payloadType] === undefined)
        continue;
      this.redPrimary[codec.payloadType] = primary.payloadType;
    }
    this.hasRed = this.redPrimary.some((payloadType) => payloadType !== noPayloadType);
  }

  /** Whether packets with this payload type belong here, be it media or RTX. */
  has(payloadType: number): boolean {
    return this.codecIndex[payloadType] !== noPayloadType || this.isRtx(payloadType);
  }

  isRtx(payloadType: number): boolean {
    return this.repairedBy[payloadType] !== noPayloadType;
  }

  /** Whether any codec was negotiated with this feedback. */
  allows(feedback: RtcpFeedback): boolean {
    return this.codecs.some((codec) => codec.feedback.includes(feedback));
  }
}
