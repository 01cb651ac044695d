import type { Logger } from '../../log.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import type { SdpSemantics } from '../../webrtc/sdp/sdp-semantics.ts';
import type { ObjectRegistry } from './object-registry.ts';

/** What objects need of the world they live in. */
export interface ObjectHost {
  readonly registry: ObjectRegistry;
  readonly rooms: Rooms;
  readonly log: Logger;
  /** Whether getStats says more of each stream than the original does. */
  readonly detailedStats: boolean;
  /** Of the descriptions of WebRtcEndpoints. */
  readonly sdpSemantics: SdpSemantics;
  /** Of the sessions there are. */
  sessionIds(): readonly string[];
  /** Calls `run` once after `delayMs`, unless the function it returns is called before. */
  after(delayMs: number, run: () => void): () => void;
  /** Monotonic. */
  nowMs(): number;
}
