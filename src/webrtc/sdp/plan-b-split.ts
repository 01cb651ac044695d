/** Takes descriptions in Plan B apart, into lines of one track each; see plan-b-section.ts. */
import { ProtocolError } from '../../errors.ts';
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import { announcedTracks } from './announced-tracks.ts';
import { directionOf, receives, sends } from './direction.ts';
import type { MediaSlot } from './media-slot.ts';
import { type PlanBSection, sectionsOf, trackMid } from './plan-b-section.ts';
import type { MediaDescription, SessionDescription } from './session-description.ts';
import { Transceiver } from './transceiver.ts';

/**
 * Whether a description can only be meant as Plan B: some m-line has several tracks. One track of each kind reads the
 * same either way, and mids say nothing: those of Unified Plan may be `audio` and `video` too.
 */
export function isPlanB({ media }: SessionDescription): boolean {
  return media.some((line) => line.mid !== null && tracksOf(line).length > 1);
}

/**
 * An offer with a line for each track: those that go on, in the order of `slots`, then what is new.
 *
 * @throws {ProtocolError} malformed-sdp, limit-media-lines
 */
export function splitOffer(
  offer: SessionDescription,
  slots: readonly MediaSlot[],
  maxMediaLines: number,
): SessionDescription {
  const sections = sectionsOf(slots);
  if (offer.media.length < sections.length) {
    throw new ProtocolError('malformed-sdp', 'The offer lacks m-lines of the session (RFC 3264 §8).');
  }
  const known = new Map<MediaSlot, MediaDescription>();
  const added: MediaDescription[] = [];
  offer.media.forEach((remote, index) => {
    const section = sections[index];
    if (section !== undefined && isInUse(section) && (remote.mid ?? section.mid) !== section.mid) {
      throw new ProtocolError('malformed-sdp', `m-line ${index} changed its mid while in use.`);
    }
    splitLine(remote, section, () => true).forEach((line, position) => {
      const slot = section?.slots[position];
      if (slot === undefined) added.push(line);
      else known.set(slot, line);
    });
  });
  return withLines(offer, [...slots.map((slot) => known.get(slot)!), ...added], maxMediaLines);
}

/**
 * An answer with a line for each slot of our offer, and slots for the tracks it has beyond them: where it was offered
 * to send, it may send any number.
 *
 * @throws {ProtocolError} malformed-sdp, limit-media-lines
 */
export function splitAnswer(
  answer: SessionDescription,
  offered: readonly MediaSlot[],
  maxMediaLines: number,
): { readonly description: SessionDescription; readonly slots: readonly MediaSlot[] } {
  const sections = sectionsOf(offered);
  if (answer.media.length !== sections.length) {
    throw new ProtocolError('malformed-sdp', 'The answer has another number of m-lines than the offer.');
  }
  const known = new Map<MediaSlot, MediaDescription>();
  const added: MediaDescription[] = [];
  const slots = [...offered];
  answer.media.forEach((remote, index) => {
    const section = sections[index];
    const receiving = section.slots.find(offersToReceive);
    splitLine(remote, section, offersToReceive).forEach((line, position) => {
      if (position < section.slots.length) known.set(section.slots[position], line);
      else if (receiving !== undefined) {
        added.push(line);
        slots.push(furtherSlot(receiving, trackMid(section.mid, position)));
      }
    });
  });
  const lines = [...offered.map((slot) => known.get(slot)!), ...added];
  return { description: withLines(answer, lines, maxMediaLines), slots };
}

/** A line for each slot of a section, then one for each track that goes into none of them; at least one. */
function splitLine(
  remote: MediaDescription,
  section: PlanBSection | undefined,
  mayCarry: (slot: MediaSlot) => boolean,
): MediaDescription[] {
  const slots = section?.slots ?? [];
  const mid = remote.mid ?? section?.mid ?? null;
  // Tracks of a line that cannot be named could not be grouped with it.
  const carried = assign(mid === null ? [remote] : partsOf(remote), slots, mayCarry);
  const shared = carried.length > 1;
  return carried.map((part, position) => ({
    ...(part ?? emptyLine(remote, section, position)),
    ...(mid === null ? {} : { sectionMid: mid }),
    mid: position === 0 ? remote.mid : trackMid(mid!, position),
    // It names m-lines (RFC 9143 §15), and would say of each track that it is the first.
    headerExtensions: remote.headerExtensions.filter(({ uri }) => !shared || uri !== headerExtensionUri.mid),
  }));
}

