import { openSource, type SourceOptions } from './media-source.ts';
import { attachTrack } from './playback.ts';

/** Codec names as MIME types, "video/VP9"; null leaves the browser's own order. */
export interface CodecChoice {
  readonly video: string | null;
  readonly audio: string | null;
  /** Profile or packetization wanted among the capabilities of that name, a piece of the fmtp line. */
  readonly videoFmtp?: string;
}

export interface HttpSession {
  readonly connection: RTCPeerConnection;
  readonly resource: string;
  readonly answer: string;
  etag: string | null;
}

const sessions: HttpSession[] = [];

/** Makes a line offer one codec, with what repairs or carries it. */
export function preferCodec(
  transceiver: RTCRtpTransceiver,
  kind: string,
  wanted: string | null,
  fmtp?: string,
): void {
  if (wanted === null) return;
  const capabilities = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const isWanted = (codec: RTCRtpCodec) =>
    codec.mimeType.toLowerCase() === wanted.toLowerCase() &&
    (fmtp === undefined || (codec.sdpFmtpLine ?? '').includes(fmtp));
  const chosen = capabilities.filter(isWanted);
  if (chosen.length === 0) throw new Error(`this browser does not offer ${wanted} ${fmtp ?? ''}`);
  // RED carries opus, so opus has to be offered behind it.
  const carried =
    wanted.toLowerCase() === 'audio/red' ? capabilities.filter((c) => c.mimeType === 'audio/opus') : [];
  const repair = capabilities.filter((codec) => codec.mimeType.toLowerCase() === 'video/rtx');
  transceiver.setCodecPreferences([...chosen, ...carried, ...repair]);
}

async function gathered(connection: RTCPeerConnection, timeoutMs: number): Promise<void> {
  if (connection.iceGatheringState === 'complete') return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Offers what a connection has by an HTTP POST. @returns the handle of the session */
export async function exchange(connection: RTCPeerConnection, url: string): Promise<number> {
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection, 1000);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: connection.localDescription!.sdp,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST ${url} was answered ${response.status}: ${answer}`);
  const location = response.headers.get('location');
  if (location === null) throw new Error(`POST ${url} was answered without a Location a page can read`);
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  sessions.push({
    connection,
    resource: new URL(location, url).href,
    answer,
    etag: response.headers.get('etag'),
  });
  return sessions.length - 1;
}

/** Publishes one stream by WHIP (RFC 9725). @returns the handle of the session */
export async function publishWhip(url: string, source: SourceOptions, codecs: CodecChoice): Promise<number> {
  const stream = await openSource(source);
  const connection = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind === 'video') preferCodec(transceiver, 'video', codecs.video, codecs.videoFmtp);
    else preferCodec(transceiver, 'audio', codecs.audio);
  }
  return await exchange(connection, url);
}

/** Plays one stream by WHEP with one line of each kind. @returns the handle of the session */
export async function playWhep(url: string, kinds: readonly ('audio' | 'video')[]): Promise<number> {
  const connection = new RTCPeerConnection();
  connection.addEventListener('track', ({ track }) => attachTrack(track));
  for (const kind of kinds) connection.addTransceiver(kind, { direction: 'recvonly' });
  return await exchange(connection, url);
}

/** Ends a session by DELETE. @returns the status of the response */
export async function endSession(handle: number): Promise<number> {
  const { connection, resource } = sessions[handle]!;
  const response = await fetch(resource, { method: 'DELETE' });
  connection.close();
  return response.status;
}

function lineValue(sdp: string, name: string): string {
  return new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1] ?? '';
}

/** ICE restart by PATCH with a trickle-ice-sdpfrag (RFC 9725 section 4.3.2). @returns the server's new username fragment */
export async function restartIceByPatch(handle: number): Promise<string> {
  const session = sessions[handle]!;
  const { connection, answer } = session;
  connection.restartIce();
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection, 1000);
  const offer = connection.localDescription!.sdp;
  const mediaLine = /^m=.*$/m.exec(offer)?.[0]?.trim() ?? '';
  const candidates = offer.split('\r\n').filter((line) => line.startsWith('a=candidate:'));
  const fragment = [
    `a=ice-ufrag:${lineValue(offer, 'ice-ufrag')}`,
    `a=ice-pwd:${lineValue(offer, 'ice-pwd')}`,
    mediaLine,
    `a=mid:${lineValue(offer, 'mid')}`,
    ...candidates,
    '',
  ].join('\r\n');
  const response = await fetch(session.resource, {
    method: 'PATCH',
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body: fragment,
  });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`the ICE restart was answered ${response.status}: ${body}`);
  session.etag = response.headers.get('etag');
  const usernameFragment = lineValue(body, 'ice-ufrag');
  await connection.setRemoteDescription({
    type: 'answer',
    sdp: answer
      .replaceAll(/^a=ice-ufrag:.*?(\r?)$/gm, `a=ice-ufrag:${usernameFragment}$1`)
      .replaceAll(/^a=ice-pwd:.*?(\r?)$/gm, `a=ice-pwd:${lineValue(body, 'ice-pwd')}$1`),
  });
  return usernameFragment;
}

/** The answer a session got, for tests that look at the server's credentials. */
export function answerOf(handle: number): string {
  return sessions[handle]!.answer;
}
