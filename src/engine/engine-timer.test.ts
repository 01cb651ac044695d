import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openPacketIo } from '../packet-io/addon.ts';
import type { PacketIo } from '../packet-io/packet-io.ts';
import { Engine } from './engine.ts';

/** A binding request (RFC 8489 §5) of nobody, as it has no USERNAME. */
const nobodysCheck = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
const deadlines = 50;
const busyMs = 0.3;

describe('engine timer', () => {
  let io: PacketIo;
  let engine: Engine;

  beforeEach(() => {
    io = openPacketIo({ slotCount: 1024, maxTransports: 1 });
    engine = new Engine({
      io,
      log: pino({ enabled: false }),
      mediaAddresses: ['127.0.0.1'],
      mediaPort: 0,
      announcedAddresses: [],
      media: {},
      ice: { connectTimeoutMs: 1000, disconnectedTimeoutMs: 1000, failedTimeoutMs: 1000, keepaliveMs: 1000 },
      negotiation: { codecs: [], headerExtensions: [], maxMediaLines: 1 },
    });
    engine.start();
  });

  afterEach(() => engine.close());

  it('lets packets pass where much is due at once', async () => {
    const [{ socket, port }] = engine.sockets;
    const packetsBefore: number[] = [];
    engine.after(5, () => io.sendTo(socket, { family: 4, address: '127.0.0.1', port }, nobodysCheck));
    for (let count = 0; count < deadlines; count++) {
      engine.after(5, () => {
        beBusy();
        packetsBefore.push(engine.counters.stunUnrouted);
      });
    }
    while (packetsBefore.length < deadlines) await sleep(1);
    assert.equal(packetsBefore.at(-1), 1);
  });

  it('runs nothing once the engine is closed, not even what was due', async () => {
    let run = 0;
    for (let count = 0; count < deadlines; count++) {
      engine.after(5, () => {
        run++;
        beBusy();
        engine.close();
      });
    }
    while (run === 0) await sleep(1);
    await sleep(20);
    assert.ok(run < deadlines / 2, `${run} of ${deadlines} ran`);
  });
});

function beBusy(): void {
  const until = performance.now() + busyMs;
  while (performance.now() < until);
}
