import { findMatchingCodec } from '../codecs/codec-matching.ts';
import { findRedPrimary } from '../codecs/red.ts';
import { noPayloadType } from '../receiving/payload-type-table.ts';
import type { RtpCodecParameters, SendParameters } from '../rtp-parameters.ts';

/** What the payload types of a source are called at one receiver. */
export class PayloadTypeMap {
  /** The receiver's by the source's; noPayloadType where it has no such codec. */
  readonly types = new Uint8Array(128).fill(noPayloadType);
  /** The receiver's RTX by its payload types. */
  readonly rtxTypes = new Uint8Array(128).fill(noPayloadType);
  /** 1 by the source's payload types of RED whose newest frame is sent alone: the receiver has no such RED. */
  readonly unpacksRed = new Uint8Array(128);

  /** Matches the source's codecs with the receiver's. */
  update(offered: readonly RtpCodecParameters[], { codecs, rtxSsrc }: SendParameters): void {
    this.types.fill(noPayloadType);
    this.rtxTypes.fill(noPayloadType);
    this.unpacksRed.fill(0);
    for (const { payloadType, rtxPayloadType } of codecs) {
      if (rtxSsrc >= 0 && rtxPayloadType >= 0) this.rtxTypes[payloadType] = rtxPayloadType;
    }
    for (const codec of offered) {
      if (codec.payloadType < 0 || codec.payloadType > 127) continue;
      const match = findMatchingCodec(codec, codecs);
      const primary = match === null ? findRedPrimary(codec, offered) : null;
      const unpacked = primary === null ? null : findMatchingCodec(primary, codecs);
      if (unpacked !== null) this.unpacksRed[codec.payloadType] = 1;
      this.types[codec.payloadType] = (match ?? unpacked)?.payloadType ?? noPayloadType;
    }
  }

  /** Whether the receiver has a codec of the source; without one, whether it has any of them. */
  supports(codec: RtpCodecParameters | null): boolean {
    if (codec !== null) return this.types[codec.payloadType] !== noPayloadType;
    return this.types.some((payloadType) => payloadType !== noPayloadType);
  }
}
