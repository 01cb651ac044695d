import { defaultProfileLevelId, parseProfileLevelId } from '../../media/codecs/h264-profile.ts';

interface NamedFormat {
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * A text equal for two formats exactly when a sender of one can be understood by a receiver of the other: the
 * name, the rate, the channels, and those parameters that choose a different bit stream or packetization. It
 * is what SDP answers match codecs by, and what a payload type means for the life of a connection.
 */
export function codecIdentity(format: NamedFormat): string {
  const name = format.name.toLowerCase();
  const base = `${name}/${format.clockRate}/${format.channels}`;
  const { parameters } = format;
  switch (name) {
    case 'h264': {
      const text = parameters['profile-level-id'] ?? defaultProfileLevelId;
      const profile = parseProfileLevelId(text)?.profile ?? `unknown-${text.slice(0, 16)}`;
      return `${base}/${profile}/${parameters['packetization-mode'] ?? '0'}`;
    }
    case 'vp9':
      return `${base}/${parameters['profile-id'] ?? '0'}`;
    case 'av1':
      return `${base}/${parameters.profile ?? '0'}`;
    case 'h265': {
      const mode = (parameters['tx-mode'] ?? 'SRST').toUpperCase();
      return `${base}/${parameters['profile-id'] ?? '1'}/${parameters['tier-flag'] ?? '0'}/${mode}`;
    }
    default:
      return base;
  }
}

/** What a payload type of RTX means: the retransmissions of one other payload type. */
export function rtxIdentity(payloadType: number): string {
  return `rtx/${payloadType}`;
}

/** What a payload type of RED means: the redundancy of one other payload type. */
export function redIdentity(payloadType: number): string {
  return `red/${payloadType}`;
}
