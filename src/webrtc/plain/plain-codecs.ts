/** Codecs towards peers without WebRTC: no RTX, no RED, no transport-wide feedback. */
import type { CodecCapability } from '../sdp/codec-capabilities.ts';
import type { NegotiatedCodec } from '../sdp/codec-negotiation.ts';
import type { PayloadFormat } from '../sdp/session-description.ts';

/** Of `codecs` what such peers are offered and answered. */
export function plainCapabilities(codecs: readonly CodecCapability[], feedback: boolean): CodecCapability[] {
  return codecs
    .filter(({ name }) => name !== 'red')
    .map((codec) => ({
      ...codec,
      preferredRtxPayloadType: -1,
      feedback: feedback ? codec.feedback.filter((item) => item !== 'transport-cc') : [],
    }));
}

/**
 * H264 with half of its parameters, as ffmpeg, GStreamer and cameras write it: what they leave out is taken for what
 * they do. RFC 6184 §8.1 would have them send and take no fragments; they all know fragments.
 */
export function completeFormats(formats: readonly PayloadFormat[]): PayloadFormat[] {
  return formats.map((format) => {
    if (format.name.toLowerCase() !== 'h264') return format;
    const parameters = {
      'packetization-mode': '1',
      'profile-level-id': assumedProfile,
      ...format.parameters,
    };
    return { ...format, parameters };
  });
}

/** Who does not say which profile it decodes is no browser, and decodes them all. */
export function assumeDecoder(
  codecs: readonly NegotiatedCodec[],
  formats: readonly PayloadFormat[],
): NegotiatedCodec[] {
  return codecs.map((codec) => {
    const { payloadType, parameters } = codec.remote;
    const format = formats.find((candidate) => candidate.payloadType === payloadType);
    if (codec.capability.name !== 'H264' || format === undefined || 'profile-level-id' in format.parameters)
      return codec;
    return {
      ...codec,
      remote: { ...codec.remote, parameters: { ...parameters, 'profile-level-id': anyProfile } },
    };
  });
}

/** Constrained baseline, which every receiver decodes; and high, which includes it and main. */
const assumedProfile = '42e01f';
const anyProfile = '640034';
