import type { InboundEncoding, InboundTrack } from '../forwarding/inbound-track.ts';
import { ExtensionKind } from '../rtp/header-extension.ts';
import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { InboundStream } from './inbound-stream.ts';

/** Finds the stream a packet belongs to (RFC 8843 §9.2): by SSRC, or what else the packet says while that is new. */
export class StreamDemux {
  readonly #tracks: InboundTrack[] = [];
  /** By signed 32-bit SSRC; a stream is listed under its RTX SSRC too. */
  readonly #streams = new Map<number, InboundStream>();
  readonly #maxStreams: number;
  #lastSsrc = 0;
  #lastStream: InboundStream | null = null;

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  get tracks(): readonly InboundTrack[] {
    return this.#tracks;
  }

  /** Whether any stream has come of which the remote has not said goodbye since. */
  get speaking(): boolean {
    for (const { packets, packetsAtGoodbye } of this.#streams.values())
      if (packets !== packetsAtGoodbye) return true;
    return false;
  }

  /** The stream of a known SSRC, be it that of its media or of its RTX. */
  find(ssrc: number): InboundStream | null {
    if (ssrc === this.#lastSsrc && this.#lastStream !== null) return this.#lastStream;
    const stream = this.#streams.get(ssrc);
    if (stream === undefined) return null;
    this.#lastSsrc = ssrc;
    this.#lastStream = stream;
    return stream;
  }

  /** Receives on one more m-line. */
  add(track: InboundTrack): void {
    this.#tracks.push(track);
    this.update(track);
  }

  /** Follows what signaling says of the SSRCs of a track. */
  update(track: InboundTrack): void {
    for (const encoding of track.encodings) {
      if (encoding.ssrc >= 0 && encoding.stream?.ssrc !== (encoding.ssrc | 0))
        this.#bind(track, encoding, encoding.ssrc);
      if (encoding.rtxSsrc >= 0 && encoding.stream !== null) this.#bindRtx(encoding.stream, encoding.rtxSsrc);
    }
    for (const stream of [...this.#streams.values()]) {
      if (stream.track === track && track.encodings[stream.encoding]?.stream !== stream) this.#unbind(stream);
    }
  }

  remove(track: InboundTrack): void {
    const index = this.#tracks.indexOf(track);
    if (index >= 0) this.#tracks.splice(index, 1);
    for (const encoding of track.encodings) {
      if (encoding.stream !== null) this.#unbind(encoding.stream);
      encoding.stream = null;
    }
  }

  /**
   * Finds the stream of a packet whose SSRC is new by its header extensions, or else by its payload type, and
   * remembers the SSRC. null where nothing, or more than one m-line, fits.
   */
  resolve(packet: RtpPacket): InboundStream | null {
    const mid = packet.extensionText(ExtensionKind.Mid);
    const rid = packet.extensionText(ExtensionKind.Rid);
    const repairedRid = packet.extensionText(ExtensionKind.RepairedRid);
    const track = this.#findTrack(mid, rid || repairedRid, packet.payloadType);
    if (track === null || !track.payloadTypes.has(packet.payloadType)) return null;
    if (this.#streams.size >= this.#maxStreams * 2) return null;
    if (track.payloadTypes.isRtx(packet.payloadType)) {
      const encoding = findEncoding(track, repairedRid || rid);
      if (encoding === null || encoding.stream === null) return null;
      this.#bindRtx(encoding.stream, packet.ssrc);
      return encoding.stream;
    }
    const encoding = findEncoding(track, rid);
    return encoding === null ? null : this.#bind(track, encoding, packet.ssrc);
  }

  #findTrack(mid: string, rid: string, payloadType: number): InboundTrack | null {
    if (mid !== '') return this.#tracks.find((track) => track.mid === mid) ?? null;
    if (rid !== '') {
      const track = only(
        this.#tracks.filter(({ encodings }) => encodings.some((encoding) => encoding.rid === rid)),
      );
      if (track !== null) return track;
    }
    const track = only(this.#tracks.filter(({ payloadTypes }) => payloadTypes.has(payloadType)));
    return track?.statedSsrcsOnly === true ? null : track;
  }

  #bind(track: InboundTrack, encoding: InboundEncoding, ssrc: number): InboundStream {
    if (encoding.stream !== null) this.#unbind(encoding.stream);
    const stream = track.createStream(encoding, ssrc);
    const former = this.#streams.get(stream.ssrc);
    if (former !== undefined) this.#unbind(former);
    this.#streams.set(stream.ssrc, stream);
    this.#lastStream = null;
    if (encoding.rtxSsrc >= 0) this.#bindRtx(stream, encoding.rtxSsrc);
    return stream;
  }

  #bindRtx(stream: InboundStream, rtxSsrc: number): void {
    const ssrc = rtxSsrc | 0;
    if (stream.hasRtx && stream.rtxSsrc === ssrc) return;
    if (stream.hasRtx) this.#streams.delete(stream.rtxSsrc);
    // An SSRC that is already somebody's media stays that.
    if (this.#streams.get(ssrc)?.ssrc === ssrc) return;
    stream.hasRtx = true;
    stream.rtxSsrc = ssrc;
    this.#streams.set(ssrc, stream);
    this.#lastStream = null;
  }

  #unbind(stream: InboundStream): void {
    if (this.#streams.get(stream.ssrc) === stream) this.#streams.delete(stream.ssrc);
    if (stream.hasRtx && this.#streams.get(stream.rtxSsrc) === stream) this.#streams.delete(stream.rtxSsrc);
    this.#lastStream = null;
  }
}

/** The encoding of a RID; without RIDs the only one. */
function findEncoding(track: InboundTrack, rid: string): InboundEncoding | null {
  if (rid !== '') {
    const named = track.encodings.find((encoding) => encoding.rid === rid);
    if (named !== undefined) return named;
  }
  return track.encodings.length === 1 && (rid === '' || track.encodings[0].rid === null)
    ? track.encodings[0]
    : null;
}

function only<T>(items: readonly T[]): T | null {
  return items.length === 1 ? items[0] : null;
}
