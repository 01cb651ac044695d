/**
 * The lines of one connection on which a participant is sent what the others publish: taken, released, and given
 * back to the negotiation when nothing uses them.
 */
import { UserError } from '../errors.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { Connection } from '../webrtc/connection.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import { sends } from '../webrtc/sdp/direction.ts';

export class SendingLines {
  readonly #connection: Connection;
  readonly #renegotiates: boolean;
  readonly #keepsLines: boolean;
  /** Lines that once carried a publication: their track id at the client is taken (W3C: a receiver keeps its track). */
  readonly #used = new WeakSet<MediaLine>();
  /** Inactive lines that can be given back. */
  readonly #idle = new Set<MediaLine>();
  /** Lines of the client's last offer on which it would not receive. */
  readonly #deaf = new WeakSet<MediaLine>();

  /**
   * `renegotiates`: the client answers offers of ours. If not, only the lines it offered itself are used.
   * `keepsLines`: lines of the client's are used by our offers too, and no line is given back; it carries something
   * else once the client has agreed that nothing is sent on it.
   */
  constructor(connection: Connection, renegotiates: boolean, keepsLines = false) {
    this.#connection = connection;
    this.#renegotiates = renegotiates;
    this.#keepsLines = keepsLines;
  }

  /** An offer of the client was taken: remembers on which lines it receives. */
  noteOffer(): void {
    for (const line of this.#connection.lines) {
      if (line.transceiver.remoteReceives) this.#deaf.delete(line);
      else this.#deaf.add(line);
    }
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
      } else if (this.#keepsLines) {
        if (answering || !this.#isReusable(line)) continue;
        transceiver.direction = transceiver.direction === 'recvonly' ? 'sendrecv' : 'sendonly';
        transceiver.renewSource();
        return line;
      } else if (answering && transceiver.remoteReceives && !this.#used.has(line)) {
        transceiver.direction = transceiver.direction === 'inactive' ? 'sendonly' : 'sendrecv';
        return line;
      }
    }
    return null;
  }

  /**
   * Whether a line that is kept can carry something else: its last publication must have been seen to go, or a
   * browser tells of the next and not of the last.
   */
  #isReusable(line: MediaLine): boolean {
    const { mid, currentDirection } = line.transceiver;
    const agreed = mid !== null && currentDirection !== null && !sends(currentDirection);
    return agreed && !this.#deaf.has(line) && this.#connection.signalingState === 'stable';
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
      if (!this.#keepsLines) this.#idle.add(line);
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
