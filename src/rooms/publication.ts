import type { InboundTrack } from '../media/forwarding/inbound-track.ts';
import type { MediaKind } from '../media/rtp-parameters.ts';
import type { MediaLine } from '../webrtc/media-line.ts';
import type { Participant } from './participant.ts';

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

  constructor(id: string, participant: Participant, line: MediaLine, track: InboundTrack, muted: boolean) {
    this.id = id;
    this.participant = participant;
    this.line = line;
    this.track = track;
    this.muted = muted;
    const msid = line.transceiver.remoteMsid;
    this.streamId = msid?.streamId ?? `stream-${participant.key}`;
    this.trackId = msid?.trackId ?? `track-${participant.key}-${line.transceiver.mid}`;
  }

  get kind(): MediaKind {
    return this.track.kind;
  }

  get mid(): string {
    return this.line.transceiver.mid ?? '';
  }
}
