import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketKind } from '../../packet-io/layout.ts';
import { receiveVideo, rtp, Simulation, sendVideo, vp8, vp8KeyPayload } from '../simulation.test.ts';
import { changeBounds, withinBounds } from './bitrate-bounds.ts';
import { ProbeCluster } from './probe-cluster.ts';
import { ReportedEstimator } from './reported-estimator.ts';
import { SendSideEstimator } from './send-side-estimator.ts';
import { SentPacketLog } from './sent-packet-log.ts';

const unbounded = { min: 0, max: Number.POSITIVE_INFINITY };

test('changes leave the rest as it is; null goes back to what was configured', () => {
  const defaults = { min: 50_000, max: 2_000_000 };
  const changed = changeBounds(defaults, { max: 400_000 }, defaults);
  assert.deepEqual(changed, { min: 50_000, max: 400_000 });
  assert.deepEqual(changeBounds(changed, { min: 100_000 }, defaults), { min: 100_000, max: 400_000 });
  assert.deepEqual(changeBounds(changed, { max: null }, defaults), defaults);
  assert.equal(withinBounds(1, { min: 5, max: 3 }), 3);
});

test('the send-side estimate stays within its bounds, whatever probes and silence say', () => {
  const estimator = new SendSideEstimator(600_000, unbounded, new SentPacketLog(0), new ProbeCluster());
  estimator.setBounds({ min: 300_000, max: 1_000_000 });
  estimator.probed(5_000_000, false);
  assert.equal(estimator.estimate, 1_000_000);
  assert.equal(estimator.reason, 'configured-limit');
  estimator.rates.lower(10_000);
  estimator.setBounds({ min: 300_000, max: 500_000 });
  assert.equal(estimator.estimate, 300_000);
  estimator.setBounds({ min: 400_000, max: 500_000 });
  assert.equal(estimator.estimate, 400_000);
  assert.equal(
    new SendSideEstimator(600_000, { min: 0, max: 200_000 }, new SentPacketLog(0), new ProbeCluster())
      .estimate,
    200_000,
  );
});

test('what the receiver says stays within the bounds, and a bound holds where it says nothing', () => {
  const estimator = new ReportedEstimator(unbounded);
  assert.equal(estimator.estimate, Number.POSITIVE_INFINITY);
  assert.equal(estimator.reason, 'not-measured');
  estimator.setBounds({ min: 100_000, max: 800_000 });
  assert.equal(estimator.estimate, 800_000);
  assert.equal(estimator.reason, 'configured-limit');
  estimator.receiverEstimate(500_000);
  assert.equal(estimator.estimate, 500_000);
  assert.equal(estimator.reason, 'receiver-estimate');
  estimator.receiverEstimate(20_000);
  assert.equal(estimator.estimate, 100_000);
});

/** The bit rates of the REMB packets among what was sent to transport 0 since the last time. */
function toldBitrates(simulation: Simulation): number[] {
  return simulation.take(0, PacketKind.Rtcp).flatMap(({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const told: number[] = [];
    for (let at = 0; at + 20 <= bytes.length; at += (view.getUint16(at + 2) + 1) * 4) {
      if (bytes[at + 1] !== 206 || (bytes[at] & 31) !== 15) continue;
      told.push((view.getUint32(at + 16) & 0x3ffff) * 2 ** ((bytes[at + 17] >> 2) & 0x3f));
    }
    return told;
  });
}

for (const transportWide of [false, true]) {
  test(`a publisher ${transportWide ? 'with' : 'without'} transport-wide feedback is told its bound`, () => {
    const simulation = new Simulation();
    const publisher = simulation.addTransport({ maxIncomingBitrate: 2_000_000 });
    const feedback = transportWide ? vp8.feedback : vp8.feedback.filter((item) => item !== 'transport-cc');
    publisher.addReceiver(receiveVideo({ codecs: [{ ...vp8, feedback }] }));
    const packet = { payloadType: 96, timestamp: 1, ssrc: 0x1111, marker: true, payload: vp8KeyPayload };
    simulation.receive(0, PacketKind.Rtp, rtp({ ...packet, sequenceNumber: 1 }));
    simulation.advance(1500);
    const near = (told: readonly number[], bitrate: number) => {
      assert.ok(told.length > 0);
      for (const value of told) assert.ok(value <= bitrate && value > 0.99 * bitrate, `${value}`);
    };
    near(toldBitrates(simulation), 2_000_000);
    publisher.setIncomingBitrate({ max: 300_000 });
    near(toldBitrates(simulation), 300_000);
    assert.deepEqual(publisher.incomingBitrate, { min: 0, max: 300_000 });
    publisher.setIncomingBitrate({ max: null });
    near(toldBitrates(simulation), 2_000_000);
    // No bound any more is something to be told, too.
    publisher.setIncomingBitrate({ max: Number.POSITIVE_INFINITY });
    near(toldBitrates(simulation), transportWide ? 1_000_000_000 : 10_000_000);
  });
}

test('a publisher with transport-wide feedback and without a bound is told nothing by REMB', () => {
  const simulation = new Simulation();
  simulation.addTransport().addReceiver(receiveVideo());
  const packet = { payloadType: 96, timestamp: 1, ssrc: 0x1111, marker: true, payload: vp8KeyPayload };
  simulation.receive(0, PacketKind.Rtp, rtp({ ...packet, sequenceNumber: 1 }));
  simulation.advance(3000);
  assert.deepEqual(toldBitrates(simulation), []);
});

test('a bound of what is sent limits the layers of a receiver of whom nothing is known', () => {
  const simulation = new Simulation();
  const subscriber = simulation.addTransport();
  subscriber.addSender(sendVideo());
  assert.equal(subscriber.bandwidthStats().estimate, null);
  subscriber.setOutgoingBitrate({ max: 700_000 });
  assert.equal(subscriber.bandwidthStats().estimate, 700_000);
  assert.equal(subscriber.bandwidthStats().reason, 'configured-limit');
  subscriber.setOutgoingBitrate({ max: null });
  assert.equal(subscriber.bandwidthStats().estimate, null);
});
