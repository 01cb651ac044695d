import type { Forwarder } from '../media/forwarding/forwarder.ts';
import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { Transceiver } from './sdp/transceiver.ts';

/** One transceiver and what the media layer does for it: receives a track, sends one, or both. */
export class MediaLine {
  readonly transceiver: Transceiver;
  /** What the remote sends on this line, once negotiated and packets may come. */
  inbound: InboundTrack | null = null;
  /** What sends to the remote on this line, once negotiated; not before the line is taken, or packets may go. */
  forwarder: Forwarder | null = null;
  /** The track the forwarder is to send; kept here so that it may be chosen before negotiation is done. */
  source: InboundTrack | null = null;
  /** Told when `forwarder` comes, goes or changes state; see take(). */
  onForwarderChange: (() => void) | null = null;
  readonly #buildForwarder: ((line: MediaLine) => void) | null;

  /** @param buildForwarder sets `forwarder`, if that has been negotiated and only waits until somebody has the line */
  constructor(transceiver: Transceiver, buildForwarder: ((line: MediaLine) => void) | null = null) {
    this.transceiver = transceiver;
    this.#buildForwarder = buildForwarder;
  }

  /** Whether somebody has it for what it sends. */
  get taken(): boolean {
    return this.onForwarderChange !== null;
  }

  /** Has the line for what it sends until release(). Is told when `forwarder` comes, goes or changes state later. */
  take(onForwarderChange: () => void): void {
    if (this.forwarder === null) this.#buildForwarder?.(this);
    this.onForwarderChange = onForwarderChange;
  }

  release(): void {
    this.onForwarderChange = null;
  }

  /** Chooses what is sent on this line, now or as soon as the line is negotiated for sending. */
  setSource(source: InboundTrack | null): void {
    this.source = source;
    this.forwarder?.setSource(source);
  }
}
