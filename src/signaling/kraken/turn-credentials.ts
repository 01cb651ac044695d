/** What `turn` answers: short-lived credentials for a TURN server that shares a secret with us. */
import { createHmac } from 'node:crypto';

/** An entry of RTCPeerConnection's iceServers; the clients want one URL in each. */
export interface TurnEntry {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

export interface TurnServer {
  /** A URL without its transport, such as turn:turn.example.org:443. */
  readonly host: string;
  /** coturn's static-auth-secret. */
  readonly secret: string;
}

const lifetimeSeconds = 3600;
const transports = ['udp', 'tcp'] as const;

/** The usual scheme of "TURN REST" servers: the name says until when, the password is its HMAC. */
export function turnEntries(server: TurnServer, uid: string, nowMs: number): TurnEntry[] {
  const username = `${Math.floor(nowMs / 1000) + lifetimeSeconds}:${uid}`;
  const credential = createHmac('sha1', server.secret).update(username).digest('base64');
  return transports.map((transport) => ({
    urls: `${server.host}?transport=${transport}`,
    credential,
    username,
  }));
}
