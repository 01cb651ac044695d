/**
 * Plan B in terms of Unified Plan. Negotiation knows only lines of one track each. Where tracks share an m-line, each
 * has a slot all the same, and the slots of one m-line are its *section*:
 *
 *     m=audio  mid audio                        slot "audio"                 section "audio"
 *     m=video  mid video   camera, screen  ⇄    slot "video", slot "video 2" section "video"
 *
 * What the remote describes is split into sections (plan-b-split.ts), what we describe is joined (plan-b-join.ts).
 * Sections are in the order of their m-lines, which is that of their first slots; further slots are anywhere behind.
 */
import type { MediaSlot } from './media-slot.ts';

export interface PlanBSection {
  readonly mid: string;
  readonly kind: string;
  readonly slots: readonly MediaSlot[];
}

/** The sections of slots, in the order of their m-lines. */
export function sectionsOf(slots: readonly MediaSlot[]): PlanBSection[] {
  const sections = new Map<string, { mid: string; kind: string; slots: MediaSlot[] }>();
  for (const slot of slots) {
    const { sectionMid, kind } = slot;
    const section = sections.get(sectionMid);
    if (section === undefined) sections.set(sectionMid, { mid: sectionMid, kind, slots: [slot] });
    else section.slots.push(slot);
  }
  return [...sections.values()];
}

/** The sections that have more than one slot, be some refused. */
export function sharedSections(slots: readonly MediaSlot[]): Set<string> {
  return new Set(sectionsOf(slots).flatMap(({ mid, slots: { length } }) => (length > 1 ? mid : [])));
}

/** What the line of a section's nth track is called, here only: no mid that is on the wire has a space. */
export function trackMid(sectionMid: string, position: number): string {
  return position === 0 ? sectionMid : `${sectionMid} ${position + 1}`;
}
