import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../webrtc/ice/ice-lite-agent.ts';

/** RFC 8445 §5.3 asks for at least 24 and 128 bits of randomness. */
const usernameFragmentBytes = 6;
const passwordBytes = 18;

export function createIceCredentials(): IceCredentials {
  return {
    usernameFragment: iceChars(usernameFragmentBytes),
    password: iceChars(passwordBytes),
  };
}

/** Base64 without padding is within ice-char (RFC 8839 §5.4). */
function iceChars(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}
