import { InboxField, inboxStride } from '../packet-io/layout.ts';
import { type BitrateBounds, type BitrateChanges, changeBounds } from './bandwidth/bitrate-bounds.ts';
import { type BandwidthStats, ConnectionBandwidth } from './bandwidth/connection-bandwidth.ts';
import { forwarderOf, repeatsOf, sequenceOf } from './bandwidth/sent-copy.ts';
import { Forwarder } from './forwarding/forwarder.ts';
import { InboundTrack } from './forwarding/inbound-track.ts';
import { TransportPadding } from './forwarding/transport-padding.ts';
import type { MediaContext } from './media-context.ts';
import {
  incomingBoundsOf,
  type MediaTransportOptions,
  outgoingBoundsOf,
  resolveMediaTransportOptions,
} from './media-transport-options.ts';
import { noPayloadType } from './receiving/payload-type-table.ts';
import { PublisherFeedback } from './receiving/publisher-feedback.ts';
import { StreamDemux } from './receiving/stream-demux.ts';
import { sendGoodbyes, sendReports } from './reporting.ts';
import { parseRtcp } from './rtcp/rtcp-parser.ts';
import { RtcpReceiver } from './rtcp-receiver.ts';
import { absSendTimeAt } from './rtp/abs-send-time.ts';
import { assignExtensionIds, ExtensionKind, unknownExtension } from './rtp/header-extension.ts';
import { unwrapRtx } from './rtp/rtx.ts';
import { headerExtensionUri, type ReceiveParameters, type SendParameters } from './rtp-parameters.ts';
import { TimerName, TimerTable } from './timer-table.ts';
import { TransportLink } from './transport-link.ts';

export type { MediaTransportOptions } from './media-transport-options.ts';

export interface MediaTransportEvents {
  /** The first packet of a track has come; it is forwarded after this returns. */
  trackStarted(track: InboundTrack): void;
  /** The remote has said goodbye of all that it sends (RTCP BYE). It may speak again. */
  saidGoodbye(): void;
  /** A forwarder was stopped by a bug; its state says so after this returns. */
  forwarderFailed(forwarder: Forwarder, error: unknown): void;
  /** nextDeadline() has become earlier. */
  deadlineChanged(): void;
}

const reportIntervalMs = 1000;
/** Transports send their reports at multiples of this, ms: waking up for a single one takes as long as the report itself. */
const reportGridMs = 50;

/**
 * The media of one peer connection: what it receives and what it is sent. A state machine without sockets,
 * clock or timers: packets come by inbox index, go by the send queue, and time is `context.clock`.
 */
export class MediaTransport {
  readonly #context: MediaContext;
  readonly #link: TransportLink;
  readonly #timers: TimerTable;
  readonly #events: MediaTransportEvents;
  readonly #demux: StreamDemux;
  readonly #feedback: PublisherFeedback;
  readonly #rtcpReceiver: RtcpReceiver;
  /** What each track negotiated; needed for what holds for the whole transport. */
  readonly #received = new Map<InboundTrack, ReceiveParameters>();
  readonly #forwarders: Forwarder[] = [];
  readonly #bandwidth: ConnectionBandwidth;
  readonly #forwarderBySsrc = new Map<number, Forwarder>();
  /** ExtensionKind by the remote's ids. */
  readonly #extensionKinds = new Uint8Array(256).fill(unknownExtension);
  /** Packets that came, whatever became of them. */
  rtpReceived = 0;
  rtcpReceived = 0;
  #heardAtGoodbye = 0;
  #cname: string;
  #closed = false;

