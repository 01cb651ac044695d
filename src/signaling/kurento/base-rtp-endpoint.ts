/** What endpoints that negotiate by SDP have in common: descriptions, bandwidths, and the two states clients follow. */
import type { Publication } from '../../rooms/publication.ts';
import { BandwidthLimits, type BandwidthName } from './bandwidth-limits.ts';
import type { RembParams } from './endpoint-classes.ts';
import { KurentoError } from './kurento-error.ts';
import { MediaElement } from './media-element.ts';
import { record } from './media-object.ts';
import type { MediaOrigin } from './media-origin.ts';
import type { MediaType } from './param-types.ts';

export type EndpointState = 'CONNECTED' | 'DISCONNECTED';

/** What a generated offer asks for. */
export interface OfferedMedia {
  readonly audio: boolean;
  readonly video: boolean;
}

/** Of the original; nothing here splits packets. */
const defaultMtu = 1200;

const defaultRembParams: RembParams = {
  packetsRecvIntervalTop: 100,
  exponentialFactor: 0.04,
  linealFactorMin: 50,
  linealFactorGrade: 20,
  decrementFactor: 0.5,
  thresholdFactor: 0.8,
  upLosses: 12,
  rembOnConnect: 0,
};

export abstract class BaseRtpEndpoint extends MediaElement implements MediaOrigin {
  readonly bandwidth = new BandwidthLimits();
  mtu = defaultMtu;
  #rembParams: RembParams | null = null;
  #mediaState: EndpointState = 'DISCONNECTED';
  #connectionState: EndpointState = 'DISCONNECTED';
  #local: string | null = null;
  #remote: string | null = null;

  /** @throws KurentoError 40201, 40205, 40208, 40009 */
  abstract processOffer(offer: string): string;
  /** @throws KurentoError 40204, 40208, 40009 */
  abstract generateOffer(media: OfferedMedia): string;
  /** @throws KurentoError 40201, 40206, 40209, 40210 */
  abstract processAnswer(answer: string): string;
  abstract publication(type: MediaType): Publication | null;
  abstract isFlowing(type: MediaType): boolean;
  /** Makes the bounds that are set take effect. */
  protected abstract bandwidthChanged(): void;

  override get origin(): MediaOrigin {
    return this;
  }

  get element(): MediaElement {
    return this;
  }

  /** @throws KurentoError 40202 */
  get localDescription(): string {
    if (this.#local === null) throw new KurentoError(40202, 'There is no local SDP yet');
    return this.#local;
  }

  /** @throws KurentoError 40203 */
  get remoteDescription(): string {
    if (this.#remote === null) throw new KurentoError(40203, 'There is no remote SDP yet');
    return this.#remote;
  }

  get rembParams(): object {
    return record('RembParams', { ...defaultRembParams, ...this.#rembParams });
  }

  setRembParams(params: RembParams): void {
    this.#rembParams = params;
  }

  /** @throws KurentoError 40107 */
  setBandwidth(name: BandwidthName, kbps: number): void {
    this.bandwidth.set(name, kbps);
    this.bandwidthChanged();
  }

  get mediaState(): EndpointState {
    return this.#mediaState;
  }

  get connectionState(): EndpointState {
    return this.#connectionState;
  }

  /** Asks the connected source for a key frame. @throws KurentoError 40111 */
  requestKeyframe(): void {
    const origin = this.originOf('VIDEO');
    if (origin === null) throw new KurentoError(40111, 'There is no video source to ask for a key frame');
    const publication = origin.publication('VIDEO');
    publication?.participant.requestKeyFrame(publication);
  }

  /** @throws KurentoError 40009, and nothing has changed then */
  protected describe(local: string | null, remote: string | null): void {
    const { descriptions } = this.host.registry;
    const localBefore = this.#local ?? '';
    descriptions.exchange(localBefore, local ?? '');
    try {
      descriptions.exchange(this.#remote ?? '', remote ?? '');
    } catch (error) {
      descriptions.exchange(local ?? '', localBefore);
      throw error;
    }
    this.#local = local;
    this.#remote = remote;
  }

  protected override onRelease(): void {
    super.onRelease();
    this.describe(null, null);
  }

  protected setConnectionState(state: EndpointState): void {
    const former = this.#connectionState;
    if (state === former) return;
    this.#connectionState = state;
    this.raise('ConnectionStateChanged', { oldState: former, newState: state });
  }

  protected setMediaState(state: EndpointState): void {
    const former = this.#mediaState;
    if (state === former) return;
    this.#mediaState = state;
    this.raise('MediaStateChanged', { oldState: former, newState: state });
  }
}
