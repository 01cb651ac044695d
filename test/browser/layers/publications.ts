/** What a publisher can send in layers, small enough for two processors that encode, forward and decode. */
import type { BrowserName } from '../harness/browsers.ts';
import type { LayeredPublication } from '../page/layered-publisher.ts';

export type PublicationName = 'VP8' | 'VP9' | 'AV1' | 'AV1-simulcast' | 'H264';

export interface LabPublication extends LayeredPublication {
  readonly description: string;
  /** Heights of the spatial layers, lowest first. */
  readonly heights: readonly number[];
  readonly temporalLayers: number;
  readonly playedBy: readonly BrowserName[];
}

const kbit = 1000;

export const publications: Readonly<Record<PublicationName, LabPublication>> = {
  VP8: {
    description: 'VP8 simulcast, 3 × L1T3',
    codec: 'video/VP8',
    source: { width: 960, height: 540, frameRate: 30, rich: false },
    encodings: [
      { rid: 'low', scaleResolutionDownBy: 4, maxBitrate: 120 * kbit, scalabilityMode: 'L1T3' },
      { rid: 'mid', scaleResolutionDownBy: 2, maxBitrate: 360 * kbit, scalabilityMode: 'L1T3' },
      { rid: 'top', scaleResolutionDownBy: 1, maxBitrate: 1200 * kbit, scalabilityMode: 'L1T3' },
    ],
    heights: [135, 270, 540],
    temporalLayers: 3,
    playedBy: ['chromium', 'firefox'],
  },
  VP9: {
    description: 'VP9 L3T3_KEY',
    codec: 'video/VP9',
    fmtp: 'profile-id=0',
    source: { width: 960, height: 540, frameRate: 30, rich: false },
    encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1600 * kbit }],
    heights: [135, 270, 540],
    temporalLayers: 3,
    playedBy: ['chromium', 'firefox'],
  },
  AV1: {
    description: 'AV1 L3T3',
    codec: 'video/AV1',
    source: { width: 1024, height: 576, frameRate: 30, rich: false },
    encodings: [{ scalabilityMode: 'L3T3', maxBitrate: 1600 * kbit }],
    heights: [144, 288, 576],
    temporalLayers: 3,
    // Firefox does not know the dependency descriptor, without which the layers cannot be told apart.
    playedBy: ['chromium'],
  },
  'AV1-simulcast': {
    description: 'AV1 simulcast, 3 × L1T3',
    codec: 'video/AV1',
    source: { width: 960, height: 540, frameRate: 30, rich: false },
    encodings: [
      { rid: 'low', scaleResolutionDownBy: 4, maxBitrate: 120 * kbit, scalabilityMode: 'L1T3' },
      { rid: 'mid', scaleResolutionDownBy: 2, maxBitrate: 360 * kbit, scalabilityMode: 'L1T3' },
      { rid: 'top', scaleResolutionDownBy: 1, maxBitrate: 1200 * kbit, scalabilityMode: 'L1T3' },
    ],
    heights: [135, 270, 540],
    temporalLayers: 3,
    playedBy: ['chromium', 'firefox'],
  },
  H264: {
    description: 'H264 simulcast, 3 × L1T1',
    codec: 'video/H264',
    fmtp: 'packetization-mode=1;profile-level-id=42e01f',
    source: { width: 960, height: 540, frameRate: 30, rich: false },
    encodings: [
      { rid: 'low', scaleResolutionDownBy: 4, maxBitrate: 120 * kbit },
      { rid: 'mid', scaleResolutionDownBy: 2, maxBitrate: 360 * kbit },
      { rid: 'top', scaleResolutionDownBy: 1, maxBitrate: 1200 * kbit },
    ],
    heights: [135, 270, 540],
    temporalLayers: 1,
    // Firefox ESR has no H264 without a plugin.
    playedBy: ['chromium'],
  },
};

/** The same with pictures that use all the bit rate there is. */
export function rich(publication: LabPublication): LabPublication {
  return { ...publication, source: { ...publication.source, rich: true } };
}
