/** What a call sends: codecs and encodings as the original's controls choose them. */
export interface SendingChoices {
  readonly codec: 'H264' | 'VP9';
  readonly simulcast: boolean;
  /** VP9 only: three spatial and three temporal layers instead of one. */
  readonly svc: boolean;
  /** VP9 only: bit/s. */
  readonly maxBitrate: number;
}

export const maxBitrates = [120_000, 250_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000] as const;

/** The H264 camera is asked for with an odd minimum, so that 1280x776 is common. */
export const cameraConstraints: Readonly<Record<SendingChoices['codec'], MediaTrackConstraints>> = {
  H264: { width: { min: 1024, ideal: 1280 }, height: { min: 776, ideal: 720 } },
  VP9: { width: { ideal: 1280 }, height: { ideal: 720 } },
};

type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

const sizes = [
  { rid: 'high', scaleResolutionDownBy: 1, share: 1, h264Bitrate: 1_200_000 },
  { rid: 'mid', scaleResolutionDownBy: 2, share: 1 / 2, h264Bitrate: 500_000 },
  { rid: 'low', scaleResolutionDownBy: 4, share: 1 / 4, h264Bitrate: 150_000 },
] as const;
const frameRate = 30;

export function encodingsOf({ codec, simulcast, svc, maxBitrate }: SendingChoices): Encoding[] {
  const scalabilityMode = svc ? 'L3T3' : 'L1T1';
  if (codec === 'H264') {
    if (!simulcast) return [{ maxBitrate: sizes[0].h264Bitrate }];
    return sizes.map(({ rid, scaleResolutionDownBy, h264Bitrate }) => ({
      rid,
      scaleResolutionDownBy,
      maxBitrate: h264Bitrate,
      maxFramerate: frameRate,
    }));
  }
  if (!simulcast) return [{ maxBitrate, scalabilityMode }];
  return sizes.map(({ rid, scaleResolutionDownBy, share }) => ({
    rid,
    scaleResolutionDownBy,
    maxBitrate: Math.round(maxBitrate * share),
    maxFramerate: frameRate,
    scalabilityMode,
  }));
}

/** Codecs with the preferred first, the others behind it in their order. */
export function ordered<T extends { readonly mimeType: string }>(
  codecs: readonly T[],
  preferred: string,
): T[] {
  const isPreferred = ({ mimeType }: T) => mimeType.toLowerCase() === preferred.toLowerCase();
  return [...codecs.filter(isPreferred), ...codecs.filter((codec) => !isPreferred(codec))];
}
