/** Finding the agent a Binding request is for, before anything is authenticated. */
import { maxUsernameBytes, StunAttribute, StunType, stunHeaderBytes } from './stun-format.ts';
import { isStun, readUint16, textOf } from './stun-message.ts';

/** Both halves of a USERNAME as the receiver of a request sees them. */
export interface UsernameFragments {
  readonly local: string;
  readonly remote: string;
}

/**
 * The halves of a Binding request's USERNAME (RFC 8445 7.2.2), or null where the datagram is no request with such a
 * name. Walks the attributes only as far as that one.
 */
export function readUsernameFragments(datagram: Uint8Array): UsernameFragments | null {
  if (!isStun(datagram) || readUint16(datagram, 0) !== StunType.BindingRequest) return null;
  let offset = stunHeaderBytes;
  while (offset + 4 <= datagram.length) {
    const length = readUint16(datagram, offset + 2);
    const value = offset + 4;
    if (value + length > datagram.length) return null;
    if (readUint16(datagram, offset) === StunAttribute.Username) {
      return length > maxUsernameBytes ? null : splitUsername(textOf(datagram, value, value + length));
    }
    offset = value + ((length + 3) & ~3);
  }
  return null;
}

/** Splits `local:remote`; null where a half is missing. Neither half can hold a colon (RFC 8839 5.4, ice-char). */
export function splitUsername(username: string): UsernameFragments | null {
  const colon = username.indexOf(':');
  if (colon <= 0 || colon === username.length - 1) return null;
  return { local: username.slice(0, colon), remote: username.slice(colon + 1) };
}
