import { findMatchingCodec } from '../codecs/codec-matching.ts';
import { noPayloadType, type PayloadTypeTable } from '../receiving/payload-type-table.ts';
import type { RtpCodecParameters, SendParameters } from '../rtp-parameters.ts';

/** What the payload types of a source are called at one receiver. */
export class PayloadTypeMap {
  /** The receiver's by the source's; noPayloadType where it has no such codec. */
  readonly types = new Uint8Array(128).fill(noPayloadType);
  /** The receiver's RTX by its payload types. */
  readonly rtxTypes = new Uint8Array(128).fill(noPayloadType);
  /** An RTX payload type for packets of nothing but padding; -1 where there is none. */
  paddingType = -1;
  /** Whether the source may send RED that the receiver does not know, of a codec that it does. */
  unwrapsRed = false;

  /** Matches the source's codecs with the receiver's; null for no source. */
  update(source: PayloadTypeTable | null, { codecs, rtxSsrc }: SendParameters): void {
    this.types.fill(noPayloadType);
    this.rtxTypes.fill(noPayloadType);
    this.paddingType = -1;
    for (const { payloadType, rtxPayloadType } of codecs) {
      if (rtxSsrc < 0 || rtxPayloadType < 0) continue;
      this.rtxTypes[payloadType] = rtxPayloadType;
      if (this.paddingType < 0) this.paddingType = rtxPayloadType;
    }
    for (const codec of source?.codecs ?? []) {
      if (codec.payloadType < 0 || codec.payloadType > 127) continue;
      const match = findMatchingCodec(codec, codecs);
      if (match !== null) this.types[codec.payloadType] = match.payloadType;
    }
    this.unwrapsRed = source?.hasRed === true && source.redPrimary.some(this.#isUnwrapped, this);
  }

  /** Whether the receiver has a codec of the source; without one, whether it has any of them. */
  supports(codec: RtpCodecParameters | null, source: PayloadTypeTable): boolean {
    if (codec === null) return this.types.some((payloadType) => payloadType !== noPayloadType);
    const { payloadType } = codec;
    if (this.types[payloadType] !== noPayloadType) return true;
    return this.unwrapsRed && source.redPrimary[payloadType] !== noPayloadType;
  }

  /** Whether RED of the source's `payloadType`, holding `primary`, is to be unwrapped. */
  #isUnwrapped(primary: number, payloadType: number): boolean {
    return (
      primary !== noPayloadType &&
      this.types[payloadType] === noPayloadType &&
      this.types[primary] !== noPayloadType
    );
  }
}
