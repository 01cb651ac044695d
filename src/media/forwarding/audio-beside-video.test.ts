import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import { SyntheticEncoder } from '../layers/synthetic-encoder.test.ts';
import { headerExtensionUri } from '../rtp-parameters.ts';
import { opus, publisherExtensions, receiveVideo, rtp, Simulation, sendVideo } from '../simulation.test.ts';

test('audio that begins right behind video in layers is not taken for a layer of that', () => {
  const simulation = new Simulation();
  const publisher = simulation.addTransport();
  const subscriber = simulation.addTransport();
  const headerExtensions = [...publisherExtensions, { uri: headerExtensionUri.dependencyDescriptor, id: 12 }];
  subscriber.addSender(sendVideo()).setSource(publisher.addReceiver(receiveVideo({ headerExtensions })));
  const audio = { kind: 'audio', mid: '0', codecs: [opus] } as const;
  const encodings = [{ rid: null, ssrc: 0x3333, rtxSsrc: -1 }];
  const speech = publisher.addReceiver({ ...receiveVideo(), ...audio, encodings });
  const forwarder = subscriber.addSender({ ...sendVideo(), ...audio, ssrc: 0xaaaa0003, rtxSsrc: -1 });
  forwarder.setSource(speech);
  const encoder = new SyntheticEncoder({
    codec: 'VP8',
    spatialLayers: 1,
    temporalLayers: 3,
    packetsPerFrame: 1,
    dependencyDescriptor: true,
  });
  for (let i = 0; i < 20; i++) {
    const [{ payload, descriptor, marker }] = encoder.encode();
    const video = { payloadType: 96, timestamp: i * 3000, ssrc: 0x1111, sequenceNumber: i, marker, payload };
    simulation.receive(0, PacketKind.Rtp, rtp({ ...video, extensions: [[12, descriptor!]] }));
    if (i === 0) continue;
    const voice = { payloadType: opus.payloadType, timestamp: i * 960, ssrc: 0x3333, sequenceNumber: 50 + i };
    simulation.receive(0, PacketKind.Rtp, rtp({ ...voice, payload: [1, 2, 3, i] }));
  }
  assert.equal(forwarder.stats().packets, 19);
});
