import type { Forwarder } from '../media/forwarding/forwarder.ts';
import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { Transceiver } from './sdp/transceiver.ts';

/** One transceiver and what the media layer does for it: receives a track, sends one, or both. */
export class MediaLine {
  readonly transceiver: Transceiver;
  /** What the remote sends on this line, once negotiated. */
  inbound: InboundTrack | null = null;
  /** What sends to the remote on this line, once negotiated. */
  forwarder: Forwarder | null = null;
  /** The track the forwarder is to send; kept here so that it may be chosen before negotiation is done. */
  source: InboundTrack | null = null;
  /** Told when `forwarder` comes, goes or changes state; set by whoever has the line for what it sends. */
  onForwarderChange: (() => void) | null = null;

  constructor(transceiver: Transceiver) {
    this.transceiver = transceiver;
  }

  /** Whether somebody has it for what it sends. */
  get taken(): boolean {
    return this.onForwarderChange !== null;
  }

  /** Chooses what is sent on this line, now or as soon as the line is negotiated for sending. */
  setSource(source: InboundTrack | null): void {
    this.source = source;
    this.forwarder?.setSource(source);
  }
}
