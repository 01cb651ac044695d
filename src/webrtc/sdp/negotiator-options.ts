import type { CodecCapability } from './codec-capabilities.ts';
import type { DataLineCapability } from './data-line.ts';
import type { HeaderExtensionCapability } from './header-extensions.ts';
import type { LocalTransportDescription } from './media-section.ts';
import type { RemoteTransportDescription } from './remote-transport.ts';
import type { SdpSemantics } from './sdp-semantics.ts';

export interface NegotiatorOptions {
  /** What may be received and sent, in the order our offers list it; `defaultCodecs` is everything. */
  readonly codecs: readonly CodecCapability[];
  /** Per kind and direction; `defaultHeaderExtensions` is the usual table. */
  readonly headerExtensions: readonly HeaderExtensionCapability[];
  /** Asked whenever a description is made, so that an ICE restart shows in the next one. */
  readonly localTransport: () => LocalTransportDescription;
  /** Uniform 32-bit integers, for SSRCs. */
  readonly randomUint32: () => number;
  /** May refuse the transport of a remote description by throwing a ProtocolError; nothing has changed then. */
  readonly checkTransport?: (remote: RemoteTransportDescription) => void;
  /** The session id of o=: decimal digits. */
  readonly sessionId: string;
  readonly cname: string;
  /** Lines of the connection, rejected ones included. */
  readonly maxMediaLines: number;
  /** Longest description accepted, in characters; at most, and by default, 256 Ki. */
  readonly maxSdpBytes?: number | undefined;
  /** Whether there may be data channels, and what is said of our side; without it their lines are refused. */
  readonly dataChannels?: DataLineCapability | undefined;
  /** Whether descriptions say that trickled candidates are understood; default true. */
  readonly trickle?: boolean;
  /**
   * In which order answers list the codecs both sides have: the remote's, as it is usual, or that of `codecs`, so that
   * clients that do not know of each other send the same. Default `remote`.
   */
  readonly codecOrder?: 'remote' | 'local' | undefined;
  /** How tracks are put into m-lines; default `unified-plan`. */
  readonly semantics?: SdpSemantics | undefined;
}
