import type { MediaKind, RtpCodec } from '../media/rtp-parameters.ts';
import type { DataChannel } from '../webrtc/data-channels/data-channel.ts';
import type { ConnectionChoices } from '../webrtc/peer-connection.ts';
import type { PlainChoices } from '../webrtc/plain/plain-connection.ts';
import type { LocalMsid } from '../webrtc/sdp/transceiver.ts';
import type { Participant } from './participant.ts';
import type { Publication } from './publication.ts';

/** What a client that has offered nothing is offered; see Participant.offerFirst(). */
export interface FirstOffer {
  readonly audio?: 'sendrecv' | 'sendonly' | 'recvonly';
  readonly video?: 'sendrecv' | 'sendonly' | 'recvonly';
  readonly data?: boolean;
}

/** How a participant joins a room, and what of its session the dialect decides. */
export interface JoinOptions extends ConnectionChoices {
  readonly roomId: string;
  /** Joining again with the id of a member replaces that member. */
  readonly participantId: string;
  /** For people; default: the participant id. */
  readonly name?: string;
  /** The signaling dialect, for lists and metrics. */
  readonly dialect: string;
  /** Whether the client answers offers of ours. If not, only the lines it offered itself are used. */
  readonly renegotiates: boolean;
  /** Whether its media is published to the room. Default true. */
  readonly publishes?: boolean;
  /** Whether it receives what the others publish. Default true. */
  readonly subscribes?: boolean;
  /** Which publications of the others it wants. Default: all. */
  readonly wants?: (publication: Publication) => boolean;
  /** What a publication's stream and track are called towards this client. Default: as the publisher called them. */
  readonly msidOf?: (publication: Publication) => LocalMsid;
  /** Which of its own publications the room is not told of until announce(). Default: none. */
  readonly holdsBack?: ((publication: Publication) => boolean) | undefined;
  /** Which of the server's codecs its connection may use. Default: all. */
  readonly usesCodec?: (codec: RtpCodec) => boolean;
  /** A connection without ICE and DTLS, as cameras and ffmpeg speak: see PlainConnection. Default: WebRTC. */
  readonly plain?: PlainChoices | undefined;
  /**
   * Answers to its offers only receive, and what it could receive on its own lines is offered by us later. Lines are
   * then kept for ever: one that is no longer sent on turns inactive, and may carry another publication once the
   * client has answered that. Default: what the room has is put into the answer, and idle lines are given back.
   */
  readonly answersReceiveOnly?: boolean;
  /** Whether a data channel the client opens is one of the room's. Default: every one is. */
  readonly sharesData?: (channel: DataChannel) => boolean;
  /**
   * `chosen`: it is sent nothing but what setSource() says, on one line per kind whose SSRC and msid stay while the
   * source changes. It has one exchange of descriptions, and further lines of a kind are refused; further tracks on the
   * line, as Plan B has them, cannot be, and are published like the first. Default `room`: what the others publish.
   */
  readonly sources?: 'room' | 'chosen';
  /**
   * The room is the dialect's own, where everybody's sources are chosen: it may have more participants than other
   * rooms, as they are nobody's burden. Default false.
   */
  readonly ownRoom?: boolean;
  /** With chosen sources: what the stream is called that carries both of them. Default: the participant id. */
  readonly streamId?: string;
  /**
   * With chosen sources: the most the client is told to send of a kind (b=AS), in kbit/s, or what is configured if that
   * is less. Default: nothing is said.
   */
  readonly maxReceiveKbps?: Readonly<Partial<Record<MediaKind, number>>>;
  /**
   * Who gets what the client sends on its data channels, whatever their label, on all its channels; null for the
   * room's channels of that label. Asked with every message. Default: always null.
   */
  readonly dataSinks?: (() => Iterable<Participant> | null) | undefined;
}
