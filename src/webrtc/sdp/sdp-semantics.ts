/**
 * How tracks are put into m-lines, and of whom that is expected.
 *
 * - `unified-plan`: one m-line for each track (RFC 9429).
 * - `unified-plan-with-fallback`: the same, until the remote offers in Plan B.
 * - `plan-b`: one m-line for each kind, whose tracks are told apart by their SSRCs (draft-uberti-rtcweb-plan-00), as
 *   Chromium did it until its version 71 and Android's libwebrtc for some years more.
 */
export type SdpSemantics = 'unified-plan' | 'unified-plan-with-fallback' | 'plan-b';
