import type { Direction } from './session-description.ts';

export function sends(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function directionOf(send: boolean, receive: boolean): Direction {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** The same flow seen from the other side. */
export function reverse(direction: Direction): Direction {
  return directionOf(receives(direction), sends(direction));
}

/** What our side may do, given what we want and what the remote's own description says of the remote. */
export function agree(wanted: Direction, remote: Direction): Direction {
  return directionOf(sends(wanted) && receives(remote), receives(wanted) && sends(remote));
}
