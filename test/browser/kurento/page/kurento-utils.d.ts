/** As much of the npm package as the test page uses; it has no types of its own. */
declare module 'kurento-utils' {
  type Done = (error?: unknown) => void;

  interface WebRtcPeerOptions {
    readonly remoteVideo?: HTMLVideoElement;
    readonly localVideo?: HTMLVideoElement;
    readonly onicecandidate?: (candidate: RTCIceCandidate) => void;
    readonly mediaConstraints?: MediaStreamConstraints;
    readonly configuration?: RTCConfiguration;
    readonly simulcast?: boolean;
    readonly multistream?: boolean;
    readonly dataChannels?: boolean;
    readonly dataChannelConfig?: {
      readonly id: string;
      readonly onopen: () => void;
      readonly onclose: () => void;
      readonly onmessage: (event: MessageEvent) => void;
    };
  }

  export interface WebRtcPeer {
    readonly peerConnection: RTCPeerConnection;
    generateOffer(done: (error: unknown, sdpOffer: string) => void): void;
    processOffer(sdpOffer: string, done: (error: unknown, sdpAnswer: string) => void): void;
    processAnswer(sdpAnswer: string, done: Done): void;
    addIceCandidate(candidate: object, done?: Done): void;
    send(data: string): void;
    dispose(): void;
  }

  interface WebRtcPeerConstructor {
    new (options: WebRtcPeerOptions, done: Done): WebRtcPeer;
  }

  const kurentoUtils: {
    readonly WebRtcPeer: {
      readonly WebRtcPeerSendonly: WebRtcPeerConstructor;
      readonly WebRtcPeerRecvonly: WebRtcPeerConstructor;
      readonly WebRtcPeerSendrecv: WebRtcPeerConstructor;
    };
  };
  export default kurentoUtils;
}
