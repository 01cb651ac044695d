/**
 * What a client is told of ICE. Candidates are there from the start and stand in the description as well, but events
 * of them come only when they are asked for, and then begin as those of a gathering agent would.
 */
import type { Participant } from '../../rooms/participant.ts';
import type { SelectedPath } from '../../rooms/transport-view.ts';
import type { IceState } from '../../webrtc/ice/ice-lite-agent.ts';
import { type MediaObject, record } from './media-object.ts';
import { RemoteCandidates } from './remote-candidates.ts';

type ComponentState = 'GATHERING' | 'CONNECTING' | 'CONNECTED' | 'READY' | 'FAILED' | 'DISCONNECTED';

/** BUNDLE and rtcp-mux leave one stream and one component. */
const streamId = 1;
const componentId = 1;

/**
 * Clients by ksfu's description of old subscribe to candidates and never ask for them: they get them by themselves
 * after so long.
 */
const unaskedAfterMs = 500;
const unaskedEvent = 'OnIceCandidate';

export class IceReport {
  readonly remote = new RemoteCandidates();
  readonly #object: MediaObject;
  #participant: Participant | null = null;
  #wanted = false;
  #gathered = false;
  #state: ComponentState | null = null;
  #cancel: (() => void) | null = null;
  #localDescription = '';
  #remoteDescription = '';

  constructor(object: MediaObject) {
    this.#object = object;
  }

  /** There is a connection, which has been described to the client. */
  begin(participant: Participant, localDescription: string): void {
    this.#participant = participant;
    this.#localDescription = localDescription;
    participant.path.on('icestatechange', (state) => this.#stateChanged(state));
    participant.path.on('selectedpathchange', (path) => this.#pathChanged(path));
    // After the answer, whoever is subscribed.
    this.#cancel = this.#object.host.after(this.#wanted ? 0 : unaskedAfterMs, () => {
      if (this.#wanted) this.#tellCandidates();
      else if (this.#object.subscribedAs(unaskedEvent)) this.gather();
    });
  }

  /** The client has described its side. */
  described(remoteDescription: string): void {
    this.#remoteDescription = remoteDescription;
  }

  /** Tells of the candidates, now or once there is a description they belong to. A second call does nothing. */
  gather(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#cancel?.();
    // Whoever asks has the answer to that first: events wait for it.
    this.#tellCandidates();
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#participant = null;
  }

  /** Whether clients know of a way that works. */
  get connected(): boolean {
    return this.#state === 'CONNECTED' || this.#state === 'READY';
  }

  get pairs(): object[] {
    const path = this.#participant?.path.selectedPath ?? null;
    return path === null ? [] : [this.#pairRecord(path)];
  }

  get connections(): object[] {
    if (this.#state === null) return [];
    return [record('IceConnection', { streamId: String(streamId), componentId, state: this.#state })];
  }

  #tellCandidates(): void {
    this.#cancel = null;
    if (this.#gathered || this.#participant === null) return;
    this.#gathered = true;
    const line = carryingLine(this.#localDescription);
    if (this.#state === null) this.#become('GATHERING');
    for (const { candidate } of this.#participant.localCandidates) {
      this.#object.raise('IceCandidateFound', { candidate: record('IceCandidate', { candidate, ...line }) });
    }
    this.#object.raise('IceGatheringDone');
    if (this.#participant.path.iceState === 'checking' && this.#state === 'GATHERING')
      this.#become('CONNECTING');
  }

  #stateChanged(state: IceState): void {
    switch (state) {
      case 'checking':
        // Said when candidates are told, or when it turns out that the client needed none.
        if (this.#gathered) this.#become('CONNECTING');
        break;
      case 'connected':
        this.#connecting();
        this.#become('CONNECTED');
        this.#become('READY');
        break;
      case 'disconnected':
        this.#become('DISCONNECTED');
        break;
      case 'failed':
        this.#become('FAILED');
        break;
    }
  }

  #pathChanged(path: SelectedPath): void {
    this.#connecting();
    this.#object.raise('NewCandidatePairSelected', { candidatePair: this.#pairRecord(path) });
  }

  #connecting(): void {
    if (this.#state === null || this.#state === 'GATHERING') this.#become('CONNECTING');
  }

  #become(state: ComponentState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#object.raise('IceComponentStateChanged', { streamId, componentId, state });
  }

  #pairRecord({ local, remote: { address, port }, priority }: SelectedPath): object {
    return record('IceCandidatePair', {
      streamId: String(streamId),
      componentId,
      localCandidate: local,
      remoteCandidate: this.remote.find(address, port, priority, this.#remoteDescription),
    });
  }
}

/** The line that carries the transport, as candidates name it: the first that is not refused. */
export function carryingLine(sdp: string): { sdpMid: string; sdpMLineIndex: number } {
  const lines = /^m=\S+ (\d+).*\r?\n(?:(?!m=|a=mid:).*\r?\n)*(?:a=mid:(.*?)\r?$)?/gm;
  let sdpMLineIndex = 0;
  let first: { sdpMid: string; sdpMLineIndex: number } | null = null;
  for (const [, port, mid = String(sdpMLineIndex)] of sdp.matchAll(lines)) {
    const line = { sdpMid: mid, sdpMLineIndex };
    if (port !== '0') return line;
    first ??= line;
    sdpMLineIndex++;
  }
  return first ?? { sdpMid: '0', sdpMLineIndex: 0 };
}
