/** The ancestors of endpoints that negotiate by SDP, with the operations they share. */
import * as v from 'valibot';
import { type BandwidthName, bandwidthNames } from './bandwidth-limits.ts';
import type { BaseRtpEndpoint } from './base-rtp-endpoint.ts';
import { mediaElementClass } from './media-element.ts';
import { ObjectClass, operationsOf, property } from './object-class.ts';
import { boolean, float, integer, text } from './param-types.ts';

const operation = operationsOf<BaseRtpEndpoint>();

function bandwidth(name: BandwidthName) {
  return property(
    name,
    integer,
    (self: BaseRtpEndpoint) => self.bandwidth.get(name),
    (self, kbps) => self.setBandwidth(name, kbps),
  );
}

const endpointClass = new ObjectClass({ name: 'Endpoint', parent: mediaElementClass });

const sessionEndpointClass = new ObjectClass({
  name: 'SessionEndpoint',
  parent: endpointClass,
  events: ['MediaSessionStarted', 'MediaSessionTerminated'],
});

const offerOptions = v.object({
  options: v.optional(
    v.object({
      offerToReceiveAudio: v.optional(boolean, true),
      offerToReceiveVideo: v.optional(boolean, true),
    }),
  ),
});

const sdpEndpointClass = new ObjectClass({
  name: 'SdpEndpoint',
  parent: sessionEndpointClass,
  operations: {
    processOffer: operation(v.object({ offer: text }), (self, { offer }) => self.processOffer(offer)),
    generateOffer: operation(offerOptions, (self, { options }) =>
      self.generateOffer({
        audio: options?.offerToReceiveAudio ?? true,
        video: options?.offerToReceiveVideo ?? true,
      }),
    ),
    processAnswer: operation(v.object({ answer: text }), (self, { answer }) => self.processAnswer(answer)),
    getLocalSessionDescriptor: operation((self) => self.localDescription),
    getRemoteSessionDescriptor: operation((self) => self.remoteDescription),
    ...bandwidth('maxAudioRecvBandwidth'),
    ...bandwidth('maxVideoRecvBandwidth'),
  },
});

/** What the original has of its congestion control; kept, as ours is another. */
const rembParams = v.object({
  packetsRecvIntervalTop: v.optional(integer),
  exponentialFactor: v.optional(float),
  linealFactorMin: v.optional(integer),
  linealFactorGrade: v.optional(float),
  decrementFactor: v.optional(float),
  thresholdFactor: v.optional(float),
  upLosses: v.optional(integer),
  rembOnConnect: v.optional(integer),
});

export type RembParams = v.InferOutput<typeof rembParams>;

export const baseRtpEndpointClass = new ObjectClass({
  name: 'BaseRtpEndpoint',
  parent: sdpEndpointClass,
  operations: {
    ...Object.assign(
      {},
      ...bandwidthNames
        .filter((name) => name !== 'maxAudioRecvBandwidth' && name !== 'maxVideoRecvBandwidth')
        .map(bandwidth),
    ),
    ...property('mediaState', text, (self: BaseRtpEndpoint) => self.mediaState),
    ...property('connectionState', text, (self: BaseRtpEndpoint) => self.connectionState),
    ...property(
      'mtu',
      integer,
      (self: BaseRtpEndpoint) => self.mtu,
      (self, mtu) => {
        self.mtu = mtu;
      },
    ),
    ...property(
      'rembParams',
      rembParams,
      (self: BaseRtpEndpoint) => self.rembParams,
      (self, params) => self.setRembParams(params),
    ),
    requestKeyframe: operation((self) => self.requestKeyframe()),
  },
  events: ['ConnectionStateChanged', 'MediaStateChanged'],
});
