/** Whether media flows through an endpoint, as its events and isMediaFlowing tell. */
import type { Participant } from '../../rooms/participant.ts';
import type { Publication } from '../../rooms/publication.ts';
import { type FlowDirection, FlowEvents } from './flow-events.ts';
import type { MediaElement } from './media-element.ts';
import { type Activity, flowActivity, peerActivity, type Watched } from './media-watch.ts';
import type { MediaType } from './param-types.ts';

const kinds = { AUDIO: 'audio', VIDEO: 'video' } as const;
type StreamType = keyof typeof kinds;
const types: readonly StreamType[] = ['AUDIO', 'VIDEO'];

interface Observer extends MediaElement {
  publication(type: MediaType): Publication | null;
  heard(recently: boolean): void;
}

interface Flow {
  /** From the client into the pipeline, and the other way. */
  readonly out: Activity;
  readonly in: Activity;
}

export class EndpointFlows implements Watched {
  readonly #endpoint: Observer;
  readonly #events: FlowEvents;
  #participant: Participant | null = null;
  #flows: Readonly<Record<StreamType, Flow>> | null = null;
  readonly #peer = peerActivity();

  constructor(endpoint: Observer) {
    this.#endpoint = endpoint;
    this.#events = new FlowEvents(endpoint);
  }

  begin(participant: Participant): void {
    this.#participant = participant;
    const flow = (): Flow => ({ out: flowActivity(), in: flowActivity() });
    this.#flows = { AUDIO: flow(), VIDEO: flow() };
    participant.path.on('goodbye', () => {
      if (this.#peer.end(participant.path.packetsHeard)) this.#endpoint.heard(false);
    });
  }

  isFlowingOut(type: MediaType): boolean {
    return type !== 'DATA' && (this.#flows?.[type].out.active ?? false);
  }

  isFlowingIn(type: MediaType): boolean {
    return type !== 'DATA' && (this.#flows?.[type].in.active ?? false);
  }

  /** One comes with its first packet, so that need not be waited for. */
  publicationsChanged(): void {
    this.look(this.#endpoint.host.nowMs());
  }

  look(nowMs: number): void {
    const participant = this.#participant;
    if (participant === null || this.#flows === null) return;
    for (const type of types) {
      const flow = this.#flows[type];
      const received = this.#endpoint.publication(type)?.track.packetsReceived ?? null;
      let sent: number | null = null;
      for (const { publication, forwarder } of participant.subscriptions.values())
        if (publication.kind === kinds[type]) sent = forwarder?.packetsSent ?? null;
      if (flow.out.update(received, nowMs)) this.#tell('Out', type, flow.out);
      if (flow.in.update(sent, nowMs)) this.#tell('In', type, flow.in);
    }
    if (this.#peer.update(participant.path.packetsHeard, nowMs)) this.#endpoint.heard(this.#peer.active);
  }

  end(): void {
    const flows = this.#flows;
    this.#participant = null;
    if (flows === null) return;
    for (const type of types) {
      if (flows[type].out.end()) this.#tell('Out', type, flows[type].out);
      if (flows[type].in.end()) this.#tell('In', type, flows[type].in);
    }
  }

  /** What comes out of the endpoint flows through all that it passes, too. */
  #tell(direction: FlowDirection, type: StreamType, { active }: Activity): void {
    this.#events.tell(direction, type, active);
    if (direction === 'Out') this.#endpoint.outputFlows(type, active);
  }
}
