/**
 * What forwarding one packet to one subscriber costs in TypeScript: no sockets, no crypto. Run with
 * `node --import tsx bench/micro/forwarder.ts [subscribers [packets at once]]`.
 */

import type { MediaContext } from '../../src/media/media-context.ts';
import { createMediaCounters } from '../../src/media/media-counters.ts';
import { MediaTransport } from '../../src/media/media-transport.ts';
import { headerExtensionUri, type RtpCodecParameters } from '../../src/media/rtp-parameters.ts';
import { finishRun } from '../../src/media/transport-link.ts';
import {
  batchSize,
  InboxField,
  inboxStride,
  outboxCapacity,
  outboxStride,
  PacketKind,
  prefixArenaBytes,
  slotBytes,
} from '../../src/packet-io/layout.ts';
import { SendQueue } from '../../src/packet-io/send-queue.ts';

const subscribers = Number(process.argv[2] ?? 100);
const packetsAtOnce = Number(process.argv[3] ?? 6);
const slotCount = 16384;
const packetBytes = 1100;
const packetsPerFrame = 6;
/** One round: this many packets from the publisher. */
const packetsPerRound = 20_000;
const rounds = 6;

const vp8: RtpCodecParameters = {
  kind: 'video',
  name: 'VP8',
  clockRate: 90000,
  channels: 1,
  parameters: {},
  payloadType: 96,
  rtxPayloadType: 97,
  feedback: ['nack', 'nack pli', 'transport-cc'],
};

const publisherExtensions = [
  { uri: headerExtensionUri.mid, id: 4 },
  { uri: headerExtensionUri.absSendTime, id: 2 },
  { uri: headerExtensionUri.transportWideCc, id: 3 },
  { uri: headerExtensionUri.videoOrientation, id: 13 },
];

function createContext(): MediaContext {
  let seed = 1;
  return {
    arena: new Uint8Array((slotCount + batchSize) * slotBytes),
    slotCount,
    inbox: new Int32Array(batchSize * inboxStride),
    arrivals: new Float64Array(batchSize),
    sendQueue: new SendQueue({
      prefixes: new Uint8Array(prefixArenaBytes),
      outbox: new Int32Array(outboxCapacity * outboxStride),
      flush: () => {},
    }),
    clock: { nowMs: 1000, ntpOffsetMs: 0 },
    ring: { newest: -1 },
    counters: createMediaCounters(),
    randomUint32: () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0),
  };
}

const context = createContext();
const events = {
  trackStarted: () => {},
  saidGoodbye: () => {},
  forwarderFailed: () => {},
  deadlineChanged: () => {},
};
const publisher = new MediaTransport(0, context, {}, events);
publisher.setSendEnabled(true);
const track = publisher.addReceiver({
  mid: '0',
  kind: 'video',
  codecs: [vp8],
  headerExtensions: publisherExtensions,
  encodings: [{ rid: null, ssrc: 1, rtxSsrc: 2 }],
});
const transports = Array.from({ length: subscribers }, (_, index) => {
  const transport = new MediaTransport(index + 1, context, {}, events);
  transport.setSendEnabled(true);
  const forwarder = transport.addSender({
    mid: '0',
    kind: 'video',
    codecs: [vp8],
    headerExtensions: publisherExtensions,
    ssrc: 1000 + index * 2,
    rtxSsrc: 1001 + index * 2,
    cname: 'bench',
  });
  forwarder.setSource(track);
  return transport;
});

const { arena, inbox, arrivals, clock } = context;
let number = 0;

/** Puts the publisher's next packet into the ring: MID, TWCC and abs-send-time in one extension block. */
function nextPacket(): void {
  const offset = (number & (slotCount - 1)) * slotBytes;
  const timestamp = Math.floor(number / packetsPerFrame) * 3000;
  const header = [
    0x90,
    96,
    number >>> 8,
    number,
    timestamp >>> 24,
    timestamp >>> 16,
    timestamp >>> 8,
    timestamp,
    0,
    0,
    0,
    1,
    0xbe,
    0xde,
    0,
    3,
    0x40,
    0x30,
    0x22,
    1,
    2,
    3,
    0x31,
    number >>> 8,
    number,
    0,
    0,
    0,
    0x10,
    number === 0 ? 0 : 1,
  ];
  for (let i = 0; i < header.length; i++) arena[offset + i] = header[i];
  inbox[InboxField.Offset] = offset;
  inbox[InboxField.Length] = packetBytes;
  inbox[InboxField.Kind] = PacketKind.Rtp;
  inbox[InboxField.PacketNumber] = number;
  arrivals[0] = clock.nowMs * 1000;
  number++;
}

for (let round = 0; round < rounds; round++) {
  // CPU time, not wall time: a busy machine does not count.
  const start = process.cpuUsage();
  const before = context.counters.packetsOut;
  for (let i = 0; i < packetsPerRound; i++) {
    if (i % packetsAtOnce === 0) clock.nowMs += packetsAtOnce;
    nextPacket();
    publisher.receiveRtp(0);
    if ((i + 1) % packetsAtOnce > 0) continue;
    finishRun(context);
    if (publisher.nextDeadline() <= clock.nowMs) publisher.handleTimeout();
    if (i % 100 < packetsAtOnce) {
      for (const transport of transports)
        if (transport.nextDeadline() <= clock.nowMs) transport.handleTimeout();
    }
    context.sendQueue.flush();
  }
  const { user, system } = process.cpuUsage(start);
  const forwarded = context.counters.packetsOut - before;
  console.log(
    `round ${round}: ${forwarded} forwarded to ${subscribers} subscribers, ` +
      `${((user + system) / forwarded).toFixed(4)} µs each`,
  );
}
