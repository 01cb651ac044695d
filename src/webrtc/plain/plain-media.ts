import {
  type BitrateBounds,
  type BitrateChanges,
  changeBounds,
} from '../../media/bandwidth/bitrate-bounds.ts';
import type { BandwidthStats } from '../../media/bandwidth/connection-bandwidth.ts';
import {
  incomingBoundsOf,
  type MediaTransportOptions,
  outgoingBoundsOf,
  resolveMediaTransportOptions,
} from '../../media/media-transport-options.ts';
import type { ConnectionMedia } from '../connection.ts';
import type { PlainLine } from './plain-line.ts';

const nothing: BandwidthStats = {
  estimate: null,
  reason: 'no-feedback',
  target: 0,
  wanted: 0,
  current: 0,
  repairs: 0,
  min: 0,
  max: null,
  lossFraction: null,
  inherentLoss: null,
  pacing: false,
  packetsWaiting: 0,
  waitingMs: 0,
  packetsPaced: 0,
  packetsExpired: 0,
  paddingBytes: 0,
  repairBytes: 0,
  repairDelayMs: 0,
  probes: 0,
  lastProbe: null,
  layerSwitches: 0,
};

/** The bit rates of a connection whose lines have a transport each: that of its video, or else of its audio. */
export class PlainMedia implements ConnectionMedia {
  readonly #lines: readonly PlainLine[];
  readonly #incomingDefaults: BitrateBounds;
  readonly #outgoingDefaults: BitrateBounds;
  #incoming: BitrateBounds;
  #outgoing: BitrateBounds;

  /** `lines` is the list the connection goes on to fill. */
  constructor(lines: readonly PlainLine[], options: MediaTransportOptions) {
    this.#lines = lines;
    const resolved = resolveMediaTransportOptions(options);
    this.#incomingDefaults = incomingBoundsOf(resolved);
    this.#outgoingDefaults = outgoingBoundsOf(resolved);
    this.#incoming = this.#incomingDefaults;
    this.#outgoing = this.#outgoingDefaults;
  }

  get incomingBitrate(): BitrateBounds {
    return this.#incoming;
  }

  get outgoingBitrate(): BitrateBounds {
    return this.#outgoing;
  }

  setIncomingBitrate(changes: BitrateChanges): void {
    this.#incoming = changeBounds(this.#incoming, changes, this.#incomingDefaults);
    this.#main?.media.setIncomingBitrate(this.#incoming);
  }

  setOutgoingBitrate(changes: BitrateChanges): void {
    this.#outgoing = changeBounds(this.#outgoing, changes, this.#outgoingDefaults);
    this.#main?.media.setOutgoingBitrate(this.#outgoing);
  }

  /** A line has come: what was set before holds for it. */
  apply(): void {
    this.#main?.media.setIncomingBitrate(this.#incoming);
    this.#main?.media.setOutgoingBitrate(this.#outgoing);
  }

  get rttMs(): number | null {
    return this.#main?.media.rttMs ?? null;
  }

  get packetsHeard(): number {
    let packets = 0;
    for (const { media } of this.#lines) packets += media.packetsHeard;
    return packets;
  }

  get remoteEstimate(): number | null {
    return this.#main?.media.remoteEstimate ?? null;
  }

  bandwidthStats(): BandwidthStats {
    return this.#main?.media.bandwidthStats() ?? nothing;
  }

  get #main(): PlainLine | undefined {
    return this.#lines.find(({ line }) => line.transceiver.kind === 'video') ?? this.#lines[0];
  }
}