/** What of the remote's goes into which slot; null for nothing. What is behind the slots needs further ones. */
function assign(
  parts: readonly MediaDescription[],
  slots: readonly MediaSlot[],
  mayCarry: (slot: MediaSlot) => boolean,
): (MediaDescription | null)[] {
  if (parts.length <= 1 && slots.length <= 1) return [parts[0] ?? null];
  const carried: (MediaDescription | null)[] = slots.map(() => null);
  const place = (part: MediaDescription, suits: (slot: MediaSlot) => boolean): boolean => {
    const position = slots.findIndex((slot, at) => carried[at] === null && mayCarry(slot) && suits(slot));
    if (position >= 0) carried[position] = part;
    return position >= 0;
  };
  const unplaced = parts.filter((part) => !place(part, (slot) => continuesTrack(slot, part)));
  for (const part of unplaced)
    if (!place(part, ({ encodings }) => encodings.length === 0)) carried.push(part);
  return carried;
}

/** A line of each track, where there are several; else the line itself, if it sends at all. */
function partsOf(remote: MediaDescription): MediaDescription[] {
  const tracks = tracksOf(remote);
  if (tracks.length <= 1) return sends(remote.direction) ? [remote] : [];
  return tracks.map(({ msid, ssrcs, ssrcGroups }) => ({ ...remote, msids: [msid], ssrcs, ssrcGroups }));
}

function tracksOf(line: MediaDescription) {
  const isMedia = line.kind === 'audio' || line.kind === 'video';
  return isMedia && (line.port !== 0 || line.bundleOnly) ? announcedTracks(line) : [];
}

function continuesTrack({ encodings, transceiver }: MediaSlot, { ssrcs, msids }: MediaDescription): boolean {
  if (encodings.length === 0) return false;
  if (ssrcs.some(({ ssrc }) => encodings.some((encoding) => encoding.ssrc === ssrc))) return true;
  const [before, now] = [transceiver?.remoteMsid, msids[0] ?? ssrcs[0]?.msid];
  return now != null && before?.streamId === now.streamId && before.trackId === now.trackId;
}

/** Of a slot that the remote sends no track on. One that was refused stays that, as long as its section has others. */
function emptyLine(
  remote: MediaDescription,
  section: PlanBSection | undefined,
  position: number,
): MediaDescription {
  const nothing = { msids: [], rids: [], simulcast: null, ssrcs: [], ssrcGroups: [] };
  if (section?.slots[position].rejected && (position > 0 || isInUse(section))) {
    return { ...remote, ...nothing, port: 0, bundleOnly: false, direction: 'inactive' };
  }
  return { ...remote, ...nothing, direction: directionOf(false, receives(remote.direction)) };
}

function isInUse({ slots }: PlanBSection): boolean {
  return slots.some(({ rejected }) => !rejected);
}

function offersToReceive({ rejected, statedDirection }: MediaSlot): boolean {
  return !rejected && receives(statedDirection);
}

/** As if it had been offered, beside a slot that was. */
function furtherSlot(beside: MediaSlot, mid: string): MediaSlot {
  const transceiver = new Transceiver(beside.transceiver!.kind, 'recvonly');
  transceiver.mid = mid;
  transceiver.sectionMid = beside.sectionMid;
  return { ...beside, mid, transceiver, statedDirection: 'recvonly', encodings: [], announcedMsid: null };
}

/** The description with other lines, which are in the BUNDLE groups that theirs were in. */
function withLines(
  description: SessionDescription,
  media: readonly MediaDescription[],
  maxMediaLines: number,
): SessionDescription {
  if (media.length > maxMediaLines) {
    throw new ProtocolError('limit-media-lines', `There are more than ${maxMediaLines} m-lines and tracks.`);
  }
  const members = new Map<string, string[]>();
  for (const { sectionMid, mid, port, bundleOnly } of media) {
    if (sectionMid === undefined || mid === null) continue;
    const mids = members.get(sectionMid) ?? [];
    if (mids.length === 0 || port !== 0 || bundleOnly) mids.push(mid);
    members.set(sectionMid, mids);
  }
  const bundleGroups = description.bundleGroups.map((mids) => mids.flatMap((mid) => members.get(mid) ?? mid));
  return { ...description, bundleGroups, media };
}
