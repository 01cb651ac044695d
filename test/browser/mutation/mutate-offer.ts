import { below, pick, type Random } from './choices.ts';

type Mutation = (lines: string[], random: Random) => void;

const oddValues = [
  '',
  '0',
  '-1',
  '65536',
  '4294967296',
  '99999999999999999999',
  'NaN',
  '*',
  ' ',
  '\t',
  '\0',
  'é',
  'x'.repeat(3000),
  '__proto__',
  'constructor',
];

const oddLines = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'm=video 0 UDP/TLS/RTP/SAVPF 96',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=group:BUNDLE 0 0 0 1 2 3',
  'a=setup:active',
  'a=setup:passive',
  'a=setup:holdconn',
  'a=ice-lite',
  'a=ice-ufrag:a',
  'a=ice-pwd:short',
  'a=fingerprint:sha-256 00',
  'a=fingerprint:md5 00:11',
  'a=mid:0',
  'a=mid:__proto__',
  'a=rtpmap:256 VP8/90000',
  'a=rtpmap:96 VP8',
  'a=rtpmap:96 rtx/90000',
  'a=fmtp:97 apt=97',
  'a=rid:a send pt=1,2,3;max-width=x',
  'a=simulcast:send a;b;~c,d recv e',
  'a=ssrc:0 cname:x',
  'a=ssrc-group:FID 1',
  'a=ssrc-group:SIM 1 2 3 4 5 6 7 8 9',
  'a=extmap:0 urn:x',
  'a=extmap:15/sendonly urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=candidate:',
  'a=candidate:1 1 udp 1 256.1.1.1 99999 typ host',
  'a=inactive',
  'a=recvonly',
  'a=bundle-only',
];

const mutations: readonly Mutation[] = [
  (lines, random) => lines.splice(below(random, lines.length), 1 + below(random, 3)),
  (lines, random) => lines.splice(below(random, lines.length), 0, pick(random, lines)),
  (lines, random) => lines.splice(below(random, lines.length), 0, pick(random, oddLines)),
  (lines, random) => {
    const [line] = lines.splice(below(random, lines.length), 1);
    lines.splice(below(random, lines.length + 1), 0, line!);
  },
  (lines, random) => {
    const index = below(random, lines.length);
    const parts = lines[index]!.split(/([ :=;/,])/);
    parts[below(random, parts.length)] = pick(random, oddValues);
    lines[index] = parts.join('');
  },
  (lines, random) => {
    const index = below(random, lines.length);
    const line = lines[index]!;
    const at = below(random, line.length + 1);
    lines[index] = line.slice(0, at) + String.fromCharCode(below(random, 256)) + line.slice(at + 1);
  },
  (lines, random) => {
    const index = below(random, lines.length);
    lines[index] = lines[index]!.slice(0, below(random, lines[index]!.length + 1));
  },
  (lines, random) => lines.splice(below(random, lines.length)),
];

/** A changed copy of a real offer. */
export function mutateOffer(offer: string, random: Random): string {
  const lines = offer.split('\r\n');
  for (let count = 1 + below(random, 4); count > 0; count--) {
    if (lines.length === 0) lines.push('v=0');
    pick(random, mutations)(lines, random);
  }
  return lines.join(below(random, 16) === 0 ? '\n' : '\r\n');
}
