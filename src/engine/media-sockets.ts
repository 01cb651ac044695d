/** The sockets that connections with ICE share: one for each local address, all with the same port. */
import type { PacketIo } from '../packet-io/packet-io.ts';
import type { PortRange } from './plain-port-range.ts';

export interface MediaSocket {
  readonly socket: number;
  readonly address: string;
  readonly port: number;
}

/**
 * @param mediaPort 0 lets the system choose; of a range, the first that is free on every address
 * @throws Error with `code` (EADDRINUSE …) naming address and port; none is open then
 */
export function openMediaSockets(
  io: PacketIo,
  addresses: readonly string[],
  mediaPort: number | PortRange,
): readonly MediaSocket[] {
  if (typeof mediaPort === 'number') return openAt(io, addresses, mediaPort);
  for (let port = mediaPort.first; ; port++) {
    try {
      return openAt(io, addresses, port);
    } catch (error) {
      const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!inUse || port === mediaPort.last) throw error;
    }
  }
}

function openAt(io: PacketIo, addresses: readonly string[], mediaPort: number): MediaSocket[] {
  const sockets: MediaSocket[] = [];
  try {
    for (const address of addresses) {
      // With port 0 the first socket chooses for all.
      const port = sockets[0]?.port ?? mediaPort;
      sockets.push({ address, ...io.openSocket(address, port) });
    }
  } catch (error) {
    for (const { socket } of sockets) io.closeSocket(socket);
    throw error;
  }
  return sockets;
}
