/**
 * Replaces the page's RTCPeerConnection by one that remembers every instance, so a test can read the
 * statistics of any page, ours or foreign, without the page's help. It can also send the media of the page
 * through a relay: candidates that name the server's media port are rewritten to name the relay's.
 */

export interface TrackedConnection {
  readonly connection: RTCPeerConnection;
  /** One line per state change, for the dump a failing test leaves. */
  readonly history: string[];
}

/** Media port of the server as announced, and the port of the relay in front of it. */
export interface MediaRedirection {
  readonly from: number;
  readonly to: number;
}

const tracked: TrackedConnection[] = [];
const streamsOfReceiver = new WeakMap<RTCRtpReceiver, readonly MediaStream[]>();

/** Ids of the streams a receiver's track was announced in; the statistics do not carry them. */
export function streamIdsOf(receiver: RTCRtpReceiver): string[] {
  return (streamsOfReceiver.get(receiver) ?? []).map((stream) => stream.id);
}

/** All connections the page ever made, oldest first, closed ones included. */
export function trackedConnections(): readonly TrackedConnection[] {
  return tracked;
}

function redirect(text: string): string {
  const redirection = (globalThis as { mediaRedirection?: MediaRedirection }).mediaRedirection;
  if (redirection === undefined) return text;
  return text.replaceAll(
    new RegExp(`(candidate:\\S+ \\d+ udp \\d+ \\S+) ${redirection.from} `, 'gi'),
    `$1 ${redirection.to} `,
  );
}

/** Installs the replacement; called once before any script of the page runs. */
export function trackPeerConnections(): void {
  const Native = globalThis.RTCPeerConnection;
  class TrackedPeerConnection extends Native {
    constructor(configuration?: RTCConfiguration) {
      super({
        ...configuration,
        ...(globalThis as { addedConfiguration?: RTCConfiguration }).addedConfiguration,
      });
      const history: string[] = [];
      const note = (text: string) => {
        history.push(`${Math.round(performance.now())} ms ${text}`);
      };
      tracked.push({ connection: this, history });
      this.addEventListener('connectionstatechange', () => note(`connection ${this.connectionState}`));
      this.addEventListener('iceconnectionstatechange', () => note(`ice ${this.iceConnectionState}`));
      this.addEventListener('signalingstatechange', () => note(`signaling ${this.signalingState}`));
      this.addEventListener('track', (event) => {
        streamsOfReceiver.set(event.receiver, event.streams);
        note(`track ${event.track.kind} mid ${event.transceiver.mid}`);
      });
    }

    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      const { type, sdp } = description;
      return super.setRemoteDescription(sdp === undefined ? description : { type, sdp: redirect(sdp) });
    }

    override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      if (!candidate?.candidate) return super.addIceCandidate(candidate ?? undefined);
      const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
      return super.addIceCandidate({
        candidate: redirect(candidate.candidate),
        sdpMid: sdpMid ?? null,
        sdpMLineIndex: sdpMLineIndex ?? null,
        usernameFragment: usernameFragment ?? null,
      });
    }
  }
  globalThis.RTCPeerConnection = TrackedPeerConnection;
}
