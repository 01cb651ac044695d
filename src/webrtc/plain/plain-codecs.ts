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

/**
 * The codecs a peer is sent, with those a source may have instead under the same payload type. Who does not say which
 * profile of H264 it decodes is no browser, and decodes them all; and everyone decodes what browsers send as baseline,
 * which is constrained whether or not they say so.
 */
export function decodedCodecs(
  codecs: readonly NegotiatedCodec[],
  formats: readonly PayloadFormat[],
): NegotiatedCodec[] {
  return codecs.flatMap((codec) => {
    if (codec.capability.name !== 'H264') return [codec];
    const { remote } = codec;
    const format = formats.find(({ payloadType }) => payloadType === remote.payloadType);
    const stated = format !== undefined && 'profile-level-id' in format.parameters;
    const others = (stated ? baselineProfiles : allProfiles).map((profile) => ({
      ...codec,
      remote: { ...remote, parameters: { ...remote.parameters, 'profile-level-id': profile } },
    }));
    return [codec, ...others];
  });
}

/** Constrained baseline, which every receiver decodes. */
const assumedProfile = '42e01f';
/** Constrained baseline and baseline; with main, high and constrained high. */
const baselineProfiles = ['42e034', '420034'];
const allProfiles = [...baselineProfiles, '4d0034', '640034', '640c34'];
