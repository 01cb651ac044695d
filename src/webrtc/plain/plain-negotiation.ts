/** What becomes of one m-line between us and a peer without ICE (RFC 3264, RFC 4568), without sockets. */
import { ProtocolError } from '../../errors.ts';
import type { SrtpProfile } from '../../packet-io/packet-io.ts';
import { MediaLine } from '../media-line.ts';
import type { CodecCapability } from '../sdp/codec-capabilities.ts';
import {
  acceptCodecs,
  answerCodecs,
  codecParameters,
  describeCodecs,
  type NegotiatedCodec,
  offerCodecs,
} from '../sdp/codec-negotiation.ts';
import { agree, receives, sends } from '../sdp/direction.ts';
import { payloadTypeMap } from '../sdp/identifier-map.ts';
import { Transceiver } from '../sdp/transceiver.ts';
import { completeFormats, decodedCodecs, plainCapabilities } from './plain-codecs.ts';
import type { PlainRemoteLine } from './plain-description.ts';
import type { AgreedLine, PlainLine } from './plain-line.ts';
import { type CryptoAttribute, keyBytesOf } from './sdes.ts';
import type { WrittenLine } from './write-plain-description.ts';

/** What the lines of one connection have in common. */
export interface PlainNegotiation {
  readonly codecs: readonly CodecCapability[];
  /** The suite and our key, where the owner chose them: then nothing goes unprotected. */
  readonly crypto: { readonly suite: SrtpProfile; readonly key: Uint8Array } | null;
  readonly createKey: (bytes: number) => Uint8Array;
  readonly randomUint32: () => number;
  readonly cname: string;
}

/** A line that is used. */
export interface LiveLine {
  readonly line: MediaLine;
  readonly codecs: readonly NegotiatedCodec[];
  /** Ours: what the offer lists, or the one of the answer. Empty for plain RTP. */
  readonly crypto: readonly CryptoAttribute[];
  /** The remote's key for the one that was chosen; null before that, and for plain RTP. */
  readonly remoteCrypto: CryptoAttribute | null;
  opened: PlainLine | null;
  agreed: AgreedLine | null;
}

export interface PlannedLine {
  readonly kind: string;
  readonly protocol: string;
  readonly mid: string | null;
  readonly formats: readonly string[];
  /** null in an offer of ours that is not answered. */
  readonly remote: PlainRemoteLine | null;
  readonly live: LiveLine | null;
}

/** An offered line as it is to be answered; null where it is to be refused. */
export function planPlainLine(
  remote: PlainRemoteLine,
  index: number,
  negotiation: PlainNegotiation,
): PlannedLine | null {
  const { media, profile } = remote;
  const { kind } = media;
  if ((kind !== 'audio' && kind !== 'video') || media.port === 0 || profile === null) return null;
  if (!profile.secure && negotiation.crypto !== null) return null;
  const remoteCrypto = profile.secure ? chooseCrypto(remote.crypto, negotiation.crypto?.suite ?? null) : null;
  if (profile.secure && remoteCrypto === null) return null;
  const capabilities = plainCapabilities(negotiation.codecs, profile.feedback);
  const codecs = answerCodecs(kind, completeFormats(media.codecs), capabilities);
  if (codecs.length === 0) return null;
  const transceiver = new Transceiver(kind, sends(media.direction) ? 'recvonly' : 'inactive');
  transceiver.mid = media.mid ?? String(index);
  transceiver.remoteDirection = media.direction;
  transceiver.remoteWouldSend = sends(media.direction);
  const crypto = remoteCrypto === null ? [] : [ourCrypto(remoteCrypto.tag, remoteCrypto.suite, negotiation)];
  const live: LiveLine = {
    line: new MediaLine(transceiver),
    codecs,
    crypto,
    remoteCrypto,
    opened: null,
    agreed: null,
  };
  return { ...refusedLine(remote), live };
}

export function refusedLine(remote: PlainRemoteLine): PlannedLine {
  const { kind, protocol, mid, formats } = remote.media;
  return { kind, protocol, mid, formats, remote, live: null };
}

/** A line of ours as it is offered. */
export function offerPlainLine(line: MediaLine, index: number, negotiation: PlainNegotiation): PlannedLine {
  const { transceiver } = line;
  transceiver.mid = String(index);
  chooseSource(transceiver, negotiation);
  const { crypto: chosen } = negotiation;
  return {
    kind: transceiver.kind,
    protocol: chosen === null ? 'RTP/AVPF' : 'RTP/SAVPF',
    mid: null,
    formats: [],
    remote: null,
    live: {
      line,
      codecs: offerCodecs(transceiver.kind, plainCapabilities(negotiation.codecs, true), payloadTypeMap()),
      crypto: chosen === null ? [] : [ourCrypto(1, chosen.suite, negotiation)],
      remoteCrypto: null,
      opened: null,
      agreed: null,
    },
  };
}

/**
 * What is left of a line of our offer after its answer.
 * @throws ProtocolError malformed-sdp, unsupported-sdp
 */
