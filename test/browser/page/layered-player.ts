import { attachTrack } from './playback.ts';
import { exchange } from './whip-client.ts';

/** Chromium has it in every release that TypeScript's DOM does not. */
interface ExtensionNegotiation {
  getHeaderExtensionsToNegotiate?(): { uri: string; direction: string }[];
  setHeaderExtensionsToNegotiate?(extensions: { uri: string; direction: string }[]): void;
}

/**
 * Plays video by WHEP. Browsers understand the dependency descriptor, without which spatial layers of AV1 cannot be
 * told apart, but offer it only to those who ask.
 */
export async function playLayered(url: string): Promise<void> {
  const connection = new RTCPeerConnection();
  connection.addEventListener('track', ({ track }) => attachTrack(track));
  const transceiver: RTCRtpTransceiver & ExtensionNegotiation = connection.addTransceiver('video', {
    direction: 'recvonly',
  });
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  transceiver.setHeaderExtensionsToNegotiate?.(
    extensions.map(({ uri, direction }) => ({
      uri,
      direction: uri.includes('dependency-descriptor') ? 'sendrecv' : direction,
    })),
  );
  await exchange(connection, url);
}
