import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import type { Participant } from './participant.ts';

/** What a video shows. */
export type PublicationContent = 'camera' | 'screen';

/** One encoding of a publication: what its client has to be told to stop or start sending it. */
export interface PublicationEncoding {
  /** null where encodings have no names. */
  readonly rid: string | null;
  /** -1 while unknown. */
  readonly ssrc: number;
  /** Whether any subscription has use for it: for the largest picture it asks for, or smaller ones. */
  readonly used: boolean;
}

/** A track a participant publishes to its room. */
export class Publication {
  /** Unique in the process. */
  readonly id: string;
  readonly participant: Participant;
  readonly line: MediaLine;
  readonly track: InboundTrack;
  /** What the publisher called its stream and track; told to subscribers unchanged. */
  readonly streamId: string;
  readonly trackId: string;
  /** What the publisher says; the media may flow all the same. */
  muted: boolean;
  /** Whether the room has been told of it. */
  announced = false;
  /** Its track has gone: it is nobody's any more. */
  ended = false;
  /** Participants, of whichever room, that chose it as their source. */
  readonly chosenBy = new Set<Participant>();

  constructor(id: string, participant: Participant, line: MediaLine, track: InboundTrack, muted: boolean) {
    this.id = id;
    this.participant = participant;
    this.line = line;
    this.track = track;
    this.muted = muted;
    const msid = line.transceiver.remoteMsid;
    this.streamId = msid?.streamId ?? `stream-${participant.key}`;
    this.trackId = msid?.trackId ?? `track-${participant.key}-${line.transceiver.mid}`;
    track.onContentChange = () => participant.room.prominenceChanged(this);
  }

  /** What a video shows: as the client states, else as its stream says; null for audio. */
  get content(): PublicationContent | null {
    if (this.kind === 'audio') return null;
    return this.track.showsScreen ? 'screen' : 'camera';
  }

  /** The client states what a video shows; null takes that back. */
  stateContent(content: PublicationContent | null): void {
    this.track.statedScreen = content === null ? null : content === 'screen';
    this.participant.room.prominenceChanged(this);
  }

  get kind(): MediaKind {
    return this.track.kind;
  }

  /** In the order of the client's description. Used ones, until nobody has had use for them for a while. */
  get encodings(): readonly PublicationEncoding[] {
    const { encodings, unusedEncodings } = this.track;
    return encodings.map(({ index, rid, ssrc, stream }) => ({
      rid,
      ssrc: stream === null ? ssrc : stream.ssrc >>> 0,
      used: !unusedEncodings.includes(index),
    }));
  }

  /** Whether it shares an m-line, as Plan B has it, and is not the first there. */
  get isFurtherTrack(): boolean {
    return this.line.transceiver.isFurtherTrack;
  }

  get mid(): string {
    return this.line.transceiver.mid ?? '';
  }
}
