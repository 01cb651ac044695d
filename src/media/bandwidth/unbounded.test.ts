/** A path of which nothing is known: there is nothing to share, so almost nothing is to be done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LayerInfo } from '../layers/layer-policy.ts';
import { Simulation, sendVideo } from '../simulation.test.ts';
import type { AllocatableSender } from './allocatable-sender.ts';
import { ConnectionBandwidth } from './connection-bandwidth.ts';
import { wireOverheadBytes } from './packet-outlet.ts';

const packetBytes = 1000;

class Scene {
  readonly simulation = new Simulation();
  readonly bandwidth: ConnectionBandwidth;
  /** When handleTimeout() is wanted next. */
  dueMs = Number.POSITIVE_INFINITY;
  /** How often the layers were looked at. */
  looks = 0;

  constructor() {
    const { context } = this.simulation;
    const unbounded = { min: 0, max: Number.POSITIVE_INFINITY };
    const padding = { canPad: false, sendPadding: () => false };
    this.bandwidth = new ConnectionBandwidth(context, 0, 300_000, unbounded, padding, (atMs) => {
      this.dueMs = atMs;
    });
    this.simulation.addTransport();
    const forwarder = this.simulation.transports[0].addSender(sendVideo());
    const looked = () => {
      this.looks++;
      return [] as LayerInfo[];
    };
    this.bandwidth.addSender(
      new Proxy<AllocatableSender>(forwarder, {
        get: (sender, name) => (name === 'layers' ? looked : Reflect.get(sender, name, sender)),
      }),
    );
  }

  /** A second goes by in which so many packets are sent. */
  pass(packets: number): void {
    this.simulation.clock.nowMs += 1000;
    this.bandwidth.outlet.passed(packets, packets * packetBytes);
    while (this.dueMs <= this.simulation.clock.nowMs) {
      this.dueMs = Number.POSITIVE_INFINITY;
      this.bandwidth.handleTimeout();
    }
  }
}

function enabled(): Scene {
  const scene = new Scene();
  scene.bandwidth.setEnabled(true);
  scene.pass(0);
  assert.equal(scene.looks, 1);
  return scene;
}

test('reports without losses are no reason to look at what is sent, and no timer runs', () => {
  const scene = enabled();
  for (let seconds = 0; seconds < 10; seconds++) {
    scene.pass(100);
    scene.bandwidth.receiverReport(0, 20);
  }
  assert.equal(scene.looks, 1);
  assert.equal(scene.dueMs, Number.POSITIVE_INFINITY);
  assert.equal(scene.bandwidth.stats().lossFraction, 0);
});

test('it is looked at with every other review, and at once when something has changed', () => {
  const scene = enabled();
  for (let seconds = 0; seconds < 10; seconds++) {
    scene.pass(100);
    scene.bandwidth.review();
  }
  assert.equal(scene.looks, 6);
  scene.bandwidth.reallocate();
  scene.pass(100);
  assert.equal(scene.looks, 7);
});

test('losses bound it at once, by what was sent until then', () => {
  const scene = enabled();
  for (const packets of [100, 100, 200]) {
    scene.pass(packets);
    scene.bandwidth.receiverReport(0, 20);
    scene.bandwidth.review();
  }
  scene.bandwidth.receiverReport(0.4, 20);
  const sent = 200 * (packetBytes + wireOverheadBytes) * 8;
  assert.equal(scene.bandwidth.stats().current, sent);
  assert.equal(scene.bandwidth.estimate, sent * 0.8);
  assert.equal(scene.bandwidth.reason, 'loss');
  const { looks } = scene;
  scene.pass(100);
  assert.ok(scene.looks > looks, 'what is bounded is looked at by itself');
});

test('what is sent is known to whoever asks', () => {
  const scene = enabled();
  scene.pass(100);
  assert.equal(scene.bandwidth.stats().current, 100 * (packetBytes + wireOverheadBytes) * 8);
});
