/**
 * The lines of one connection on which a participant is sent what the others publish: taken, released, and given
 * back to the negotiation when nothing uses them.
 */
import { UserError } from '../errors.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import type { PeerConnection } from '../webrtc/peer-connection.ts';

export class SendingLines {
  readonly #connection: PeerConnection;
  readonly #renegotiates: boolean;
  /** Lines that once carried a publication: their track id at the client is taken (W3C: a receiver keeps its track). */
  readonly #used = new WeakSet<MediaLine>();
  /** Inactive lines that can be given back. */
  readonly #idle = new Set<MediaLine>();

  /** `renegotiates`: the client answers offers of ours. If not, only the lines it offered itself are used. */
  constructor(connection: PeerConnection, renegotiates: boolean) {
    this.#connection = connection;
    this.#renegotiates = renegotiates;
  }

  /**
   * A line to send on; null when the client has as many as it may, or takes no new ones. `answering`: an offer of the
   * client is being answered, whose free lines may be used.
   */
  take(kind: MediaKind, answering: boolean): MediaLine | null {
    const line = this.#free(kind, answering) ?? (this.#renegotiates ? this.#add(kind) : null);
    if (line !== null) this.#used.add(line);
    return line;
  }

  #free(kind: MediaKind, answering: boolean): MediaLine | null {
    for (const line of this.#connection.lines) {
      const { transceiver } = line;
      if (transceiver.kind !== kind || transceiver.stopped || line.taken) continue;
      if (!this.#renegotiates) {
        if (transceiver.remoteReceives) return line;
      } else if (answering && transceiver.remoteReceives && !this.#used.has(line)) {
        transceiver.direction = transceiver.direction === 'inactive' ? 'sendonly' : 'sendrecv';
        return line;
      }
    }
    return null;
  }

  #add(kind: MediaKind): MediaLine | null {
    try {
      return this.#connection.addLine(kind, 'sendonly');
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'limit-media-lines') throw error;
      this.returnIdle();
      return null;
    }
  }

  /**
   * A client that takes no offers of ours is answered as if every line it can receive on were used, so that a
   * publication that comes later needs no negotiation.
   */
  openAll(streamId: string): void {
    if (this.#renegotiates) return;
    for (const { transceiver } of this.#connection.lines) {
      if (transceiver.stopped || !transceiver.remoteReceives) continue;
      if (transceiver.direction === 'inactive') transceiver.direction = 'sendonly';
      else if (transceiver.direction === 'recvonly') transceiver.direction = 'sendrecv';
      transceiver.msid ??= { streamId, trackId: `${transceiver.kind}-${transceiver.mid}` };
    }
  }

  /**
   * Nothing is sent on a line any more. It goes inactive before it is given back, because every browser tells a
   * page of a track that left on an inactive line (removetrack), and Firefox does not on a refused one.
   */
  release(line: MediaLine): void {
    const { transceiver } = line;
    if (!this.#renegotiates || transceiver.stopped) return;
    if (transceiver.direction === 'sendrecv') transceiver.direction = 'recvonly';
    else if (transceiver.mid === null) transceiver.stop();
    else {
      transceiver.direction = 'inactive';
      this.#idle.add(line);
    }
  }

  /** Gives lines back that the client knows to be inactive, with the offer that is due anyway. */
  returnIdle(): void {
    for (const line of this.#idle) {
      const { transceiver } = line;
      // The client may have begun to send on it.
      const idle = transceiver.direction === 'inactive';
      if (idle && transceiver.currentDirection === 'inactive') transceiver.stop();
      if (!idle || transceiver.stopped) this.#idle.delete(line);
    }
  }
}
