import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeRtcp, makeRtp } from '../../test/native/test-endpoint.ts';
import { loadAddon } from './load-addon.ts';
import type { SrtpContext } from './native-addon.ts';
import type { SrtpProfile } from './packet-io.ts';

const addon = loadAddon();

const profiles: readonly { name: SrtpProfile; keyBytes: number; saltBytes: number; tagBytes: number }[] = [
  { name: 'AEAD_AES_128_GCM', keyBytes: 16, saltBytes: 12, tagBytes: 16 },
  { name: 'AEAD_AES_256_GCM', keyBytes: 32, saltBytes: 12, tagBytes: 16 },
  { name: 'AES_CM_128_HMAC_SHA1_80', keyBytes: 16, saltBytes: 14, tagBytes: 10 },
];

/** Width of the replay window of native/srtp.h. */
const windowPackets = 1024;

for (const profile of profiles) {
  const make = (): SrtpContext =>
    new addon.SrtpContext(
      profile.name,
      Buffer.alloc(profile.keyBytes, 7),
      Buffer.alloc(profile.saltBytes, 9),
      true,
    );

  describe(`SRTP properties, ${profile.name}`, () => {
    it('any well-formed packet comes back unchanged', () => {
      const sender = make();
      const receiver = make();
      let sequenceNumber = 0;
      fc.assert(
        fc.property(
          fc.record({
            csrcs: fc.integer({ min: 0, max: 15 }),
            extensionWords: fc.option(fc.integer({ min: 0, max: 20 })),
            payload: fc.uint8Array({ maxLength: 1400 }),
            flags: fc.integer({ min: 0, max: 255 }),
          }),
          ({ csrcs, extensionWords, payload, flags }) => {
            const words = extensionWords === null ? 0 : 1 + extensionWords;
            const packet = Buffer.alloc(12 + 4 * (csrcs + words) + payload.length, 0xc5);
            packet[0] = 0x80 | (flags & 0x20) | (extensionWords === null ? 0 : 0x10) | csrcs;
            packet[1] = flags;
            packet.writeUInt16BE(++sequenceNumber, 2);
            packet.writeUInt32BE(5, 8);
            if (extensionWords !== null) packet.writeUInt16BE(extensionWords, 12 + 4 * csrcs + 2);
            packet.set(payload, packet.length - payload.length);
            const secured = sender.protectRtp(packet);
            assert.ok(Buffer.isBuffer(secured));
            assert.equal(secured.length, packet.length + profile.tagBytes);
            assert.deepEqual(receiver.unprotectRtp(secured), packet);
          },
        ),
      );
    });

    it('packets in any order, lost and repeated: each is accepted at most once, and never another', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 0x7fff }),
          fc.integer({ min: 1, max: 400 }),
          fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 60 }),
          fc.integer({ min: 1, max: 0xffffffff }),
          (firstSequenceNumber, step, delays, ssrc) => {
            const sender = make();
            const receiver = make();
            // Steps leave gaps, and take the sequence number past its end for long runs.
            const packets = delays.map((_, i) => makeRtp(firstSequenceNumber + i * step, i % 40, ssrc));
            const secured = packets.map((packet) => sender.protectRtp(packet) as Buffer);
            const order = delays
              .map((delay, i) => ({ i, at: i + delay }))
              .sort((x, y) => x.at - y.at || x.i - y.i);
            let newest = -1;
            for (const { i } of order) {
              const first = receiver.unprotectRtp(secured[i]);
              newest = Math.max(newest, i);
              if ((newest - i) * step < windowPackets && i >= order[0].i) assert.deepEqual(first, packets[i]);
              else assert.ok(typeof first === 'string' || first.equals(packets[i]), String(first));
              assert.equal(receiver.unprotectRtp(secured[i]), 'replay');
            }
          },
        ),
      );
    });

    it('the sequence number may wrap many times', () => {
      const sender = make();
      const receiver = make();
      for (let i = 0; i < 300_000; i += 977) {
        const packet = makeRtp(i, 20);
        assert.deepEqual(receiver.unprotectRtp(sender.protectRtp(packet) as Buffer), packet);
      }
    });

    it('a packet sent again across a wrap gets the rollover counter it had', () => {
      const sender = make();
      const receiver = make();
      const old = makeRtp(65_530, 50);
      const first = sender.protectRtp(old) as Buffer;
      for (let i = 65_531; i < 65_600; i++)
        assert.deepEqual(receiver.unprotectRtp(sender.protectRtp(makeRtp(i, 50)) as Buffer), makeRtp(i, 50));
      const again = sender.protectRtp(old) as Buffer;
      assert.deepEqual(again, first);
      assert.deepEqual(receiver.unprotectRtp(again), old);
      assert.deepEqual(
        receiver.unprotectRtp(sender.protectRtp(makeRtp(65_600, 50)) as Buffer),
        makeRtp(65_600, 50),
      );
    });

    it('a packet older than the window is a replay, one inside is not', () => {
      const sender = make();
      const receiver = make();
      const secured: Buffer[] = [];
      for (let i = 0; i <= windowPackets; i++) secured.push(sender.protectRtp(makeRtp(i + 1, 4)) as Buffer);
      assert.ok(Buffer.isBuffer(receiver.unprotectRtp(secured[windowPackets])));
      assert.equal(receiver.unprotectRtp(secured[0]), 'replay');
      assert.ok(Buffer.isBuffer(receiver.unprotectRtp(secured[1])));
    });

    it('a changed bit anywhere is refused and changes nothing', () => {
      const sender = make();
      const receiver = make();
      const packet = makeRtp(1, 30);
      const secured = sender.protectRtp(packet) as Buffer;
      for (let bit = 0; bit < secured.length * 8; bit++) {
        const changed = Buffer.from(secured);
        changed[bit >> 3] ^= 1 << (bit & 7);
        assert.equal(typeof receiver.unprotectRtp(changed), 'string', `bit ${bit}`);
      }
      assert.deepEqual(receiver.unprotectRtp(secured), packet);
    });

    it('the keys of RTP, RTCP and another SSRC do not open each other', () => {
      const sender = make();
      const receiver = make();
      const secured = sender.protectRtcp(makeRtcp()) as Buffer;
      assert.equal(typeof receiver.unprotectRtp(secured), 'string');
      secured.writeUInt32BE(99, 4);
      assert.equal(receiver.unprotectRtcp(secured), 'authentication');
    });

    it('SRTCP in any order is accepted once', () => {
      fc.assert(
        fc.property(
          fc.shuffledSubarray(
            Array.from({ length: 100 }, (_, i) => i),
            { minLength: 1 },
          ),
          (order) => {
            const sender = make();
            const receiver = make();
            const packets = Array.from({ length: 100 }, (_, i) => makeRtcp(28 + 4 * i));
            const secured = packets.map((packet) => sender.protectRtcp(packet) as Buffer);
            for (const i of order) {
              assert.deepEqual(receiver.unprotectRtcp(secured[i]), packets[i]);
              assert.equal(receiver.unprotectRtcp(secured[i]), 'replay');
            }
          },
        ),
        { numRuns: 20 },
      );
    });

    it('SRTCP beyond its 2^31 packets is refused rather than repeated', () => {
      const sender = make();
      sender.setRtcpIndex(0x7fffffff);
      assert.ok(Buffer.isBuffer(sender.protectRtcp(makeRtcp())));
      assert.equal(sender.protectRtcp(makeRtcp()), 'failed');
    });

    it('remembers a bounded number of authenticated SSRCs', () => {
      const sender = make();
      const receiver = make();
      for (let ssrc = 1; ssrc <= 1024; ssrc++)
        assert.ok(Buffer.isBuffer(receiver.unprotectRtp(sender.protectRtp(makeRtp(1, 1, ssrc)) as Buffer)));
      assert.equal(receiver.unprotectRtp(sender.protectRtp(makeRtp(1, 1, 1025)) as Buffer), 'ssrc-limit');
      assert.ok(Buffer.isBuffer(receiver.unprotectRtp(sender.protectRtp(makeRtp(2, 1, 1024)) as Buffer)));
    });

    it('what does not authenticate takes no place among the SSRCs', () => {
      const receiver = make();
      const sender = make();
      for (let ssrc = 1; ssrc <= 5000; ssrc++) {
        const forged = Buffer.concat([makeRtp(1, 20, ssrc), Buffer.alloc(16)]);
        assert.equal(receiver.unprotectRtp(forged), 'authentication');
      }
      assert.ok(Buffer.isBuffer(receiver.unprotectRtp(sender.protectRtp(makeRtp(1, 1, 7)) as Buffer)));
    });

    it('any bytes are refused without harm', () => {
      const receiver = make();
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
          assert.equal(typeof receiver.unprotectRtp(bytes), 'string');
          assert.equal(typeof receiver.unprotectRtcp(bytes), 'string');
        }),
        { numRuns: 500 },
      );
    });
  });
}
