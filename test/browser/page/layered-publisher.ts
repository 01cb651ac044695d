import { type MarkedSourceOptions, markedSource } from './marked-source.ts';
import { exchange, preferCodec } from './whip-client.ts';

/** TypeScript's DOM does not know scalability modes (webrtc-svc) yet. */
export interface LayeredEncoding extends RTCRtpEncodingParameters {
  readonly scalabilityMode?: string;
}

export interface LayeredPublication {
  readonly source: MarkedSourceOptions;
  /** MIME type, "video/VP9", and a piece of the fmtp line where there are several. */
  readonly codec: string;
  readonly fmtp?: string;
  readonly encodings: readonly LayeredEncoding[];
}

let sender: RTCRtpSender | null = null;

/** Publishes the marked source in several encodings or layers by WHIP. */
export async function publishLayered(url: string, publication: LayeredPublication): Promise<void> {
  const track = markedSource(publication.source);
  // Rather fewer bits for each picture than fewer pictures.
  track.contentHint = 'motion';
  const connection = new RTCPeerConnection();
  const transceiver = connection.addTransceiver(track, {
    direction: 'sendonly',
    streams: [new MediaStream([track])],
    sendEncodings: [...publication.encodings],
  });
  preferCodec(transceiver, 'video', publication.codec, publication.fmtp);
  sender = transceiver.sender;
  await exchange(connection, url);
}

/** What the sender now has as its encodings. */
export function layeredEncodings(): LayeredEncoding[] {
  return sender?.getParameters().encodings ?? [];
}
