/**
 * Trickle ICE fragments (RFC 8840 §9, application/trickle-ice-sdpfrag) as WHIP's PATCH carries them:
 *
 *     a=ice-ufrag:EsAw            session level, or inside each media line
 *     a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
 *     m=audio 9 UDP/TLS/RTP/SAVPF 0
 *     a=mid:0
 *     a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host …
 *     a=end-of-candidates
 */
import { ProtocolError } from '../../errors.ts';

export interface SdpFragment {
  readonly usernameFragment: string | null;
  readonly password: string | null;
  /** Values as RTCIceCandidate has them: "candidate:…". */
  readonly candidates: readonly string[];
  readonly endOfCandidates: boolean;
  /** The first media line and its mid; an answer to the fragment repeats them. */
  readonly mediaLine: string | null;
  readonly mid: string | null;
}

export interface LocalSdpFragment {
  readonly usernameFragment: string;
  readonly password: string;
  readonly candidates: readonly string[];
  readonly mediaLine: string | null;
  readonly mid: string;
}

/** More than any client has interfaces for. */
export const maxFragmentCandidates = 64;

/** ice-char of RFC 8839 §5.4. */
const iceUfrag = /^[A-Za-z0-9+/]{4,256}$/;
const icePwd = /^[A-Za-z0-9+/]{22,256}$/;
const mediaField = /^m=(?:audio|video|application) \d{1,5} [A-Za-z/]{1,32}(?: [\w*.-]{1,32}){1,64}$/;
const token = /^[\w!#$%&'*+.^`{|}~-]{1,64}$/;
const defaultMediaLine = 'm=audio 9 UDP/TLS/RTP/SAVPF 0';

/** @throws ProtocolError `malformed-message` for what is no fragment at all; unknown attributes are passed over */
export function parseSdpFragment(text: string): SdpFragment {
  let usernameFragment: string | null = null;
  let password: string | null = null;
  let mediaLine: string | null = null;
  let mid: string | null = null;
  let endOfCandidates = false;
  const candidates: string[] = [];
  let lines = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    lines++;
    if (line.startsWith('m=')) {
      if (!mediaField.test(line)) throw malformed(line);
      mediaLine ??= line;
    } else if (line.startsWith('a=ice-ufrag:')) {
      usernameFragment = same(usernameFragment, value(line, iceUfrag));
    } else if (line.startsWith('a=ice-pwd:')) {
      password = same(password, value(line, icePwd));
    } else if (line.startsWith('a=mid:')) {
      mid ??= value(line, token);
    } else if (line.startsWith('a=candidate:')) {
      if (candidates.length === maxFragmentCandidates) {
        throw new ProtocolError('malformed-message', `More than ${maxFragmentCandidates} candidates.`);
      }
      candidates.push(line.slice('a='.length));
    } else if (line === 'a=end-of-candidates') {
      endOfCandidates = true;
    } else if (!/^[a-z]=/.test(line)) {
      throw malformed(line);
    }
  }
  if (lines === 0) throw new ProtocolError('malformed-message', 'The SDP fragment is empty.');
  return { usernameFragment, password, candidates, endOfCandidates, mediaLine, mid };
}

/** The server's half of an ICE restart: its new credentials and all its candidates. */
export function formatSdpFragment(local: LocalSdpFragment): string {
  const lines = [
    'a=ice-lite',
    'a=ice-options:trickle',
    `a=ice-ufrag:${local.usernameFragment}`,
    `a=ice-pwd:${local.password}`,
    local.mediaLine ?? defaultMediaLine,
    `a=mid:${local.mid}`,
    ...local.candidates.map((candidate) => `a=${candidate}`),
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function value(line: string, form: RegExp): string {
  const text = line.slice(line.indexOf(':') + 1);
  if (!form.test(text)) throw malformed(line);
  return text;
}

/** All lines are bundled on one transport, so credentials may be repeated but not differ. */
function same(previous: string | null, next: string): string {
  if (previous !== null && previous !== next) {
    throw new ProtocolError('malformed-message', 'The SDP fragment has differing ICE credentials.');
  }
  return next;
}

function malformed(line: string): ProtocolError {
  return new ProtocolError(
    'malformed-message',
    `The SDP fragment has a malformed line: ${line.slice(0, 80)}`,
  );
}
