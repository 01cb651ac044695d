/**
 * How large a client shows what it receives, line by line, as it said last: it gets pictures of about that size, and
 * none of what it does not show. Lines that it does not speak of are sent as if it had said nothing at all.
 */
import type { LayerPreference } from '../../media/layers/layer-policy.ts';

/** On the screen, in physical pixels; 0 each for what is not shown. */
export interface ShownSize {
  readonly mid: string;
  readonly width: number;
  readonly height: number;
}

/** The part of a Subscription this is told to. */
export interface SizedSubscription {
  readonly line: { readonly transceiver: { readonly mid: string | null } } | null;
  readonly publication: { readonly kind: 'audio' | 'video' };
  readonly state: string;
  readonly preference: LayerPreference;
  readonly pauseReason: string | null;
  setPreference(preference: LayerPreference): void;
  pause(reason: string): void;
  resume(): void;
}

/** Why what is not shown is not sent: seen in statistics. */
const notShown = 'not-shown';

export class ShownSizes {
  readonly #subscriptions: { values(): Iterable<SizedSubscription> };
  #byMid: ReadonlyMap<string, ShownSize> = new Map();

  constructor(subscriptions: { values(): Iterable<SizedSubscription> }) {
    this.#subscriptions = subscriptions;
  }

  /** In place of all that was said before. */
  set(sizes: readonly ShownSize[]): void {
    this.#byMid = new Map(sizes.map((size) => [size.mid, size]));
    for (const subscription of [...this.#subscriptions.values()]) this.apply(subscription);
  }

  /** One has come, perhaps on a line that was spoken of, or has changed. */
  apply(subscription: SizedSubscription): void {
    if (subscription.publication.kind !== 'video' || subscription.state === 'ended') return;
    const size = this.#byMid.get(subscription.line?.transceiver.mid ?? '');
    const shown = size === undefined || (size.width > 0 && size.height > 0);
    if (!shown) {
      if (subscription.pauseReason === null) subscription.pause(notShown);
      return;
    }
    const { width, height } = subscription.preference;
    // Each time that something is set counts as asking anew.
    if (width !== size?.width || height !== size?.height)
      subscription.setPreference(size === undefined ? {} : { width: size.width, height: size.height });
    if (subscription.pauseReason === notShown) subscription.resume();
  }
}
