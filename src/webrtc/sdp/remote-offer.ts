import { ProtocolError } from '../../errors.ts';
import { answerCodecs, type NegotiatedCodec } from './codec-negotiation.ts';
import { type DataLine, isDataSlot, readDataLine } from './data-line.ts';
import type { MediaSlot } from './media-slot.ts';
import type { NegotiatorOptions } from './negotiator-options.ts';
import type { MediaDescription, SessionDescription } from './session-description.ts';
import type { StopReason } from './transceiver.ts';

/** What is to become of one m-line of a remote offer. */
export interface PlannedLine {
  readonly remote: MediaDescription;
  readonly mid: string;
  /** The slot with its transceiver where the line continues one; null where it is a new line. */
  readonly continues: MediaSlot | null;
  /** The slot before, whether it goes on or is recycled. */
  readonly previous: MediaSlot | null;
  /** Why the line is refused; null where it is accepted. 'kind-not-supported' needs no transceiver. */
  readonly rejection: StopReason | 'kind-not-supported' | null;
  readonly codecs: readonly NegotiatedCodec[];
  /** Of an accepted line of data channels, of which a connection has one. */
  readonly data: DataLine | null;
}

export interface RemoteOfferPlan {
  readonly lines: readonly PlannedLine[];
  /** The mids of the BUNDLE group in use, in its order; empty where the offer has none. */
  readonly group: readonly string[];
  /** The accepted lines, that which carries the transport first, then others that may describe it. */
  readonly transportLines: readonly MediaDescription[];
}

type PlanOptions = Pick<NegotiatorOptions, 'codecs' | 'maxMediaLines' | 'dataChannels' | 'codecOrder'>;

/**
 * Decides what a remote offer means for the connection, without changing anything.
 *
 * @throws {ProtocolError} malformed-sdp, unsupported-sdp, limit-media-lines
 */
export function planRemoteOffer(
  description: SessionDescription,
  slots: readonly MediaSlot[],
  { codecs: capabilities, maxMediaLines, dataChannels, codecOrder }: PlanOptions,
): RemoteOfferPlan {
  const { media } = description;
  if (media.length === 0) throw new ProtocolError('unsupported-sdp', 'The offer has no m-line.');
  if (media.length > maxMediaLines) {
    throw new ProtocolError('limit-media-lines', `The offer has more than ${maxMediaLines} m-lines.`);
  }
  if (media.length < slots.length) {
    throw new ProtocolError('malformed-sdp', 'The offer lacks m-lines of the session (RFC 3264 §8).');
  }
  const data = dataChannels !== undefined ? chooseDataLine(media, slots) : undefined;
  const isUsable = (line: MediaDescription): boolean => line === data || isUsableRtp(line);
  const group = description.bundleGroups.find((mids) =>
    media.some((line) => line.mid !== null && mids.includes(line.mid) && isUsable(line)),
  );
  const lone = group ? undefined : media.find(isUsable);
  const stated = new Set(media.map(({ mid }) => mid));
  const lines = media.map((remote, index): PlannedLine => {
    const previous = slots[index] ?? null;
    const continues = previous && !previous.rejected ? previous : null;
    if (continues && !continuesLine(remote, continues)) {
      throw new ProtocolError('malformed-sdp', `m-line ${index} changed its mid or kind while in use.`);
    }
    const bundled = remote === lone || (remote.mid !== null && group?.includes(remote.mid) === true);
    const dataLine = remote === data && bundled ? readDataLine(remote) : null;
    const codecs = answerCodecs(remote.kind, remote.codecs, capabilities, codecOrder);
    return {
      remote,
      mid: remote.mid ?? continues?.mid ?? unusedMid(index, stated),
      continues,
      previous,
      rejection: dataLine ? null : rejectionOf(remote, bundled, codecs),
      codecs,
      data: dataLine,
    };
  });
  if (new Set(lines.map(({ mid }) => mid)).size < lines.length) {
    throw new ProtocolError('malformed-sdp', 'A stated mid is that of a line without one.');
  }
  const accepted = lines.filter(({ rejection }) => rejection === null);
  const position = (mid: string) => group?.indexOf(mid) ?? 0;
  accepted.sort((a, b) => position(a.mid) - position(b.mid));
  const others = (group ?? []).flatMap((mid) => media.find((line) => line.mid === mid && isLive(line)) ?? []);
  const transportLines = [...accepted.map(({ remote }) => remote), ...others];
  return {
    lines,
    group: group ?? [],
    transportLines: transportLines.length > 0 ? transportLines : media.filter(isLive),
  };
}

function continuesLine(remote: MediaDescription, slot: MediaSlot): boolean {
  return remote.kind === slot.kind && (remote.mid === null || remote.mid === slot.mid);
}

function rejectionOf(
  line: MediaDescription,
  bundled: boolean,
  codecs: readonly NegotiatedCodec[],
): PlannedLine['rejection'] {
  if (line.kind !== 'audio' && line.kind !== 'video') return 'kind-not-supported';
  if (!isLive(line)) return 'remote-stopped';
  if (!isRtp(line)) return 'protocol-not-supported';
  if (!line.rtcpMux) return 'rtcp-mux-missing';
  if (!bundled) return 'not-bundled';
  return codecs.length === 0 ? 'no-common-codec' : null;
}

/** Port 0 means refused, except with a=bundle-only (RFC 8843 §6). */
function isLive(line: MediaDescription): boolean {
  return line.port !== 0 || line.bundleOnly;
}

/** The line of data channels: that in use, else the first. */
function chooseDataLine(
  media: readonly MediaDescription[],
  slots: readonly MediaSlot[],
): MediaDescription | undefined {
  const isOne = (line: MediaDescription): boolean => isLive(line) && readDataLine(line) !== null;
  return (
    media.find((line, index) => slots[index] && isDataSlot(slots[index]) && isOne(line)) ?? media.find(isOne)
  );
}

function isUsableRtp(line: MediaDescription): boolean {
  return (line.kind === 'audio' || line.kind === 'video') && isLive(line) && isRtp(line) && line.rtcpMux;
}

/** RFC 9429 §5.1.2: any RTP profile is taken for the secure one with feedback. */
function isRtp(line: MediaDescription): boolean {
  return /^(?:(?:UDP|TCP)\/(?:TLS|DTLS)\/)?RTP\/S?AVPF?$/.test(line.protocol);
}

/** A mid for a line that states none: its index, or the next number that no line states. */
function unusedMid(index: number, stated: Set<string | null>): string {
  let number = index;
  while (stated.has(String(number))) number++;
  stated.add(String(number));
  return String(number);
}
