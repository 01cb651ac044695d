import type { MediaKind } from '../../media/rtp-parameters.ts';
import { describeCodecs, type NegotiatedCodec } from './codec-negotiation.ts';
import { type DataLineCapability, dataLineFormat, dataLineKind } from './data-line.ts';
import { receives, sends } from './direction.ts';
import { describeExtensions, type NegotiatedExtension, usesTransportWideCc } from './header-extensions.ts';
import type { Direction, DtlsSetup, Fingerprint, MediaDescription } from './session-description.ts';
import type { Transceiver } from './transceiver.ts';
import { writtenMsid } from './written-msid.ts';

/** Our side of ICE and DTLS, as the connection states it at the moment. */
export interface LocalTransportDescription {
  readonly usernameFragment: string;
  readonly password: string;
  readonly fingerprints: readonly Fingerprint[];
  /** "candidate:…" values; all of them, since we have only host candidates. */
  readonly candidates: readonly string[];
  readonly iceLite: boolean;
}

export interface LiveSection {
  readonly kind: MediaKind;
  readonly protocol: string;
  /** null where the remote did not state one either. */
  readonly mid: string | null;
  readonly direction: Direction;
  readonly codecs: readonly NegotiatedCodec[];
  readonly extensions: readonly NegotiatedExtension[];
  /** RIDs we are ready to receive. */
  readonly rids: readonly string[];
  readonly transceiver: Transceiver;
  readonly cname: string;
  readonly rtcpReducedSize: boolean;
  readonly extmapAllowMixed: boolean;
  readonly transport: LocalTransportDescription;
  readonly setup: DtlsSetup;
  /** The line that carries the transport holds the candidates. */
  readonly tagged: boolean;
}

/** The discard port (RFC 9429 §5.2.1): the real ports are those of the candidates. */
const discardPort = 9;

const nothing: MediaDescription = {
  kind: '',
  port: 0,
  protocol: '',
  formats: [],
  mid: null,
  direction: 'inactive',
  bundleOnly: false,
  rtcpMux: false,
  rtcpReducedSize: false,
  extmapAllowMixed: false,
  codecs: [],
  headerExtensions: [],
  msids: [],
  rids: [],
  simulcast: null,
  ssrcs: [],
  ssrcGroups: [],
  sctpPort: null,
  maxMessageSize: null,
  usernameFragment: null,
  password: null,
  iceOptions: [],
  fingerprints: [],
  setup: null,
  candidates: [],
  endOfCandidates: false,
};

/** A refused line: port 0, with the formats it was offered with, because an m-line must list one. */
export function rejectedSection(line: {
  readonly kind: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly mid: string;
  readonly midStated: boolean;
}): MediaDescription {
  const { kind, protocol, formats, mid, midStated } = line;
  return {
    ...nothing,
    kind,
    protocol,
    formats: formats.length > 0 ? formats : ['0'],
    mid: midStated ? mid : null,
  };
}

/** A line of data channels in use. */
export function dataSection(line: {
  readonly protocol: string;
  /** null where the remote did not state one either. */
  readonly mid: string | null;
  readonly capability: DataLineCapability;
  readonly transport: LocalTransportDescription;
  readonly setup: DtlsSetup;
  readonly tagged: boolean;
}): MediaDescription {
  const { protocol, mid, capability, transport, setup, tagged } = line;
  return {
    ...nothing,
    kind: dataLineKind,
    port: discardPort,
    protocol,
    formats: [dataLineFormat],
    mid,
    direction: 'sendrecv',
    sctpPort: capability.port,
    maxMessageSize: capability.maxMessageSize,
    usernameFragment: transport.usernameFragment,
    password: transport.password,
    fingerprints: transport.fingerprints,
    setup,
    candidates: tagged ? transport.candidates : [],
    endOfCandidates: tagged,
  };
}

/**
 * A line in use. What it sends is announced by a=msid and, for clients that need it, by a=ssrc. Written out, as V8 is
 * slow with objects of many fields that are put together by `...`, then and whenever they are looked at.
 */
export function liveSection(line: LiveSection): MediaDescription {
  const { direction, transceiver, transport, tagged } = line;
  const codecs = describeCodecs(line.codecs, usesTransportWideCc(line.extensions));
  const ssrcs = sends(direction) ? announcedSsrcs(line) : [];
  const msid = writtenMsid(transceiver);
  return {
    kind: line.kind,
    port: discardPort,
    protocol: line.protocol,
    formats: codecs.map(({ payloadType }) => String(payloadType)),
    mid: line.mid,
    direction,
    bundleOnly: false,
    rtcpMux: true,
    rtcpReducedSize: line.rtcpReducedSize,
    extmapAllowMixed: line.extmapAllowMixed,
    codecs,
    headerExtensions: describeExtensions(line.extensions),
    msids: ssrcs.length > 0 ? [msid] : [],
    rids: line.rids.map((id) => ({ id, direction: 'recv' })),
    simulcast: line.rids.length > 0 ? { send: [], recv: line.rids } : null,
    ssrcs: ssrcs.map((ssrc) => ({ ssrc, cname: line.cname, msid })),
    ssrcGroups: ssrcs.length > 1 ? [{ semantics: 'FID', ssrcs }] : [],
    sctpPort: null,
    maxMessageSize: null,
    usernameFragment: transport.usernameFragment,
    password: transport.password,
    iceOptions: [],
    fingerprints: transport.fingerprints,
    setup: line.setup,
    candidates: tagged ? transport.candidates : [],
    endOfCandidates: tagged,
    maxKbps: receives(direction) ? transceiver.maxReceiveKbps : null,
  };
}

/** That of the media, and that of its repairs if there are any. */
function announcedSsrcs({ transceiver: { ssrc, rtxSsrc }, codecs }: LiveSection): number[] {
  const repaired = rtxSsrc >= 0 && codecs.some(({ local }) => local.rtxPayloadType >= 0);
  return repaired ? [ssrc, rtxSsrc] : [ssrc];
}
