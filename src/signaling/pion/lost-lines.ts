/**
 * When two offers cross, the browser of a shipped client takes its own back by itself. The tracks it had added stay
 * without a line, and nothing in the client offers them again. An offer of ours with lines to receive on picks
 * them up (RFC 9429 §5.10: tracks added without a line are attached to such lines, in order).
 */

/**
 * Kinds of the lines on which `droppedOffer` would have begun to send.
 * @param agreed the client's latest description that was agreed, whose lines exist already; null if there is none
 */
export function lostLines(droppedOffer: string, agreed: string | null): ('audio' | 'video')[] {
  const known = new Set(agreed === null ? [] : sections(agreed).map(({ mid }) => mid));
  return sections(droppedOffer).flatMap(({ kind, mid, sends }) =>
    (kind === 'audio' || kind === 'video') && sends && !known.has(mid) ? [kind] : [],
  );
}

function sections(sdp: string): { kind: string; mid: string | null; sends: boolean }[] {
  return sdp
    .split(/^m=/m)
    .slice(1)
    .map((section) => ({
      kind: section.slice(0, section.indexOf(' ')),
      mid: /^a=mid:(.*?)\r?$/m.exec(section)?.[1] ?? null,
      sends: !/^a=(recvonly|inactive)\r?$/m.test(section),
    }));
}
