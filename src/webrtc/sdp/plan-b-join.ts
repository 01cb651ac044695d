/** Puts lines of one track each together as Plan B has them; see plan-b-section.ts. */
import { directionOf, receives, sends } from './direction.ts';
import type { MediaSlot } from './media-slot.ts';
import { sectionsOf } from './plan-b-section.ts';
import type { MediaDescription } from './session-description.ts';

/** The m-lines of what we describe: of each section one, with all that it sends. `media` are the lines of `slots`. */
export function joinSections(
  media: readonly MediaDescription[],
  slots: readonly MediaSlot[],
): MediaDescription[] {
  const lineOf = new Map(slots.map((slot, index) => [slot, media[index]]));
  return sectionsOf(slots).map((section) => {
    const lines = section.slots.map((slot) => ({ slot, line: lineOf.get(slot)! }));
    const live = lines.filter(({ slot }) => !slot.rejected);
    const { slot, line } = live[0] ?? lines[0];
    const mid = slot.midStated ? section.mid : null;
    return live.length === 0 ? { ...line, mid } : { ...join(live.map(({ line }) => line)), mid };
  });
}

/** The mids of a BUNDLE group of `slots`, as those of its m-lines. */
export function joinGroup(mids: readonly string[], slots: readonly MediaSlot[]): string[] {
  const sectionOf = new Map(slots.map(({ mid, sectionMid }) => [mid, sectionMid]));
  return [...new Set(mids.map((mid) => sectionOf.get(mid) ?? mid))];
}

/** The first one says what all have in common, and carries the transport if any of them does. */
function join(lines: readonly MediaDescription[]): MediaDescription {
  const sending = lines.filter(({ direction }) => sends(direction));
  const extensions = new Map(
    lines.flatMap(({ headerExtensions }) => headerExtensions).map((each) => [each.uri, each]),
  );
  return {
    ...lines[0],
    direction: directionOf(
      sending.length > 0,
      lines.some(({ direction }) => receives(direction)),
    ),
    headerExtensions: [...extensions.values()],
    maxKbps: lines.find(({ maxKbps }) => maxKbps != null)?.maxKbps ?? null,
    // It is of the m-line and could name one track only.
    msids: sending.length === 1 ? sending[0].msids : [],
    ssrcs: sending.flatMap(({ ssrcs }) => ssrcs),
    ssrcGroups: sending.flatMap(({ ssrcGroups }) => ssrcGroups),
    labelsSources: true,
  };
}
