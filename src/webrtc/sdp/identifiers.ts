import { redPrimary } from '../../media/codecs/red.ts';
import { codecIdentity, redIdentity, rtxIdentity } from './codec-identity.ts';
import { headerExtensionMap, type IdentifierMap, payloadTypeMap } from './identifier-map.ts';
import type { MediaSlot } from './media-slot.ts';
import type { MediaDescription, PayloadFormat } from './session-description.ts';

/** The numbers of one connection that mean the same on all its lines, because they share a transport. */
export interface Identifiers {
  readonly payloadTypes: IdentifierMap;
  readonly extensions: IdentifierMap;
}

export function newIdentifiers(): Identifiers {
  return { payloadTypes: payloadTypeMap(), extensions: headerExtensionMap() };
}

/** A copy to make an offer with. */
export function cloneIdentifiers({ payloadTypes, extensions }: Identifiers): Identifiers {
  return { payloadTypes: payloadTypes.clone(), extensions: extensions.clone() };
}

/** What an exchange used numbers for. */
export interface Usage {
  readonly slots: readonly MediaSlot[];
  /** The remote's lines. */
  readonly remote: readonly Pick<MediaDescription, 'codecs' | 'headerExtensions'>[];
}

/** Notes what both sides agreed on, then what the remote uses its numbers for, codecs we do not know included. */
export function noteUsage(identifiers: Identifiers, { slots, remote }: Usage): void {
  noteSlots(identifiers, slots);
  noteRemote(identifiers, remote);
}

function noteSlots({ payloadTypes, extensions }: Identifiers, slots: readonly MediaSlot[]): void {
  for (const slot of slots) {
    for (const { local, identity } of slot.codecs) {
      payloadTypes.note(local.payloadType, identity);
      if (local.rtxPayloadType >= 0) payloadTypes.note(local.rtxPayloadType, rtxIdentity(local.payloadType));
    }
    for (const { id, uri } of slot.extensions) extensions.note(id, uri);
  }
}

function noteRemote({ payloadTypes, extensions }: Identifiers, media: Usage['remote']): void {
  for (const line of media) {
    for (const format of line.codecs) payloadTypes.note(format.payloadType, meaningOf(format));
    for (const { id, uri } of line.headerExtensions) extensions.note(id, uri);
  }
}

function meaningOf(format: PayloadFormat): string {
  const name = format.name.toLowerCase();
  if (name === 'rtx') return rtxIdentity(Number(format.parameters.apt));
  if (name === 'red' && redPrimary(format) >= 0) return redIdentity(redPrimary(format));
  return codecIdentity(format);
}
