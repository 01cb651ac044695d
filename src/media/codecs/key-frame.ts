/** What a payload says about a key frame beginning in it. */
export const KeyFrame = {
  None: 0,
  /** A decoder that knows nothing can start here. */
  Start: 1,
  /** A key frame starts here, but its parameter sets are not in this packet (H.264, H.265). */
  WithoutParameterSets: 2,
} as const;
