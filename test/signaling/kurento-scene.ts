/** What tests of the Kurento dialect with media have in common: a server, peers for its endpoints, and a client. */
import assert from 'node:assert/strict';
import { HeadlessNetwork } from './headless-peer.ts';
import { KurentoTestClient } from './kurento-test-client.ts';
import { type RunningManifold, startManifold } from './running-manifold.ts';

export class KurentoScene {
  readonly server: RunningManifold;
  readonly network: HeadlessNetwork;
  readonly client: KurentoTestClient;

  private constructor(server: RunningManifold, network: HeadlessNetwork, client: KurentoTestClient) {
    this.server = server;
    this.network = network;
    this.client = client;
  }

  static async open(options?: Parameters<typeof startManifold>[0]): Promise<KurentoScene> {
    const server = await startManifold(options);
    const client = await KurentoTestClient.open(`${server.webSocket}/kurento`);
    return new KurentoScene(server, new HeadlessNetwork(), client);
  }

  /** Ends everything. Fails if the server has logged an error. */
  async close(): Promise<void> {
    this.client.socket.terminate();
    this.network.close();
    await this.server.close();
    assert.deepEqual(this.server.errors, []);
  }
}