  /** `transport` is the id of PacketIo. */
  constructor(
    transport: number,
    context: MediaContext,
    options: MediaTransportOptions,
    events: MediaTransportEvents,
  ) {
    this.#context = context;
    this.#events = events;
    this.#timers = new TimerTable(() => events.deadlineChanged());
    const resolved = resolveMediaTransportOptions(options);
    this.#bandwidth = new ConnectionBandwidth(
      context,
      transport,
      resolved.initialOutgoingBitrate,
      outgoingBoundsOf(resolved),
      new TransportPadding(this.#forwarders),
      (atMs) => this.#timers.schedule(TimerName.Bandwidth, atMs),
      resolved.startLayer,
    );
    this.#bandwidth.outlet.beforeCount = () => this.#settle();
    this.#bandwidth.onLost = (copy) => this.#packetLost(copy);
    this.#link = new TransportLink(transport, context, resolved, this.#timers, this.#bandwidth);
    this.#demux = new StreamDemux(this.#link.options.maxStreams);
    this.#feedback = new PublisherFeedback(this.#link, this.#demux);
    this.#rtcpReceiver = new RtcpReceiver(
      this.#link,
      this.#demux,
      this.#forwarderBySsrc,
      this.#bandwidth,
      () => {
        this.#heardAtGoodbye = this.packetsHeard;
        events.saidGoodbye();
      },
    );
    this.#cname = (this.#link.reporterSsrc >>> 0).toString(36);
  }

  /** Receives on one more m-line. */
  addReceiver(parameters: ReceiveParameters): InboundTrack {
    const track = new InboundTrack(this.#link, parameters, this.#extensionKinds, (started) =>
      this.#events.trackStarted(started),
    );
    this.#received.set(track, parameters);
    this.#demux.add(track);
    this.#receiversChanged();
    return track;
  }

  /** The m-line was negotiated again. */
  updateReceiver(track: InboundTrack, parameters: ReceiveParameters): void {
    if (track.ended || !this.#received.has(track)) return;
    this.#received.set(track, parameters);
    track.update(parameters);
    this.#demux.update(track);
    this.#receiversChanged();
  }

  /** The m-line receives no more: its forwarders are left without a source. */
  removeReceiver(track: InboundTrack): void {
    if (!this.#received.delete(track)) return;
    track.ended = true;
    this.#demux.remove(track);
    for (const forwarder of track.forwarders) forwarder.setSource(null);
    this.#receiversChanged();
  }

  /** Sends on one more m-line; choose what by Forwarder.setSource(). */
  addSender(parameters: SendParameters): Forwarder {
    const forwarder = new Forwarder(this.#link, parameters);
    this.#forwarders.push(forwarder);
    this.#forwarderBySsrc.set(parameters.ssrc | 0, forwarder);
    this.#cname = parameters.cname;
    this.#bandwidth.addSender(forwarder);
    this.#sendersChanged();
    this.#startReports();
    return forwarder;
  }

  /** The m-line was negotiated again; its SSRC stays. */
  updateSender(forwarder: Forwarder, parameters: SendParameters): void {
    if (!this.#forwarders.includes(forwarder)) return;
    forwarder.update(parameters);
    forwarder.source?.demandChanged();
    this.#sendersChanged();
    this.#bandwidth.reallocate();
  }

  removeSender(forwarder: Forwarder): void {
    const index = this.#forwarders.indexOf(forwarder);
    if (index < 0) return;
    this.#forwarders.splice(index, 1);
    this.#forwarderBySsrc.delete(forwarder.ssrc | 0);
    this.#bandwidth.removeSender(forwarder);
    forwarder.close();
  }

  /** RTP and RTCP packets of the remote, so far: whether it is heard of at all. */
  get packetsHeard(): number {
    return this.rtpReceived + this.rtcpReceived;
  }

  /** Whether the remote has not been heard since it said goodbye, or not at all. */
  get silent(): boolean {
    return this.packetsHeard === this.#heardAtGoodbye;
  }

  /**
   * One RTP packet: inbox record `index`, already authenticated. It may be handed on together with those that follow
   * at once: finishRun() makes sure that it is.
   */
  receiveRtp(index: number): void {
    const { inbox, counters, arena, ring, clock } = this.#context;
    const at = index * inboxStride;
    const length = inbox[at + InboxField.Length];
    const { commons } = this.#link;
    const packet = commons.run.spare;
    ring.newest = inbox[at + InboxField.PacketNumber];
    counters.packetsIn++;
    counters.bytesIn += length;
    this.rtpReceived++;
    if (this.#closed) return;
    if (!packet.parse(arena, inbox[at + InboxField.Offset], length)) {
      counters.malformedRtp++;
      return;
    }
    packet.number = ring.newest;
    packet.recovered = false;
    packet.absSendTime = absSendTimeAt(clock);
    packet.readExtensions(this.#extensionKinds);
    commons.run.precede(packet, commons.nextSerial());
    if (this.#feedback.transportWide && packet.hasExtension(ExtensionKind.TransportWideCc)) {
      const sequenceNumber = packet.transportSequence;
      if (sequenceNumber >= 0) this.#feedback.recordArrival(sequenceNumber, packet.ssrc, index);
    }
    const stream = this.#demux.find(packet.ssrc) ?? this.#demux.resolve(packet);
    if (stream === null) {
      counters.unknownSsrc++;
      return;
    }
    const { track } = stream;
    if (stream.hasRtx && packet.ssrc === stream.rtxSsrc) {
      const payloadType = track.payloadTypes.repairedBy[packet.payloadType];
      if (payloadType === noPayloadType) {
        counters.unknownPayloadType++;
        return;
      }
      if (!unwrapRtx(packet, payloadType, stream.ssrc)) {
        counters.rtxUseless++;
        return;
      }
    }
    track.receive(packet, stream, index);
  }

  /** One RTCP packet: inbox record `index`, already authenticated. What is well-formed of it is used. */
  receiveRtcp(index: number): void {
    if (this.#closed) return;
    const { inbox, counters, arena } = this.#context;
    const at = index * inboxStride;
    counters.rtcpIn++;
    this.rtcpReceived++;
    const offset = inbox[at + InboxField.Offset];
    if (!parseRtcp(arena, offset, inbox[at + InboxField.Length], this.#rtcpReceiver))
      counters.malformedRtcp++;
  }

  /** Does what is due by `context.clock`. */
  handleTimeout(): void {
    if (this.#closed) return;
    const { nowMs } = this.#link;
    if (this.#timers.take(TimerName.Failure, nowMs)) this.#settleFailures();
    if (this.#timers.take(TimerName.Nack, nowMs)) this.#feedback.sendNacks();
    if (this.#timers.take(TimerName.KeyFrame, nowMs)) {
      for (const track of this.#demux.tracks) track.handleKeyFrameTimeout();
    }
    if (this.#timers.take(TimerName.Demand, nowMs)) {
      for (const track of this.#demux.tracks) track.handleDemandTimeout();
    }
    if (this.#timers.take(TimerName.Feedback, nowMs)) this.#feedback.sendTransportFeedback();
    if (this.#timers.take(TimerName.Report, nowMs)) this.#report();
    if (this.#timers.take(TimerName.Bandwidth, nowMs)) this.#bandwidth.handleTimeout();
  }

  /** Milliseconds on the engine's clock; Infinity if nothing is due. */
  nextDeadline(): number {
    return this.#timers.next();
  }

  /** Packets go to another address from now on. */
  pathChanged(): void {
    this.#bandwidth.pathChanged();
  }

  /** Whether packets may be queued: when SRTP keys exist, and not while there is no path. */
  setSendEnabled(enabled: boolean): void {
    if (this.#link.sendEnabled === enabled || this.#closed) return;
    this.#leaveLanes();
    this.#link.sendEnabled = enabled;
    this.#bandwidth.setEnabled(enabled);
    if (!enabled) return;
    for (const forwarder of this.#forwarders) forwarder.sendEnabled();
    this.#startReports();
  }

  /** Smoothed round-trip time in ms; null until measured. */
  get rttMs(): number | null {
    return this.#link.rttMs < 0 ? null : this.#link.rttMs;
  }

  /** What is known of the path to the remote, and how it is shared over what is sent. */
  bandwidthStats(): BandwidthStats {
    return this.#bandwidth.stats();
  }

  /** What the remote is asked to send, in bits per second. */
  get incomingBitrate(): BitrateBounds {
    return this.#feedback.bounds;
  }

  /** Changes what is given; null goes back to the options. The remote is told at once, by REMB. */
  setIncomingBitrate(changes: BitrateChanges): void {
    this.#feedback.setBounds(
      changeBounds(this.incomingBitrate, changes, incomingBoundsOf(this.#link.options)),
    );
  }

  /** What is sent to the remote at least and at most, whatever is known of its path, in bits per second. */
  get outgoingBitrate(): BitrateBounds {
    return this.#bandwidth.bounds;
  }

  /** Changes what is given; null goes back to the options. */
  setOutgoingBitrate(changes: BitrateChanges): void {
    this.#bandwidth.setBounds(
      changeBounds(this.outgoingBitrate, changes, outgoingBoundsOf(this.#link.options)),
    );
  }

  /** Bits per second the remote says it can receive (REMB); null unless it does. */
  get remoteEstimate(): number | null {
    return this.#rtcpReceiver.remoteEstimate || null;
  }

  /** Ends all tracks and forwarders; receivers are told by BYE where packets may still be queued. */
  close(): void {
    if (this.#closed) return;
    if (this.#link.sendEnabled) sendGoodbyes(this.#link, this.#forwarders);
    for (const track of [...this.#received.keys()]) this.removeReceiver(track);
    for (const forwarder of [...this.#forwarders]) this.removeSender(forwarder);
    this.#closed = true;
    this.#link.sendEnabled = false;
    this.#timers.clear();
  }

  /** Feedback says that something sent under the name `copy` was lost. */
  #packetLost(copy: number): void {
    const number = forwarderOf(copy);
    for (let i = 0; i < this.#forwarders.length; i++) {
      if (this.#forwarders[i].number !== number) continue;
      this.#forwarders[i].lost(sequenceOf(copy), repeatsOf(copy));
      return;
    }
  }

  #settle(): void {
    for (let i = 0; i < this.#forwarders.length; i++) this.#forwarders[i].settle();
  }

  /** What is sent and how changes for all. */
  #leaveLanes(): void {
    for (const forwarder of this.#forwarders) forwarder.leaveLane();
  }

  #settleFailures(): void {
    for (const forwarder of [...this.#forwarders])
      forwarder.settleFailure((error) => this.#events.forwarderFailed(forwarder, error));
  }

  #receiversChanged(): void {
    const parameters = [...this.#received.values()];
    this.#extensionKinds.fill(unknownExtension);
    for (const { headerExtensions } of parameters) assignExtensionIds(this.#extensionKinds, headerExtensions);
    this.#feedback.transportWide = parameters.some(
      ({ codecs, headerExtensions }) =>
        headerExtensions.some(({ uri }) => uri === headerExtensionUri.transportWideCc) &&
        codecs.some(({ feedback }) => feedback.includes('transport-cc')),
    );
    this.#feedback.receiverEstimate = parameters.some(({ codecs }) =>
      codecs.some(({ feedback }) => feedback.includes('goog-remb')),
    );
    this.#startReports();
  }

  /** The receiver reports how packets arrive if any m-line carries the numbers: they count for the whole transport. */
  #sendersChanged(): void {
    this.#leaveLanes();
    this.#bandwidth.setTransportWide(
      this.#forwarders.some(
        ({ parameters: { codecs, headerExtensions } }) =>
          headerExtensions.some(({ uri }) => uri === headerExtensionUri.transportWideCc) &&
          codecs.some(({ feedback }) => feedback.includes('transport-cc')),
      ),
    );
  }

  /** Before packets may be sent, none come either. */
  #startReports(): void {
    if (!this.#link.sendEnabled) return;
    if (this.#received.size === 0 && this.#forwarders.length === 0) return;
    // Transports that begin together should not report together (RFC 3550 §6.2).
    const spreadMs = this.#context.randomUint32() % (reportIntervalMs / 2);
    this.#timers.schedule(TimerName.Report, this.#link.nowMs + reportIntervalMs / 4 + spreadMs);
  }

  #report(): void {
    if (this.#received.size === 0 && this.#forwarders.length === 0) return;
    for (const track of this.#received.keys()) track.sample();
    if (this.#link.sendEnabled) {
      sendReports(this.#link, this.#demux, this.#forwarders, this.#cname);
      this.#feedback.sendReceiverEstimate();
    }
    this.#bandwidth.review();
    const dueMs = this.#link.nowMs + reportIntervalMs;
    this.#timers.schedule(TimerName.Report, Math.round(dueMs / reportGridMs) * reportGridMs);
  }
}
