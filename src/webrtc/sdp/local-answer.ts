import { dataSlot } from './data-line.ts';
import { agree, receives } from './direction.ts';
import { answerExtensions } from './header-extensions.ts';
import { headerExtensionMap, type IdentifierMap } from './identifier-map.ts';
import {
  dataSection,
  type LocalTransportDescription,
  liveSection,
  rejectedSection,
} from './media-section.ts';
import { type MediaSlot, rejectedSlot } from './media-slot.ts';
import type { NegotiatorOptions } from './negotiator-options.ts';
import { acceptedRids, remoteEncodings } from './remote-encodings.ts';
import type { OfferedLine } from './remote-lines.ts';
import type { RemoteOfferPlan } from './remote-offer.ts';
import type { ExtensionMapping, MediaDescription } from './session-description.ts';

export interface LocalAnswer {
  readonly media: readonly MediaDescription[];
  readonly slots: readonly MediaSlot[];
  readonly bundle: readonly string[];
}

/** Whether a planned line is refused in the answer; one of ours that was stopped is, unless it must stay. */
export function isRefused(line: OfferedLine, tagged: OfferedLine | undefined): boolean {
  return line.rejection !== null || (line.transceiver?.stopped === true && line !== tagged);
}

/**
 * The line to carry the transport. Taking away the line that carries it so far would confuse several clients,
 * so a stopped line that is first of those acceptable stays, inactive.
 */
export function taggedLine(lines: readonly OfferedLine[], plan: RemoteOfferPlan): OfferedLine | undefined {
  const first = plan.transportLines[0];
  return lines.find(({ remote, rejection }) => rejection === null && remote === first);
}

/** Builds the answer to a planned offer, and the slots it leads to (RFC 9429 §5.3.1). */
export function answerOffer(
  lines: readonly OfferedLine[],
  plan: RemoteOfferPlan,
  options: NegotiatorOptions,
  transport: LocalTransportDescription,
  setup: 'active' | 'passive',
): LocalAnswer {
  const tagged = taggedLine(lines, plan);
  const media: MediaDescription[] = [];
  const slots: MediaSlot[] = [];
  const extensionIds = headerExtensionMap();
  for (const line of lines) {
    const { remote, transceiver } = line;
    const midStated = remote.mid !== null;
    const { kind, protocol, formats } = remote;
    const sectionMid = remote.sectionMid ?? line.mid;
    if (line.data !== null && options.dataChannels) {
      const { mid, data } = line;
      const capability = options.dataChannels;
      media.push(
        dataSection({ protocol, mid: remote.mid, capability, transport, setup, tagged: line === tagged }),
      );
      slots.push(dataSlot({ protocol, mid, sectionMid, midStated, formats, data, offerer: 'remote' }));
      continue;
    }
    if (transceiver === null || isRefused(line, tagged)) {
      const slot = rejectedSlot({
        kind,
        protocol,
        formats,
        mid: line.mid,
        sectionMid,
        midStated,
        transceiver,
        offerer: 'remote',
      });
      media.push(rejectedSection(slot));
      slots.push(slot);
      continue;
    }
    const direction = agree(transceiver.direction, remote.direction);
    const extensions = answerExtensions(
      transceiver.kind,
      // Lines on one transport must not disagree about an identifier (RFC 8843 §9.1). aiortc 1.4's do: it then reads
      // the extensions of one line by the table of another, and drops the connection over what it finds.
      agreeing(remote.headerExtensions, extensionIds),
      options.headerExtensions,
      direction,
    );
    for (const { id, uri } of extensions) extensionIds.note(id, uri);
    const rids = receives(direction) ? acceptedRids(remote, extensions) : [];
    media.push(
      liveSection({
        kind: transceiver.kind,
        protocol,
        mid: remote.mid,
        direction,
        codecs: line.codecs,
        extensions,
        rids,
        transceiver,
        cname: options.cname,
        rtcpReducedSize: remote.rtcpReducedSize,
        extmapAllowMixed: remote.extmapAllowMixed,
        transport,
        setup,
        tagged: line === tagged,
      }),
    );
    slots.push({
      kind,
      protocol,
      mid: line.mid,
      sectionMid,
      midStated,
      formats,
      transceiver,
      rejected: false,
      codecs: line.codecs,
      extensions,
      encodings: receives(direction) ? remoteEncodings(remote, rids) : [],
      rids,
      statedDirection: direction,
      direction,
      announcedMsid: transceiver.msid,
      data: null,
      offerer: 'remote',
    });
  }
  const accepted = new Set(slots.filter(({ rejected }) => !rejected).map(({ mid }) => mid));
  return { media, slots, bundle: plan.group.filter((mid) => accepted.has(mid)) };
}

/** The same list where all agree, as it may be one that connections share. */
function agreeing(offered: readonly ExtensionMapping[], ids: IdentifierMap): readonly ExtensionMapping[] {
  const agrees = ({ id, uri }: ExtensionMapping): boolean => ids.agrees(id, uri);
  return offered.every(agrees) ? offered : offered.filter(agrees);
}
