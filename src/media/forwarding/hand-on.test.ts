/** A bug in what is one receiver's own hurts nobody else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import {
  opus,
  receiveVideo,
  redPayload,
  rtp,
  Simulation,
  sendVideo,
  vp8DeltaPayload,
  vp8KeyPayload,
} from '../simulation.test.ts';
import type { Forwarder } from './forwarder.ts';

const bug = new Error('a bug of one receiver');
const red = { ...opus, name: 'red', payloadType: 63, parameters: { '111/111': '' } };
const audio = { ...receiveVideo(), kind: 'audio', codecs: [red, opus] } as const;

/** A publisher with three receivers, the second of which is broken from now on. */
function scene(receive: Parameters<Simulation['transports'][0]['addReceiver']>[0] = receiveVideo()) {
  const simulation = new Simulation();
  const track = simulation.addTransport().addReceiver(receive);
  const forwarders = [0, 1, 2].map((index) => {
    const codecs = receive.kind === 'audio' ? { codecs: [opus], rtxSsrc: -1 } : {};
    const parameters = sendVideo({ kind: receive.kind, ssrc: 50 + 2 * index, rtxSsrc: 51 + 2 * index });
    const forwarder = simulation.addTransport().addSender({ ...parameters, ...codecs });
    forwarder.setSource(track);
    return forwarder;
  });
  let sequenceNumber = 0;
  const send = (payload: readonly number[], payloadType = 96) => {
    sequenceNumber++;
    const timestamp = sequenceNumber * 960;
    const bytes = rtp({ payloadType, sequenceNumber, timestamp, ssrc: 0x1111, payload });
    simulation.receive(0, PacketKind.Rtp, bytes);
    return forwarders.map((_, index) => simulation.take(index + 1, PacketKind.Rtp).length);
  };
  return { simulation, track, forwarders, send };
}

function breaks(forwarder: Forwarder, method: 'forward' | 'layersChanged' | 'layersMeasured'): void {
  forwarder[method] = () => {
    throw bug;
  };
  // Else packets pass it by.
  forwarder.leaveLane();
}

describe('a forwarder that throws', () => {
  it('is stopped and told of by its own transport; the others get the packet', () => {
    const { simulation, forwarders, send } = scene();
    assert.deepEqual(send(vp8KeyPayload), [1, 1, 1]);
    const states: string[] = [];
    forwarders[1].onStateChange = (state) => states.push(state);
    const { forward } = forwarders[1];
    breaks(forwarders[1], 'forward');
    assert.deepEqual(send(vp8DeltaPayload), [1, 0, 1]);
    forwarders[1].forward = forward;
    assert.deepEqual(send(vp8KeyPayload), [1, 0, 1]);
    assert.equal(simulation.context.counters.forwardersFailed, 1);
    // Nothing of the receiver's has run in what was the publisher's.
    assert.deepEqual([simulation.failures, states], [[], []]);
    simulation.transports[2].handleTimeout();
    assert.deepEqual([simulation.failures, states], [[bug], ['failed']]);
    assert.equal(forwarders[1].state, 'failed');
    // Nobody shares out bandwidth to it.
    assert.deepEqual([forwarders[1].layers().length, forwarders[0].layers().length], [0, 1]);
    assert.equal(forwarders[1].stats().layers!.reason, 'internal-error');
    simulation.advance(5000);
    forwarders[1].pause('test');
    forwarders[1].resume();
    forwarders[1].setTarget(0, 0, 'test');
    assert.deepEqual(send(vp8KeyPayload), [1, 0, 1]);
    assert.equal(simulation.failures.length, 1);
  });

  it('has no use for any encoding, and begins anew with another source', () => {
    const { simulation, track, forwarders, send } = scene();
    const { forward } = forwarders[1];
    breaks(forwarders[1], 'forward');
    send(vp8KeyPayload);
    forwarders[0].pause('test');
    forwarders[2].pause('test');
    simulation.advance(20_000);
    assert.deepEqual(track.unusedEncodings, [0]);
    forwarders[1].forward = forward;
    forwarders[1].setSource(null);
    forwarders[1].setSource(track);
    assert.deepEqual(track.unusedEncodings, []);
    assert.deepEqual(send(vp8KeyPayload), [0, 1, 0]);
  });

  it('is stopped where RED is unwrapped, too', () => {
    const { simulation, forwarders, send } = scene(audio);
    assert.deepEqual(send([1, 2], 111), [1, 1, 1]);
    breaks(forwarders[1], 'forward');
    const payload = redPayload([{ before: 960, data: [1, 2] }], [3, 4]);
    assert.deepEqual(send(payload, 63), [1, 0, 1]);
    assert.deepEqual(send(payload, 63), [1, 0, 1]);
    assert.equal(simulation.context.counters.forwardersFailed, 1);
  });

  it('is stopped where it is told of other layers or measurements, too', () => {
    for (const method of ['layersChanged', 'layersMeasured'] as const) {
      const { simulation, forwarders, send } = scene();
      breaks(forwarders[1], method);
      send(vp8KeyPayload);
      simulation.advance(2000);
      send(vp8KeyPayload);
      assert.deepEqual(send(vp8DeltaPayload), [1, 0, 1], method);
      assert.deepEqual(simulation.failures, [bug]);
    }
  });
});
