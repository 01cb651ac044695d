/** What WebRtcEndpoint offers on the wire. */
import * as v from 'valibot';
import { baseRtpEndpointClass } from './endpoint-classes.ts';
import { type IceTextName, iceTextNames } from './ice-settings.ts';
import { KurentoError } from './kurento-error.ts';
import { ObjectClass, operationsOf, property } from './object-class.ts';
import { boolean, enumeration, integer, text } from './param-types.ts';
import type { WebRtcEndpoint } from './web-rtc-endpoint.ts';

const operation = operationsOf<WebRtcEndpoint>();

function iceText(name: IceTextName) {
  return property(
    name,
    text,
    (self: WebRtcEndpoint) => self.iceSettings.text(name),
    (self, value) => self.iceSettings.setText(name, value),
  );
}

/** As a record, or flat, as ksfu's README has it; what else there is of it does not matter. */
const candidateParams = v.object({
  candidate: v.pipe(
    v.union([text, v.object({ candidate: text })], "'candidate' parameter should be an object"),
    v.transform((candidate) => (typeof candidate === 'string' ? candidate : candidate.candidate)),
  ),
});

/** -1 says that there is no limit, as leaving it out does. */
const limit = v.optional(integer, -1);

const channelParams = v.object({
  label: v.optional(text, ''),
  ordered: v.optional(boolean, true),
  maxPacketLifeTime: limit,
  maxRetransmits: limit,
  protocol: v.optional(text, ''),
});

function dataOf(self: WebRtcEndpoint) {
  if (self.data === null) throw new KurentoError(40111, 'Data channels are not supported');
  return self.data;
}

export const webRtcEndpointClass = new ObjectClass({
  name: 'WebRtcEndpoint',
  parent: baseRtpEndpointClass,
  operations: {
    gatherCandidates: operation((self) => self.ice.gather()),
    addIceCandidate: operation(candidateParams, (self, { candidate }) => self.ice.remote.add(candidate)),
    createDataChannel: operation(channelParams, (self, params) => dataOf(self).create(params)),
    closeDataChannel: operation(v.object({ channelId: integer }), (self, { channelId }) =>
      dataOf(self).close(channelId),
    ),
    getICECandidatePairs: operation((self) => self.ice.pairs),
    getIceConnectionState: operation((self) => self.ice.connections),
    getDtlsConnectionState: operation((self) => self.dtls.connections),
    ...Object.assign({}, ...iceTextNames.map(iceText)),
    ...property(
      'stunServerPort',
      integer,
      (self: WebRtcEndpoint) => self.iceSettings.stunServerPort,
      (self, port) => self.iceSettings.setStunServerPort(port),
    ),
    ...property(
      'iceTcp',
      boolean,
      (self: WebRtcEndpoint) => self.iceSettings.iceTcp,
      (self, value) => {
        self.iceSettings.iceTcp = value;
      },
    ),
  },
  events: [
    'IceCandidateFound',
    'IceGatheringDone',
    'IceComponentStateChanged',
    'NewCandidatePairSelected',
    'DtlsConnectionStateChange',
    'DataChannelOpened',
    'DataChannelClosed',
  ],
});

/** Of the constructor. The kind of key and the class of service are taken and have no effect. */
export const webRtcEndpointParams = v.object({
  mediaPipeline: text,
  recvonly: v.optional(boolean, false),
  sendonly: v.optional(boolean, false),
  useDataChannels: v.optional(boolean, false),
  certificateKeyType: v.optional(enumeration('CertificateKeyType', ['RSA', 'ECDSA'])),
  qosDscp: v.optional(text),
});
