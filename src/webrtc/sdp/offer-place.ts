/** Where an offer of ours puts what is new in it. */
import { headerExtensionUri } from '../../media/rtp-parameters.ts';
import type { MediaSlot } from './media-slot.ts';
import { sectionsOf, sharedSections, trackMid } from './plan-b-section.ts';

export interface OfferPlace {
  readonly index: number;
  readonly mid: string;
  readonly sectionMid: string;
  /** A slot in use of the same m-line; null where the line is new. */
  readonly beside: MediaSlot | null;
}

export interface OfferPlaces {
  /** The place of a new track, or of data channels, among `slots` as they are by then; null where there is no room. */
  take(kind: string, slots: readonly MediaSlot[]): OfferPlace | null;
}

/**
 * Each gets an m-line of its own. Those that were refused before are used again, of another kind only where the list
 * may not grow, because fewer clients have been seen to handle a line that changes its kind.
 *
 * @param free indexes of slots that may be used again
 */
export function placesOfUnifiedPlan(
  free: readonly number[],
  nextMid: (kind: string) => string,
  maxMediaLines: number,
): OfferPlaces {
  const unused = [...free];
  const takeIndex = (kind: string, slots: readonly MediaSlot[]): number => {
    const same = unused.findIndex((index) => slots[index].kind === kind);
    if (same < 0 && slots.length < maxMediaLines) return slots.length;
    return unused.length > 0 ? unused.splice(Math.max(same, 0), 1)[0] : -1;
  };
  return {
    take(kind, slots) {
      const index = takeIndex(kind, slots);
      if (index < 0) return null;
      const mid = nextMid(kind);
      return { index, mid, sectionMid: mid, beside: null };
    },
  };
}

/** All of a kind go into one m-line, that of the kind which is in use, or else was. */
export function placesOfPlanB(
  free: readonly number[],
  nextMid: (kind: string) => string,
  maxMediaLines: number,
): OfferPlaces {
  const unused = new Set(free);
  return {
    take(kind, slots) {
      const sections = sectionsOf(slots).filter((section) => section.kind === kind);
      const inUse = (slot: MediaSlot) => !slot.rejected;
      const section = sections.find((each) => each.slots.some(inUse)) ?? sections[0];
      const found = section?.slots.findIndex((slot) => unused.has(slots.indexOf(slot))) ?? -1;
      const index = found < 0 ? slots.length : slots.indexOf(section.slots[found]);
      if (index >= maxMediaLines) return null;
      unused.delete(index);
      if (section === undefined) {
        const mid = nextMid(kind);
        return { index, mid, sectionMid: mid, beside: null };
      }
      const position = found < 0 ? section.slots.length : found;
      const beside = section.slots.find(inUse) ?? null;
      return { index, mid: trackMid(section.mid, position), sectionMid: section.mid, beside };
    },
  };
}

/** Packets of an m-line with several tracks cannot say by its mid which track they are of. */
export function withoutSharedMids(slots: readonly MediaSlot[]): MediaSlot[] {
  const shared = sharedSections(slots);
  return slots.map((slot) => {
    if (!shared.has(slot.sectionMid)) return slot;
    return { ...slot, extensions: slot.extensions.filter(({ uri }) => uri !== headerExtensionUri.mid) };
  });
}
