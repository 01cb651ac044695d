/** The stream ids a remote description announces, by line: `a=msid:<stream> <track>` (RFC 8830 §2). Pure. */
export function streamIdsByMid(sdp: string): Map<string, string> {
  const streams = new Map<string, string>();
  // What stands before the first m= line belongs to the session.
  for (const section of sdp.split(/^(?=m=)/m).slice(1)) {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    const stream = /^a=msid:(\S+)/m.exec(section)?.[1];
    // "-" means a track without a stream.
    if (mid !== undefined && stream !== undefined && stream !== '-') streams.set(mid, stream);
  }
  return streams;
}
