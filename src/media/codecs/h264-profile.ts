/**
 * H.264 profiles and levels as SDP's profile-level-id states them (RFC 6184 §8.1): three bytes in hexadecimal,
 * profile_idc, profile-iop (constraint flags), level_idc.
 */

export type H264Profile =
  | 'constrained-baseline'
  | 'baseline'
  | 'main'
  | 'constrained-high'
  | 'high'
  | 'predictive-high-444';

export interface H264ProfileLevel {
  readonly profile: H264Profile;
  /** level_idc: ten times the level, and 9 for level 1b, which lies between 1 (10) and 1.1 (11). */
  readonly levelIdc: number;
}

const level1bIdc = 9;
const constraintSet3 = 0x10;

/**
 * Which (profile_idc, profile-iop) pairs name which profile: RFC 6184 table 5. In a pattern, 'x' is a bit that
 * does not matter; bits are constraint_set0_flag first.
 */
const patterns: readonly (readonly [profileIdc: number, iop: string, profile: H264Profile])[] = [
  [0x42, 'x1xx0000', 'constrained-baseline'],
  [0x4d, '1xxx0000', 'constrained-baseline'],
  [0x58, '11xx0000', 'constrained-baseline'],
  [0x42, 'x0xx0000', 'baseline'],
  [0x58, '10xx0000', 'baseline'],
  [0x4d, '0x0x0000', 'main'],
  [0x64, '00000000', 'high'],
  [0x64, '00001100', 'constrained-high'],
  [0xf4, '00000000', 'predictive-high-444'],
];

/** The bytes to write for a profile: the usual pair for each. */
const prefixes: Readonly<Record<H264Profile, string>> = {
  'constrained-baseline': '42e0',
  baseline: '4200',
  main: '4d00',
  'constrained-high': '640c',
  high: '6400',
  'predictive-high-444': 'f400',
};

/** What a missing profile-level-id is taken for. RFC 6184 says baseline level 1, but browsers say this. */
export const defaultProfileLevelId = '42e01f';

/** The profile of a codec's profile-level-id; null for one this server does not know. */
export function h264ProfileOf(profileLevelId: string | undefined): H264Profile | null {
  return parseProfileLevelId(profileLevelId ?? defaultProfileLevelId)?.profile ?? null;
}

/** null for text that is not a profile-level-id, or a profile this server does not know. */
export function parseProfileLevelId(text: string): H264ProfileLevel | null {
  if (!/^[0-9a-fA-F]{6}$/.test(text)) return null;
  const value = Number.parseInt(text, 16);
  const profileIdc = value >>> 16;
  const iop = (value >>> 8) & 0xff;
  const level = value & 0xff;
  const found = patterns.find(([idc, pattern]) => idc === profileIdc && matches(iop, pattern));
  if (!found) return null;
  // Level 1b is level_idc 11 with constraint_set3_flag in the profiles that have no level_idc 9 of their own.
  const flagged = level === 11 && (iop & constraintSet3) !== 0 && profileIdc !== 0x64 && profileIdc !== 0xf4;
  return { profile: found[2], levelIdc: flagged ? level1bIdc : level };
}

/** The profile-level-id of a profile and level, in lower case. */
export function formatProfileLevelId({ profile, levelIdc }: H264ProfileLevel): string {
  const prefix = prefixes[profile];
  if (levelIdc === level1bIdc && !profile.includes('high')) {
    const iop = Number.parseInt(prefix.slice(2), 16) | constraintSet3;
    return `${prefix.slice(0, 2)}${hex(iop)}${hex(11)}`;
  }
  return prefix + hex(levelIdc);
}

/**
 * The profile-level-id for an answer (RFC 6184 §8.2.2): our own level where both sides allow levels to differ,
 * else the lower one. The profile is that of the offer, whose spelling is kept where only the level differs.
 * null where the profiles differ.
 */
export function answerProfileLevelId(
  local: string,
  remote: string,
  levelAsymmetryAllowed: boolean,
): string | null {
  const ours = parseProfileLevelId(local);
  const theirs = parseProfileLevelId(remote);
  if (!ours || !theirs || ours.profile !== theirs.profile) return null;
  const levelIdc = levelAsymmetryAllowed ? ours.levelIdc : Math.min(ours.levelIdc, theirs.levelIdc);
  if (levelIdc === theirs.levelIdc) return remote.toLowerCase();
  const plain = theirs.levelIdc !== level1bIdc && levelIdc !== level1bIdc;
  return plain
    ? remote.slice(0, 4).toLowerCase() + hex(levelIdc)
    : formatProfileLevelId({ profile: theirs.profile, levelIdc });
}

/** What each profile's decoders understand besides their own (H.264 annex A.2). */
const decodes: Readonly<Record<H264Profile, readonly H264Profile[]>> = {
  'constrained-baseline': [],
  baseline: ['constrained-baseline'],
  main: ['constrained-baseline'],
  'constrained-high': ['constrained-baseline'],
  high: ['constrained-baseline', 'main', 'constrained-high'],
  'predictive-high-444': ['constrained-baseline', 'main', 'constrained-high', 'high'],
};

/** Whether a decoder of `receiver` decodes streams of `sender`. */
export function decodesH264Profile(receiver: H264Profile, sender: H264Profile): boolean {
  return receiver === sender || decodes[receiver].includes(sender);
}

function matches(bits: number, pattern: string): boolean {
  for (let i = 0; i < 8; i++) {
    const bit = (bits >>> (7 - i)) & 1;
    if (pattern[i] !== 'x' && bit !== Number(pattern[i])) return false;
  }
  return true;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
