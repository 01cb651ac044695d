/** An endpoint of the server with the peer at its other end, for tests of media through pipelines. */
import type { MediaKind } from '../../src/media/rtp-parameters.ts';
import type { SdpSemantics } from '../../src/webrtc/sdp/sdp-semantics.ts';
import { type HeadlessNetwork, type HeadlessPeer, until } from './headless-peer.ts';
import type { Json, KurentoTestClient } from './kurento-test-client.ts';

export interface EndpointMedia {
  /** What the peer sends, and what it would receive; one line for each kind of either. */
  readonly sends?: readonly MediaKind[];
  readonly receives?: readonly MediaKind[];
  readonly encodings?: number;
  readonly nominatesLate?: boolean;
  readonly semantics?: SdpSemantics;
  /** Labels of data channels it opens. */
  readonly channels?: readonly string[];
  /** Of the constructor, besides the pipeline. */
  readonly params?: Json;
  /** Done before the offer is processed. */
  readonly prepare?: (id: string) => Promise<unknown>;
}

export class TestEndpoint {
  readonly client: KurentoTestClient;
  readonly id: string;
  readonly peer: HeadlessPeer;
  answer = '';
  /** What came over its data channels. */
  readonly messages: string[] = [];

  constructor(client: KurentoTestClient, id: string, peer: HeadlessPeer) {
    this.client = client;
    this.id = id;
    this.peer = peer;
  }

  /** Creates an endpoint that has not negotiated. */
  static async create(
    network: HeadlessNetwork,
    client: KurentoTestClient,
    mediaPipeline: string,
    {
      sends = [],
      receives = [],
      channels = [],
      encodings = 1,
      nominatesLate = false,
      semantics = 'unified-plan',
      params = {},
    }: EndpointMedia = {},
  ): Promise<TestEndpoint> {
    const id = await client.create('WebRtcEndpoint', {
      mediaPipeline,
      ...(channels.length > 0 ? { useDataChannels: true } : {}),
      ...params,
    });
    const peer = network.createPeer({ nominatesLate, semantics });
    peer.encodings = encodings;
    for (const kind of sends)
      peer.addTrack(kind, 'stream', kind, receives.includes(kind) ? 'sendrecv' : 'sendonly');
    for (const kind of receives) if (!sends.includes(kind)) peer.addReceiver(kind);
    const endpoint = new TestEndpoint(client, id, peer);
    for (const label of channels)
      peer.openDataChannel(label).on('message', (data) => {
        endpoint.messages.push(`${label}: ${Buffer.from(data)}`);
      });
    return endpoint;
  }

  static async negotiated(
    network: HeadlessNetwork,
    client: KurentoTestClient,
    mediaPipeline: string,
    media: EndpointMedia,
  ): Promise<TestEndpoint> {
    const endpoint = await TestEndpoint.create(network, client, mediaPipeline, media);
    await media.prepare?.(endpoint.id);
    await endpoint.negotiate();
    return endpoint;
  }

  async negotiate(): Promise<void> {
    this.answer = await this.invoke('processOffer', { offer: this.peer.createOffer() });
    this.peer.acceptAnswer(this.answer);
    await this.invoke('gatherCandidates');
  }

  invoke(operation: string, params?: Json): Promise<Json> {
    return this.client.invoke(this.id, operation, params);
  }

  connect(sink: TestEndpoint, mediaType?: string): Promise<Json> {
    return this.invoke('connect', { sink: sink.id, ...(mediaType === undefined ? {} : { mediaType }) });
  }

  disconnect(sink: TestEndpoint, mediaType?: string): Promise<Json> {
    return this.invoke('disconnect', { sink: sink.id, ...(mediaType === undefined ? {} : { mediaType }) });
  }

  /** Packets received of a kind, so far. */
  packets(kind: MediaKind): number {
    return this.peer.remoteTracks
      .filter((track) => track.kind === kind)
      .reduce((sum, { packets }) => sum + packets, 0);
  }

  /** Waits until a good many more packets of a kind have come. */
  async receives(kind: MediaKind): Promise<void> {
    const before = this.packets(kind);
    await until(`${kind} comes`, () => this.packets(kind) > before + 5);
  }

  /** The data of its events of a type, without what all events have. */
  eventsOf(type: string): Json[] {
    return this.client.events.flatMap(({ value }) => {
      if (value.type !== type || value.object !== this.id) return [];
      const { source: _source, tags: _tags, timestampMillis: _at, type: _type, ...fields } = value.data;
      return [fields];
    });
  }

  async subscribe(...types: readonly string[]): Promise<void> {
    for (const type of types) await this.client.subscribe(this.id, type);
  }

  async release(): Promise<void> {
    await this.client.call('release', { object: this.id });
  }
}
