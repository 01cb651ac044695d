/**
 * Which publication a (room, participant) stands for now, and which have closed: the errors of the clients' polls are
 * told from here. A closed one leaves a tombstone, for a while.
 */
import { errorCodes, KrakenError } from './kraken-error.ts';

export interface TablePeer {
  readonly roomId: string;
  readonly uid: string;
  readonly cid: string;
}

export interface TombstoneLimits {
  readonly max: number;
  readonly ageMs: number;
}

interface Tombstone {
  readonly roomId: string;
  readonly uid: string;
  readonly closedMs: number;
}

/** The clients treat "closed" and "not found" alike, so what is forgotten early harms nobody. */
const defaultTombstones: TombstoneLimits = { max: 10_000, ageMs: 600_000 };

export class PeerTable<Peer extends TablePeer> {
  readonly #now: () => number;
  readonly #limits: TombstoneLimits;
  readonly #rooms = new Map<string, Map<string, Peer | Tombstone>>();
  /** The oldest first. */
  readonly #tombstones = new Set<Tombstone>();
  readonly #open = new Set<Peer>();

  constructor(now: () => number, limits = defaultTombstones) {
    this.#now = now;
    this.#limits = limits;
  }

  get open(): ReadonlySet<Peer> {
    return this.#open;
  }

  get closedCount(): number {
    this.#forgetOld();
    return this.#tombstones.size;
  }

  /** Rooms in which nobody is left. */
  get closedRoomCount(): number {
    this.#forgetOld();
    let count = 0;
    for (const uids of this.#rooms.values()) {
      if (![...uids.values()].some(isOpen)) count++;
    }
    return count;
  }

  /** A peer takes the place of whatever had its name. */
  add(peer: Peer): void {
    const uids = this.#rooms.get(peer.roomId) ?? new Map<string, Peer | Tombstone>();
    this.#rooms.set(peer.roomId, uids);
    const previous = uids.get(peer.uid);
    if (previous !== undefined) this.#drop(previous);
    uids.set(peer.uid, peer);
    this.#open.add(peer);
  }

  /** Leaves a tombstone, unless another has its place by now. */
  close(peer: Peer): void {
    if (!this.#open.delete(peer)) return;
    const { roomId, uid } = peer;
    const uids = this.#rooms.get(roomId);
    if (uids?.get(uid) !== peer) return;
    const tombstone = { roomId, uid, closedMs: this.#now() };
    uids.set(uid, tombstone);
    this.#tombstones.add(tombstone);
    this.#forgetOld();
  }

  /** @throws KrakenError peer not found, peer closed or track not found */
  lookup(roomId: string, uid: string, cid: string): Peer {
    this.#forgetOld();
    const entry = this.#rooms.get(roomId)?.get(uid);
    if (entry === undefined)
      throw new KrakenError(errorCodes.peerNotFound, 'There is no such participant in the room.');
    if (!isOpen(entry)) throw new KrakenError(errorCodes.peerClosed, 'The participant has left the room.');
    if (entry.cid !== cid)
      throw new KrakenError(errorCodes.trackNotFound, 'The participant is there with another track.');
    return entry;
  }

  #forgetOld(): void {
    const { max, ageMs } = this.#limits;
    const oldestMs = this.#now() - ageMs;
    for (const tombstone of this.#tombstones) {
      if (this.#tombstones.size <= max && tombstone.closedMs > oldestMs) return;
      this.#drop(tombstone);
      const uids = this.#rooms.get(tombstone.roomId);
      if (uids?.get(tombstone.uid) !== tombstone) continue;
      uids.delete(tombstone.uid);
      if (uids.size === 0) this.#rooms.delete(tombstone.roomId);
    }
  }

  #drop(entry: Peer | Tombstone): void {
    if (isOpen(entry)) this.#open.delete(entry);
    else this.#tombstones.delete(entry);
  }
}

function isOpen<Peer extends TablePeer>(entry: Peer | Tombstone): entry is Peer {
  return 'cid' in entry;
}
