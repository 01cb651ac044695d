import { ProtocolError } from '../../errors.ts';
import { parseMsid } from './parse-media-section.ts';
import { maxMsidLength, maxSsrcGroupsPerLine, maxSsrcsPerLine } from './sdp-limits.ts';
import type { Msid, SsrcDescription, SsrcGroup } from './session-description.ts';

interface Source {
  cname: string | null;
  msid: Msid | null;
  /** The stream's name and the track's, in descriptions older than a=ssrc msid. */
  mslabel: string | null;
  label: string | null;
}

/** Collects the a=ssrc and a=ssrc-group lines of one m-line (RFC 5576). */
export class SsrcAttributes {
  readonly groups: SsrcGroup[] = [];
  readonly #sources = new Map<number, Source>();

  /** @throws {ProtocolError} malformed-sdp, unsupported-sdp */
  addSsrc(text: string): void {
    const match = /^([0-9]{1,10})(?: +([A-Za-z0-9_-]+)(?::(.*))?)?$/.exec(text);
    if (!match) throw new ProtocolError('malformed-sdp', 'An a=ssrc line is malformed.');
    const ssrc = parseSsrc(match[1]);
    let source = this.#sources.get(ssrc);
    if (!source) {
      if (this.#sources.size >= maxSsrcsPerLine) {
        throw new ProtocolError('unsupported-sdp', `More than ${maxSsrcsPerLine} SSRCs in an m-line.`);
      }
      source = { cname: null, msid: null, mslabel: null, label: null };
      this.#sources.set(ssrc, source);
    }
    const value = match[3] ?? '';
    if (match[2] === 'cname') source.cname = value.slice(0, maxMsidLength);
    else if (match[2] === 'msid') source.msid = parseMsid(value.trimStart());
    else if (match[2] === 'mslabel' || match[2] === 'label') source[match[2]] = value.slice(0, maxMsidLength);
  }

  /** @throws {ProtocolError} malformed-sdp, unsupported-sdp */
  addGroup(text: string): void {
    const [semantics, ...ssrcs] = text.split(/ +/);
    if (!/^[A-Za-z0-9-]{1,32}$/.test(semantics)) {
      throw new ProtocolError('malformed-sdp', 'An a=ssrc-group line is malformed.');
    }
    if (this.groups.length >= maxSsrcGroupsPerLine || ssrcs.length > maxSsrcsPerLine) {
      throw new ProtocolError('unsupported-sdp', 'Too many SSRC groups in an m-line.');
    }
    this.groups.push({ semantics, ssrcs: ssrcs.map(parseSsrc) });
  }

  descriptions(): SsrcDescription[] {
    const descriptions: SsrcDescription[] = [];
    this.#sources.forEach((source, ssrc) => {
      descriptions.push({ ssrc, cname: source.cname, msid: source.msid ?? labelsOf(source) });
    });
    return descriptions;
  }
}

function labelsOf({ mslabel, label }: Source): Msid | null {
  return mslabel && label ? { streamId: mslabel, trackId: label } : null;
}

function parseSsrc(text: string): number {
  const ssrc = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(ssrc <= 0xffffffff)) throw new ProtocolError('malformed-sdp', 'An SSRC is not a 32-bit number.');
  return ssrc;
}