export function acceptPlainLine(offered: PlannedLine, remote: PlainRemoteLine): PlannedLine {
  const { media, profile } = remote;
  if (media.kind !== offered.kind) {
    throw new ProtocolError('malformed-sdp', 'The m-lines of the answer are not those of the offer.');
  }
  if (media.port === 0 || offered.live === null) return { ...offered, remote, live: null };
  const { live } = offered;
  const secure = live.crypto.length > 0;
  // Whether there is feedback is for the answer: devices are known that write AVP whatever they were offered.
  if (profile === null || profile.secure !== secure) {
    throw new ProtocolError(
      'unsupported-sdp',
      `The answer has ${media.protocol} where that was not offered.`,
    );
  }
  const remoteCrypto =
    remote.crypto.find(({ tag, suite }) =>
      live.crypto.some((ours) => ours.tag === tag && ours.suite === suite),
    ) ?? null;
  if (secure && remoteCrypto === null) {
    throw new ProtocolError('unsupported-sdp', 'The answer has no key for the suite that was offered.');
  }
  const accepted = acceptCodecs(live.codecs, completeFormats(media.codecs));
  if (accepted.length === 0) {
    throw new ProtocolError('malformed-sdp', 'The answer accepts a line with none of the offered codecs.');
  }
  const codecs = profile.feedback ? accepted : accepted.map((codec) => ({ ...codec, feedback: [] }));
  return {
    ...offered,
    remote,
    live: { ...live, codecs, remoteCrypto },
  };
}

/** Tells the transceiver of a line what was agreed for it. */
export function agreePlainLine(live: LiveLine, remote: PlainRemoteLine, negotiation: PlainNegotiation): void {
  const { transceiver } = live.line;
  const { kind } = transceiver;
  const mid = transceiver.mid!;
  transceiver.remoteDirection = remote.media.direction;
  const direction = agree(transceiver.direction, remote.media.direction);
  transceiver.currentDirection = direction;
  const encodings = [{ rid: null, ssrc: -1, rtxSsrc: -1 }];
  const headerExtensions = [] as const;
  transceiver.receive = receives(direction)
    ? { mid, kind, codecs: codecParameters(live.codecs, 'local', false), headerExtensions, encodings }
    : null;
  if (sends(direction)) chooseSource(transceiver, negotiation);
  transceiver.send = sends(direction)
    ? {
        mid,
        kind,
        codecs: codecParameters(decodedCodecs(live.codecs, remote.media.codecs), 'remote', false),
        headerExtensions,
        ssrc: transceiver.ssrc,
        rtxSsrc: -1,
        cname: negotiation.cname,
      }
    : null;
  const { remoteCrypto } = live;
  const ours = live.crypto.find(({ tag }) => tag === remoteCrypto?.tag);
  live.agreed = {
    remote,
    rtcpMux: remote.media.rtcpMux,
    keys:
      remoteCrypto === null || ours === undefined
        ? null
        : { suite: ours.suite, inbound: remoteCrypto.key, outbound: ours.key },
  };
}

/** A line of the description that is ours. */
export function describePlainLine(planned: PlannedLine, { cname }: PlainNegotiation): WrittenLine {
  const { kind, protocol, mid, formats, live, remote } = planned;
  if (live === null || live.opened === null) return { kind, protocol, mid, formats, live: null };
  const { transceiver } = live.line;
  const { address, rtp, rtcp } = live.opened.sockets;
  // Ours offers rtcp-mux, an answer takes it.
  const rtcpMux = remote === null || remote.media.rtcpMux;
  const direction = remote === null ? transceiver.direction : transceiver.currentDirection!;
  return {
    kind,
    protocol,
    mid,
    formats,
    live: {
      kind: transceiver.kind,
      address,
      rtpPort: rtp.port,
      rtcpPort: remote?.media.rtcpMux === true ? rtp.port : rtcp.port,
      rtcpMux,
      direction,
      codecs: describeCodecs(live.codecs, false),
      crypto: live.crypto,
      ssrc: sends(direction) ? transceiver.ssrc : -1,
      cname,
      bandwidth: transceiver.maxReceiveKbps ?? 0,
    },
  };
}

/** The first of theirs that can be used: they list them by preference (RFC 4568 §5.1.1). */
function chooseCrypto(
  offered: readonly CryptoAttribute[],
  suite: SrtpProfile | null,
): CryptoAttribute | null {
  return offered.find((attribute) => suite === null || attribute.suite === suite) ?? null;
}

function ourCrypto(
  tag: number,
  suite: SrtpProfile,
  { crypto, createKey }: PlainNegotiation,
): CryptoAttribute {
  return { tag, suite, key: crypto?.suite === suite ? crypto.key : createKey(keyBytesOf(suite)) };
}

function chooseSource(transceiver: Transceiver, { randomUint32 }: PlainNegotiation): void {
  while (transceiver.ssrc <= 0) transceiver.ssrc = randomUint32();
}
