/** The two media types of WHIP, and how requests name them (RFC 9110 §8.3.1 and §12.5.1). */

export const sdpType = 'application/sdp';
export const sdpFragmentType = 'application/trickle-ice-sdpfrag';

/** Whether a Content-Type header names this type; parameters do not matter. */
export function isContentType(header: string | undefined, type: string): boolean {
  return header?.split(';', 1)[0].trim().toLowerCase() === type;
}

/** Whether an Accept header lets us answer with this type. No header accepts everything. */
export function isAcceptable(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true;
  const anySubtype = `${type.split('/', 1)[0]}/*`;
  // The most specific range decides (RFC 9110 §12.5.1).
  for (const wanted of [type, anySubtype, '*/*']) {
    for (const range of header.split(',')) {
      const [name, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      if (name === wanted) return !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    }
  }
  return false;
}
