/**
 * A peer without ICE and DTLS as an element of a pipeline: a camera, ffmpeg, another server. Speaks plain RTP, or SRTP
 * with the keys in the descriptions, on ports of its own for each m-line.
 */
import { randomBytes } from 'node:crypto';
import type { SrtpProfile } from '../../packet-io/packet-io.ts';
import type { FirstOffer, JoinOptions } from '../../rooms/participant.ts';
import { keyBytesOf } from '../../webrtc/plain/sdes.ts';
import type { OfferedMedia } from './base-rtp-endpoint.ts';
import type { MediaPipeline } from './media-pipeline.ts';
import type { ObjectClass } from './object-class.ts';
import { ParticipantEndpoint } from './participant-endpoint.ts';
import { rtpEndpointClass } from './rtp-endpoint-class.ts';

export interface RtpEndpointOptions {
  /** Nothing goes unprotected, and what it sends is under this key; null is one of its own. */
  readonly crypto: { readonly suite: SrtpProfile; readonly key: Uint8Array | null } | null;
  readonly useIpv6: boolean;
}

export class RtpEndpoint extends ParticipantEndpoint {
  static readonly objectClass = rtpEndpointClass;
  readonly #options: RtpEndpointOptions;

  constructor(pipeline: MediaPipeline, options: RtpEndpointOptions) {
    super(pipeline);
    this.#options = options;
  }

  override get objectClass(): ObjectClass {
    return rtpEndpointClass;
  }

  protected override joinOptions(): Partial<JoinOptions> {
    const { crypto, useIpv6 } = this.#options;
    if (crypto === null) return { dataChannels: false, plain: { ipv6: useIpv6 } };
    const { suite } = crypto;
    const key = crypto.key ?? randomBytes(keyBytesOf(suite));
    return { dataChannels: false, plain: { ipv6: useIpv6, crypto: { suite, key } } };
  }

  protected override offeredLines({ audio, video }: OfferedMedia): FirstOffer {
    return { ...(audio ? { audio: 'sendrecv' } : {}), ...(video ? { video: 'sendrecv' } : {}) };
  }
}
