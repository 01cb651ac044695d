/** Data channels of a page: opens them, and keeps what comes on each. */

export interface PageChannel {
  readonly label: string;
  readonly init: RTCDataChannelInit;
}

/** One message as a page got it: text, or the length and a checksum of bytes. */
export type PageMessage = string | { readonly bytes: number; readonly sum: number };

interface Held {
  readonly channel: RTCDataChannel;
  readonly received: PageMessage[];
}

const held = new Map<string, Held>();

/** Adler-32, enough to tell what came from what was sent. */
function checksum(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

function hold(channel: RTCDataChannel): void {
  const received: PageMessage[] = [];
  held.set(channel.label, { channel, received });
  channel.binaryType = 'arraybuffer';
  channel.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') {
      received.push(data);
      return;
    }
    const bytes = new Uint8Array(data as ArrayBuffer);
    received.push({ bytes: bytes.length, sum: checksum(bytes) });
  });
}

/** Opens channels on a connection, before its offer is made or after. Channels of the other side are kept too. */
export function dataOpen(connection: RTCPeerConnection, channels: readonly PageChannel[]): void {
  for (const { label, init } of channels) hold(connection.createDataChannel(label, init));
  connection.addEventListener('datachannel', ({ channel }) => hold(channel));
}

export function dataStates(): Record<string, RTCDataChannelState> {
  return Object.fromEntries([...held].map(([label, { channel }]) => [label, channel.readyState]));
}

export function dataSendTexts(label: string, texts: readonly string[]): void {
  for (const text of texts) held.get(label)!.channel.send(text);
}

/** Sends bytes that look random. @returns what the others should report of them */
export function dataSendBytes(label: string, length: number): PageMessage {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 2_654_435_761) >>> 13);
  held.get(label)!.channel.send(bytes);
  return { bytes: length, sum: checksum(bytes) };
}

export function dataReceived(label: string): PageMessage[] {
  return held.get(label)?.received ?? [];
}

export function dataClose(label: string): void {
  held.get(label)!.channel.close();
}
