import { offerCodecs } from './codec-negotiation.ts';
import { dataLineFormat, dataLineKind, dataLineProtocol, dataSlot, isDataSlot } from './data-line.ts';
import { receives } from './direction.ts';
import { offerExtensions, reofferExtensions } from './header-extensions.ts';
import type { Identifiers } from './identifiers.ts';
import {
  dataSection,
  type LocalTransportDescription,
  liveSection,
  rejectedSection,
} from './media-section.ts';
import { type MediaSlot, rejectedSlot, taggedSlot } from './media-slot.ts';
import type { NegotiatorOptions } from './negotiator-options.ts';
import { type OfferPlace, placesOfPlanB, placesOfUnifiedPlan, withoutSharedMids } from './offer-place.ts';
import type { MediaDescription } from './session-description.ts';
import type { Transceiver } from './transceiver.ts';

/** The protocol of lines we add (RFC 9429 §5.1.2). */
const protocol = 'UDP/TLS/RTP/SAVPF';

/**
 * The slots as an offer states them; what of it the remote takes is for its answer. Added transceivers for
 * which there is no room are left out.
 *
 * @param nextMid makes a mid for a new m-line of a kind
 * @param planB whether all tracks of a kind go into one m-line
 */
export function offerSlots(
  slots: readonly MediaSlot[],
  added: readonly Transceiver[],
  addsData: boolean,
  nextMid: (kind: string) => string,
  options: NegotiatorOptions,
  identifiers: Identifiers,
  planB: boolean,
): MediaSlot[] {
  const tagged = taggedSlot(slots);
  const result = slots.map((slot) => reofferSlot(slot, slot === tagged, options));
  // Only what was refused before this offer is free: of that the remote knows already (RFC 9429 §5.2.2).
  const free = slots.flatMap(({ rejected }, index) => (rejected ? [index] : []));
  const places = (planB ? placesOfPlanB : placesOfUnifiedPlan)(free, nextMid, options.maxMediaLines);
  for (const transceiver of added) {
    const place = places.take(transceiver.kind, result);
    if (place !== null) result[place.index] = newSlot(transceiver, place, options, identifiers);
  }
  if (addsData) {
    const place = places.take(dataLineKind, result);
    if (place !== null) result[place.index] = newDataSlot(place);
  }
  return planB ? withoutSharedMids(result) : result;
}

/** The m-lines of an offer. */
export function offerMedia(
  slots: readonly MediaSlot[],
  options: NegotiatorOptions,
  transport: LocalTransportDescription,
): MediaDescription[] {
  const tagged = taggedSlot(slots);
  return slots.map((slot) => {
    if (isDataSlot(slot) && options.dataChannels) {
      const { protocol, mid } = slot;
      const capability = options.dataChannels;
      return dataSection({ protocol, mid, capability, transport, setup: 'actpass', tagged: slot === tagged });
    }
    if (slot.rejected || slot.transceiver === null) return rejectedSection({ ...slot, midStated: true });
    return liveSection({
      kind: slot.transceiver.kind,
      protocol: slot.protocol,
      mid: slot.mid,
      direction: slot.statedDirection,
      codecs: slot.codecs,
      extensions: slot.extensions,
      rids: slot.rids,
      transceiver: slot.transceiver,
      cname: options.cname,
      rtcpReducedSize: true,
      extmapAllowMixed: false,
      transport,
      setup: 'actpass',
      tagged: slot === tagged,
    });
  });
}

function reofferSlot(slot: MediaSlot, tagged: boolean, options: NegotiatorOptions): MediaSlot {
  const { transceiver } = slot;
  if (isDataSlot(slot)) return { ...slot, offerer: 'local' };
  if (slot.rejected || transceiver === null || (transceiver.stopped && !tagged)) {
    return rejectedSlot({ ...slot, offerer: 'local' });
  }
  const { direction } = transceiver;
  return {
    ...slot,
    // An answered line goes on with the codecs, extensions and RIDs agreed for it (RFC 9429 §5.2.2).
    extensions: reofferExtensions(transceiver.kind, slot.extensions, options.headerExtensions, direction),
    rids: receives(direction) ? slot.rids : [],
    statedDirection: direction,
    announcedMsid: transceiver.msid,
    offerer: 'local',
  };
}

function newDataSlot({ mid, sectionMid }: OfferPlace): MediaSlot {
  const formats = [dataLineFormat];
  return dataSlot({
    protocol: dataLineProtocol,
    mid,
    sectionMid,
    midStated: true,
    formats,
    data: null,
    offerer: 'local',
  });
}

function newSlot(
  transceiver: Transceiver,
  { mid, sectionMid, beside }: OfferPlace,
  options: NegotiatorOptions,
  identifiers: Identifiers,
): MediaSlot {
  const { kind, direction } = transceiver;
  const { headerExtensions } = options;
  // An m-line has one list of codecs, and one of extensions.
  const codecs = beside?.codecs ?? offerCodecs(kind, options.codecs, identifiers.payloadTypes);
  return {
    kind,
    protocol: beside?.protocol ?? protocol,
    mid,
    sectionMid,
    midStated: beside?.midStated ?? true,
    formats: codecs.map(({ local }) => String(local.payloadType)),
    transceiver,
    rejected: false,
    codecs,
    extensions:
      beside === null
        ? offerExtensions(kind, headerExtensions, direction, identifiers.extensions)
        : reofferExtensions(kind, beside.extensions, headerExtensions, direction),
    encodings: [],
    rids: [],
    statedDirection: direction,
    direction: 'inactive',
    announcedMsid: transceiver.msid,
    data: null,
    offerer: 'local',
  };
}
