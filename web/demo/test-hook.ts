/** A read-only look at the session for browser tests and the console: `window.__room`. */
import type { LinkState } from './link.ts';
import type { RoomSession } from './room-session.ts';
import type { RemoteTile } from './tiles.ts';

interface RoomHook {
  readonly pc: RTCPeerConnection | null;
  readonly state: LinkState;
  readonly selfId: string;
  tiles(): readonly RemoteTile[];
}

declare global {
  interface Window {
    __room?: RoomHook;
  }
}

export function exposeForTests(session: RoomSession): void {
  window.__room = {
    get pc() {
      return session.peerConnection;
    },
    get state() {
      return session.link.peek();
    },
    selfId: session.options.identity.selfId,
    tiles: () => session.tiles.peek(),
  };
}
