import { sends } from './direction.ts';
import type { MediaDescription, Msid, SsrcDescription, SsrcGroup } from './session-description.ts';

/** A track of Plan B: what an m-line says of it. */
export interface AnnouncedTrack {
  readonly msid: Msid;
  readonly ssrcs: readonly SsrcDescription[];
  readonly ssrcGroups: readonly SsrcGroup[];
}

/** The groups whose SSRCs are of one track: what repairs it (RFC 4588, RFC 5956, RFC 8627), and its simulcast. */
const oneTrack = new Set(['FID', 'FEC', 'FEC-FR', 'SIM']);

/**
 * The tracks that an m-line sends as Plan B has them, in the order of the line: those whose SSRCs state different msids.
 * SSRCs of one group are of one track, be it for simulcast or repairs. None where that is not how the line names what
 * it sends: with a=msid or a=rid it is one of Unified Plan, which has one track, and SSRCs without a msid are nobody's.
 */
export function announcedTracks(media: MediaDescription): AnnouncedTrack[] {
  if (media.msids.length > 0 || media.rids.length > 0 || !sends(media.direction)) return [];
  const groups = media.ssrcGroups.filter(({ semantics }) => oneTrack.has(semantics));
  const leaderOf = leaders(groups);
  const msidOf = new Map<number, Msid>();
  for (const { ssrc, msid } of media.ssrcs) {
    const leader = leaderOf(ssrc);
    if (msid !== null && !msidOf.has(leader)) msidOf.set(leader, msid);
  }
  const tracks = new Map<string, { msid: Msid; ssrcs: SsrcDescription[]; ssrcGroups: SsrcGroup[] }>();
  const trackOf = (ssrc: number) => {
    const msid = msidOf.get(leaderOf(ssrc));
    if (msid === undefined) return null;
    const key = `${msid.streamId} ${msid.trackId}`;
    const track = tracks.get(key) ?? { msid, ssrcs: [], ssrcGroups: [] };
    tracks.set(key, track);
    return track;
  };
  for (const source of media.ssrcs) trackOf(source.ssrc)?.ssrcs.push(source);
  for (const group of groups) if (group.ssrcs.length > 0) trackOf(group.ssrcs[0])?.ssrcGroups.push(group);
  return [...tracks.values()];
}

/** For each SSRC one that stands for all that belong together with it. */
function leaders(groups: readonly SsrcGroup[]): (ssrc: number) => number {
  const parents = new Map<number, number>();
  const leaderOf = (ssrc: number): number => {
    let leader = ssrc;
    for (let next = parents.get(leader); next !== undefined; next = parents.get(leader)) leader = next;
    // The next search is short, whatever chain of groups a description makes.
    if (leader !== ssrc) parents.set(ssrc, leader);
    return leader;
  };
  for (const { ssrcs } of groups) {
    for (const ssrc of ssrcs.slice(1)) {
      const [one, other] = [leaderOf(ssrcs[0]), leaderOf(ssrc)];
      if (one !== other) parents.set(other, one);
    }
  }
  return leaderOf;
}
