import { randomFillSync } from 'node:crypto';
import type { IceCredentials } from '../webrtc/ice/ice-lite-agent.ts';

/** RFC 8445 §5.3 asks for at least 24 and 128 bits of randomness. */
const usernameFragmentBytes = 6;
const passwordBytes = 18;

const bytesTogether = usernameFragmentBytes + passwordBytes;

/** Random bytes for some pairs, each used once: to ask for them takes longer than all the rest. */
const random = Buffer.alloc(32 * bytesTogether);
let used = random.length;

/** Base64 without padding is within ice-char (RFC 8839 §5.4). */
export function createIceCredentials(): IceCredentials {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const passwordAt = used + usernameFragmentBytes;
  const end = used + bytesTogether;
  const credentials = {
    usernameFragment: random.toString('base64', used, passwordAt),
    password: random.toString('base64', passwordAt, end),
  };
  random.fill(0, used, end);
  used = end;
  return credentials;
}
