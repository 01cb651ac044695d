import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../webrtc/ice/ice-lite-agent.ts';

/** RFC 8445 §5.3 asks for at least 24 and 128 bits of randomness. */
const usernameFragmentBytes = 6;
const passwordBytes = 18;

/** Base64 without padding is within ice-char (RFC 8839 §5.4). */
export function createIceCredentials(): IceCredentials {
  const bytes = randomBytes(usernameFragmentBytes + passwordBytes);
  return {
    usernameFragment: bytes.toString('base64', 0, usernameFragmentBytes),
    password: bytes.toString('base64', usernameFragmentBytes),
  };
}
