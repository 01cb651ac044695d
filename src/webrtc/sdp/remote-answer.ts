import { ProtocolError } from '../../errors.ts';
import { acceptCodecs } from './codec-negotiation.ts';
import { isDataSlot, readDataLine } from './data-line.ts';
import { agree, receives } from './direction.ts';
import { acceptExtensions } from './header-extensions.ts';
import { type MediaSlot, rejectedSlot } from './media-slot.ts';
import { acceptedRids, remoteEncodings } from './remote-encodings.ts';
import type { MediaDescription, SessionDescription } from './session-description.ts';

/**
 * The slots after the remote's answer to our offer, without changing anything (RFC 9429 §5.11).
 *
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp
 */
export function acceptAnswer(description: SessionDescription, offered: readonly MediaSlot[]): MediaSlot[] {
  const { media } = description;
  if (media.length !== offered.length) {
    throw new ProtocolError('malformed-sdp', 'The answer has another number of m-lines than the offer.');
  }
  const live = media.filter((line, index) => isAccepted(line, offered[index]));
  const group = description.bundleGroups.find((mids) => mids.includes(live[0]?.mid ?? ''));
  return media.map((line, index) => {
    const slot = offered[index];
    if (line.kind !== slot.kind || (line.mid !== null && line.mid !== slot.mid)) {
      throw new ProtocolError('malformed-sdp', `The answer's m-line ${index} is not that of the offer.`);
    }
    if (!isAccepted(line, slot)) return rejectedSlot(slot);
    if (!line.rtcpMux && !isDataSlot(slot))
      throw new ProtocolError('unsupported-sdp', 'The answer refuses rtcp-mux.');
    if (live.length > 1 && (line.mid === null || !group?.includes(line.mid))) {
      throw new ProtocolError('unsupported-sdp', 'The answer does not bundle its m-lines.');
    }
    return isDataSlot(slot) ? acceptDataLine(line, slot) : acceptLine(line, slot);
  });
}

/** The lines of an answer that may describe the transport, the one that carries it first. */
export function answerTransportLines(
  description: SessionDescription,
  offered: readonly MediaSlot[],
): MediaDescription[] {
  const live = description.media.filter((line, index) => isAccepted(line, offered[index]));
  const group = description.bundleGroups.find((mids) => mids.includes(live[0]?.mid ?? ''));
  if (!group) return live;
  return [...live].sort((a, b) => group.indexOf(a.mid ?? '') - group.indexOf(b.mid ?? ''));
}

/** What we offered with port 0 stays refused, whatever the answer says. */
function isAccepted(line: MediaDescription, offered: MediaSlot): boolean {
  return !offered.rejected && line.port !== 0;
}

function acceptDataLine(line: MediaDescription, offered: MediaSlot): MediaSlot {
  const data = readDataLine(line);
  if (data === null) {
    throw new ProtocolError(
      'malformed-sdp',
      'The answer accepts data channels without saying how (RFC 8841).',
    );
  }
  return { ...offered, formats: line.formats, data };
}

function acceptLine(line: MediaDescription, offered: MediaSlot): MediaSlot {
  const codecs = acceptCodecs(offered.codecs, line.codecs);
  if (codecs.length === 0) {
    throw new ProtocolError('malformed-sdp', 'The answer accepts a line with none of the offered codecs.');
  }
  const direction = agree(offered.statedDirection, line.direction);
  const extensions = acceptExtensions(offered.extensions, line.headerExtensions);
  const rids = receives(direction) ? acceptedRids(line, extensions) : [];
  return {
    ...offered,
    formats: line.formats,
    codecs,
    extensions,
    encodings: receives(direction) ? remoteEncodings(line, rids) : [],
    rids,
    direction,
  };
}
