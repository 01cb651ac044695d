/**
 * The little WHIP and WHEP themselves have to see of an SDP: whether the offer's media go the right way, and
 * whether the answer takes them.
 */
import { ProtocolError } from '../../errors.ts';

/** From the client's side: `send` for a publisher, `recv` for a player. */
export type Way = 'send' | 'recv';

interface MediaSection {
  readonly kind: string;
  readonly port: number;
  readonly bundleOnly: boolean;
  readonly direction: string;
}

/**
 * Refuses what could never become the session that was asked for, before a room knows of it.
 * @throws ProtocolError `malformed-sdp` for what is no SDP, `unsupported-sdp` without a line that goes the right way
 */
export function checkOffer(offer: string, way: Way): void {
  if (!/^v=0\r?\n/.test(offer))
    throw new ProtocolError('malformed-sdp', 'The offer is no SDP: it starts with v=0.');
  const usable = mediaSections(offer).some(
    ({ kind, direction }) => isMedia(kind) && (direction === 'sendrecv' || direction === `${way}only`),
  );
  if (!usable) {
    throw new ProtocolError(
      'unsupported-sdp',
      `The offer has no audio or video line that is ${way}only or sendrecv.`,
    );
  }
}

/**
 * Kinds of the audio and video lines that `answer` refuses although `offer` offered them. There is no partial
 * success (RFC 9725 §4.2): a publisher must not believe to be seen. Lines of other kinds (data) may be refused alone.
 */
export function refusedMedia(offer: string, answer: string): string[] {
  const offered = mediaSections(offer);
  const refused: string[] = [];
  for (const [index, { kind, port }] of mediaSections(answer).entries()) {
    if (port !== 0 || !isMedia(kind)) continue;
    const original = offered[index];
    if (original !== undefined && (original.port !== 0 || original.bundleOnly)) refused.push(kind);
  }
  return refused;
}

function isMedia(kind: string): boolean {
  return kind === 'audio' || kind === 'video';
}

function mediaSections(sdp: string): MediaSection[] {
  const [session, ...sections] = sdp.split(/^m=/m);
  const defaultDirection = directionOf(session) ?? 'sendrecv';
  return sections.map((section) => {
    const [kind, port] = section.split(' ', 2);
    return {
      kind,
      port: Number.parseInt(port, 10),
      bundleOnly: /^a=bundle-only\r?$/m.test(section),
      direction: directionOf(section) ?? defaultDirection,
    };
  });
}

function directionOf(section: string): string | null {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(section)?.[1] ?? null;
}
