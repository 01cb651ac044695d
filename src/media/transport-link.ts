import { maxPrefixBytes, PacketKind } from '../packet-io/layout.ts';
import type { ConnectionBandwidth } from './bandwidth/connection-bandwidth.ts';
import type { PacketOutlet } from './bandwidth/packet-outlet.ts';
import { maxForwarderNumber } from './bandwidth/sent-copy.ts';
import { RedPayload } from './codecs/red.ts';
import { PacketRun } from './forwarding/packet-run.ts';
import type { MediaContext } from './media-context.ts';
import type { ResolvedMediaTransportOptions } from './media-transport-options.ts';
import { ExtensionMappings } from './rtp/extension-mapping.ts';
import { RtpPacket } from './rtp/rtp-packet.ts';
import type { TimerTable } from './timer-table.ts';

/** What the transports of one engine share among themselves. */
export class MediaCommons {
  readonly mappings = new ExtensionMappings();
  /** What is being received of one picture, and the packet that is being sent again. */
  readonly run = new PacketRun();
  readonly repairPacket = new RtpPacket();
  /** The blocks of whichever packet is RED; none outlives its packet. */
  readonly red = new RedPayload();
  #serial = 0;
  #streamKey = 0;

  /** A key that no other packet of late has. */
  nextSerial(): number {
    this.#serial = (this.#serial + 1) & 0x3fffffff;
    return this.#serial;
  }

  /** A key for a run of sequence numbers. */
  nextStreamKey(): number {
    return ++this.#streamKey;
  }
}

const commonsByContext = new WeakMap<MediaContext, MediaCommons>();

/**
 * Gives the forwarders what was received last and is still to be handed on: after the last RTP packet of a batch, before
 * anything else is looked at.
 */
export function finishRun(context: MediaContext): void {
  commonsOf(context).run.handOn();
}

export function commonsOf(context: MediaContext): MediaCommons {
  let commons = commonsByContext.get(context);
  if (commons === undefined) {
    commons = new MediaCommons();
    commonsByContext.set(context, commons);
  }
  return commons;
}

/** What tracks and forwarders need of the transport they belong to. */
export class TransportLink {
  readonly id: number;
  readonly context: MediaContext;
  readonly commons: MediaCommons;
  readonly options: ResolvedMediaTransportOptions;
  readonly timers: TimerTable;
  readonly bandwidth: ConnectionBandwidth;
  /** Where RTP goes out: that of `bandwidth`. */
  readonly outlet: PacketOutlet;
  /** The SSRC our feedback and receiver reports are from. */
  readonly reporterSsrc: number;
  /** Whether anything may be queued: SRTP keys exist and there is a path. */
  sendEnabled = false;
  /** Smoothed round-trip time in ms; -1 until measured. */
  rttMs = -1;
  #forwarderNumber = 0;

  constructor(
    id: number,
    context: MediaContext,
    options: ResolvedMediaTransportOptions,
    timers: TimerTable,
    bandwidth: ConnectionBandwidth,
  ) {
    this.id = id;
    this.context = context;
    this.commons = commonsOf(context);
    this.options = options;
    this.timers = timers;
    this.bandwidth = bandwidth;
    this.outlet = bandwidth.outlet;
    this.reporterSsrc = context.randomUint32() | 0;
  }

  get nowMs(): number {
    return this.context.clock.nowMs;
  }

  /** A number that no other forwarder of the transport has had of late, from 1. */
  nextForwarderNumber(): number {
    this.#forwarderNumber = (this.#forwarderNumber % maxForwarderNumber) + 1;
    return this.#forwarderNumber;
  }

  /** Smooths like RFC 6298. */
  addRttSample(sampleMs: number): void {
    this.rttMs = this.rttMs < 0 ? sampleMs : this.rttMs + (sampleMs - this.rttMs) / 8;
  }

  /** Where an RTCP packet of up to `rtcpRoom` bytes is to be written, in `rtcpBytes`. Pair with endRtcp(). */
  beginRtcp(): number {
    return this.context.sendQueue.begin();
  }

  get rtcpBytes(): Uint8Array {
    return this.context.sendQueue.prefixes;
  }

  /** Queues what was written from `at` to `end`; nothing if that is nothing. */
  endRtcp(at: number, end: number): void {
    if (end === at) return;
    this.context.sendQueue.commit(PacketKind.Rtcp, this.id, end - at, 0, 0);
    this.context.counters.rtcpOut++;
  }
}

/** Bytes of one outgoing compound RTCP packet, SRTCP's trailer left out. */
export const rtcpRoom = maxPrefixBytes - 200;
