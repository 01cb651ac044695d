/**
 * Which H.264 streams a receiver can decode, by the profiles of profile-level-id (RFC 6184 §8.1). Levels are not
 * compared: browsers state one and decode more.
 */

export type H264Profile =
  | 'constrained-baseline'
  | 'baseline'
  | 'main'
  | 'constrained-high'
  | 'high'
  | 'other';

/** Taken where profile-level-id is missing, as browsers do. */
const defaultProfileLevelId = '42e01f';

/** The profile a profile-level-id names (RFC 6184 table 5). */
export function h264ProfileOf(profileLevelId: string | undefined): H264Profile {
  const text = profileLevelId ?? defaultProfileLevelId;
  if (!/^[0-9a-fA-F]{6}$/.test(text)) return 'other';
  const profileIdc = Number.parseInt(text.slice(0, 2), 16);
  const constraints = Number.parseInt(text.slice(2, 4), 16);
  const set0 = (constraints & 0x80) !== 0;
  const set1 = (constraints & 0x40) !== 0;
  switch (profileIdc) {
    case 0x42:
      return set1 ? 'constrained-baseline' : 'baseline';
    case 0x4d:
      return set0 ? 'constrained-baseline' : 'main';
    case 0x58:
      if (!set0) return 'other';
      return set1 ? 'constrained-baseline' : 'baseline';
    case 0x64:
      return (constraints & 0x0c) === 0x0c ? 'constrained-high' : 'high';
    default:
      return 'other';
  }
}

/** What each profile's decoders understand besides their own (H.264 annex A.2). */
const decodes: Readonly<Record<H264Profile, readonly H264Profile[]>> = {
  'constrained-baseline': [],
  baseline: ['constrained-baseline'],
  main: ['constrained-baseline'],
  'constrained-high': ['constrained-baseline'],
  high: ['constrained-baseline', 'main', 'constrained-high'],
  other: [],
};

/** Whether a decoder of `receiver` decodes streams of `sender`. */
export function decodesH264Profile(receiver: H264Profile, sender: H264Profile): boolean {
  return (receiver === sender && sender !== 'other') || decodes[receiver].includes(sender);
}
