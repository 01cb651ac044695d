/**
 * What a peer may put into one session description. Every list the parser builds is bounded by one of these,
 * so a hostile description costs bounded time and memory. The numbers leave a wide margin over what browsers
 * send: Chromium's largest m-line has about 45 formats, 15 extensions and 6 SSRCs.
 */

/** In UTF-16 code units. */
export const maxSdpLength = 256 * 1024;
/** In UTF-16 code units; the longest real lines are a=fmtp with sprop-parameter-sets. */
export const maxSdpLineLength = 4096;
/** m-lines the parser itself accepts; a Negotiator's own maxMediaLines is usually lower. */
export const maxParsedMediaLines = 512;
export const maxFormatsPerLine = 128;
export const maxParametersPerFormat = 32;
export const maxFeedbackPerLine = 512;
/** What exceeds it is ignored. */
export const maxFeedbackPerFormat = 32;
export const maxHeaderExtensionsPerLine = 64;
export const maxSsrcsPerLine = 64;
export const maxSsrcGroupsPerLine = 64;
export const maxCandidatesPerLine = 64;
export const maxRidsPerLine = 16;
export const maxMsidsPerLine = 16;
export const maxFingerprints = 8;
export const maxBundleGroups = 16;
/** RFC 8843 wants mids to fit a one-byte header extension (16), but real clients have used UUIDs. */
export const maxMidLength = 64;
export const maxMsidLength = 256;
/** RFC 8839 §5.4. */
export const maxIceCredentialLength = 256;
/** Simulcast layers accepted on one m-line. */
export const maxEncodings = 3;
