import { headerExtensionUri, type RtpHeaderExtension } from '../rtp-parameters.ts';

/** The header extensions this server understands, numbered for tables and bit masks. */
export const ExtensionKind = {
  Mid: 0,
  Rid: 1,
  RepairedRid: 2,
  AbsSendTime: 3,
  TransportWideCc: 4,
  AudioLevel: 5,
  VideoOrientation: 6,
  PlayoutDelay: 7,
  DependencyDescriptor: 8,
  AbsCaptureTime: 9,
  VideoContentType: 10,
} as const;

export const extensionKindCount = 11;
/** In a table of kinds by id: an id nobody negotiated, or one we do not know. */
export const unknownExtension = 255;

const uris: readonly string[] = [
  headerExtensionUri.mid,
  headerExtensionUri.rid,
  headerExtensionUri.repairedRid,
  headerExtensionUri.absSendTime,
  headerExtensionUri.transportWideCc,
  headerExtensionUri.audioLevel,
  headerExtensionUri.videoOrientation,
  headerExtensionUri.playoutDelay,
  headerExtensionUri.dependencyDescriptor,
  headerExtensionUri.absCaptureTime,
  headerExtensionUri.videoContentType,
];

/** The kind of an extension's URI, or -1. */
export function extensionKindOf(uri: string): number {
  return uris.indexOf(uri);
}

/** Sets `kinds[id]` for each extension; ids are the same on all m-lines of a bundle (RFC 8843 §7.1.3). */
export function assignExtensionIds(kinds: Uint8Array, extensions: readonly RtpHeaderExtension[]): void {
  for (const { uri, id } of extensions) {
    const kind = extensionKindOf(uri);
    if (kind >= 0 && id >= 1 && id <= 255) kinds[id] = kind;
  }
}
