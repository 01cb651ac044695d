import type { ReceiveParameters, RtpEncoding, SendParameters } from '../../media/rtp-parameters.ts';
import { codecParameters, type NegotiatedCodec } from './codec-negotiation.ts';
import { receives, sends } from './direction.ts';
import { extensionParameters, type NegotiatedExtension, usesTransportWideCc } from './header-extensions.ts';
import type { MediaSlot } from './media-slot.ts';
import type { MediaDescription, Msid } from './session-description.ts';
import type { Transceiver } from './transceiver.ts';

/**
 * Tells a transceiver what an exchange agreed for its line. Objects whose content is unchanged are kept.
 *
 * @param shared whether the line is a track of an m-line that had others, as Plan B has them
 */
export function applySlot(transceiver: Transceiver, slot: MediaSlot, cname: string, shared: boolean): void {
  if (transceiver.stopped) return;
  transceiver.currentDirection = slot.direction;
  transceiver.receive = keepIfSame(transceiver.receive, receiveParameters(transceiver, slot, shared));
  transceiver.send = keepIfSame(transceiver.send, sendParameters(transceiver, slot, cname));
}

/** What the remote announces on a line it sends on: a=msid, or the older a=ssrc msid. */
export function announcedMsid(media: MediaDescription): Msid | null {
  if (!sends(media.direction)) return null;
  return media.msids[0] ?? media.ssrcs.find(({ msid }) => msid !== null)?.msid ?? null;
}

function receiveParameters(
  { kind }: Transceiver,
  slot: MediaSlot,
  shared: boolean,
): ReceiveParameters | null {
  if (!receives(slot.direction)) return null;
  const encodings: readonly RtpEncoding[] = slot.encodings;
  const { mid, codecs, extensions } = slot;
  const headerExtensions = extensionParameters(extensions, 'receive');
  return {
    mid,
    kind,
    codecs: codecParameters(codecs, 'local', flowUsesTransportWideCc(extensions, 'receive')),
    headerExtensions,
    encodings,
    ...(shared ? { statedSsrcsOnly: true } : {}),
  };
}

function sendParameters(
  { kind, ssrc, rtxSsrc }: Transceiver,
  slot: MediaSlot,
  cname: string,
): SendParameters | null {
  if (!sends(slot.direction)) return null;
  const { mid, codecs, extensions } = slot;
  return {
    mid,
    kind,
    codecs: codecParameters(codecs, 'remote', flowUsesTransportWideCc(extensions, 'send')),
    headerExtensions: extensionParameters(extensions, 'send'),
    ssrc,
    rtxSsrc: repairs(codecs) ? rtxSsrc : -1,
    cname,
  };
}

function repairs(codecs: readonly NegotiatedCodec[]): boolean {
  return codecs.some(({ remote }) => remote.rtxPayloadType >= 0);
}

function flowUsesTransportWideCc(
  extensions: readonly NegotiatedExtension[],
  flow: 'send' | 'receive',
): boolean {
  return usesTransportWideCc(extensions.filter((extension) => extension[flow]));
}

function keepIfSame<T>(before: T | null, after: T | null): T | null {
  if (before === null || after === null) return after;
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
