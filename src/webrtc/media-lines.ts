import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { MediaTransport } from '../media/media-transport.ts';
import { MediaLine } from './media-line.ts';
import type { Negotiator } from './sdp/negotiator.ts';
import type { Transceiver } from './sdp/transceiver.ts';

/**
 * The m-lines of one connection: one for each transceiver, with its track and its forwarder. Those are built once there
 * is a path, or for whoever takes a line: they are most of what there is to an endpoint, and many negotiate that never
 * connect.
 */
export class MediaLines {
  readonly #media: MediaTransport;
  readonly #negotiator: Pick<Negotiator, 'transceivers'>;
  readonly #onTrackEnded: (line: MediaLine, track: InboundTrack) => void;
  readonly #lines: MediaLine[] = [];
  #hasPath = false;

  constructor(
    media: MediaTransport,
    negotiator: Pick<Negotiator, 'transceivers'>,
    onTrackEnded: (line: MediaLine, track: InboundTrack) => void,
  ) {
    this.#media = media;
    this.#negotiator = negotiator;
    this.#onTrackEnded = onTrackEnded;
  }

  get all(): readonly MediaLine[] {
    return this.#lines;
  }

  of(transceiver: Transceiver): MediaLine | undefined {
    return this.#lines.find((line) => line.transceiver === transceiver);
  }

  receiving(track: InboundTrack): MediaLine | undefined {
    return this.#lines.find(({ inbound }) => inbound === track);
  }

  /** Keeps one line for each of the negotiator's transceivers. */
  sync(): void {
    const { transceivers } = this.#negotiator;
    for (let index = this.#lines.length - 1; index >= 0; index--) {
      const line = this.#lines[index];
      if (transceivers.includes(line.transceiver)) continue;
      this.#stopReceiving(line);
      this.#stopSending(line);
      this.#lines.splice(index, 1);
    }
    for (const transceiver of transceivers) {
      if (this.of(transceiver) === undefined)
        this.#lines.push(new MediaLine(transceiver, (line) => this.#buildForwarder(line)));
    }
  }

  /** Brings the media transport in line with what has been agreed. */
  apply(): void {
    for (const line of this.#lines) {
      this.#applyReceive(line);
      this.#applySend(line);
    }
  }

  /** An address has proved to be the client's: packets may come and go. */
  pathFound(): void {
    if (this.#hasPath) return;
    this.#hasPath = true;
    this.apply();
  }

  #applyReceive(line: MediaLine): void {
    const parameters = line.transceiver.receive;
    if (parameters === null) this.#stopReceiving(line);
    else if (line.inbound !== null) this.#media.updateReceiver(line.inbound, parameters);
    else if (this.#hasPath) line.inbound = this.#media.addReceiver(parameters);
  }

  #applySend(line: MediaLine): void {
    const parameters = line.transceiver.send;
    if (parameters === null) this.#stopSending(line);
    else if (line.forwarder !== null) this.#media.updateSender(line.forwarder, parameters);
    else if (this.#hasPath || line.taken) this.#buildForwarder(line);
  }

  #buildForwarder(line: MediaLine): void {
    const parameters = line.transceiver.send;
    if (parameters === null) return;
    const forwarder = this.#media.addSender(parameters);
    line.forwarder = forwarder;
    forwarder.onStateChange = () => line.onForwarderChange?.();
    forwarder.setSource(line.source);
    line.onForwarderChange?.();
  }

  #stopReceiving(line: MediaLine): void {
    const track = line.inbound;
    if (track === null) return;
    line.inbound = null;
    this.#media.removeReceiver(track);
    this.#onTrackEnded(line, track);
  }

  #stopSending(line: MediaLine): void {
    if (line.forwarder === null) return;
    this.#media.removeSender(line.forwarder);
    line.forwarder = null;
    line.onForwarderChange?.();
  }
}
