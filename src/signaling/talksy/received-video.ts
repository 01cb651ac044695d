/** Which level of each video one client gets: the least of what it asked for and of the size it shows it in. */
import type { Publication } from '../../rooms/publication.ts';
import type { Subscription } from '../../rooms/subscription.ts';
import type { QualityCeiling } from './client-message.ts';
import { highestSpatialOf, levelOfSize, lowerLevel, type PictureLevel } from './quality.ts';
import { wireId } from './wire-identity.ts';

/** Why a subscription is paused; shown in lists. */
const switchedOff = 'switched-off';

export class ReceivedVideo {
  #ceiling: QualityCeiling = 'high';
  readonly #sizes = new WeakMap<Publication, PictureLevel>();

  /** Of all videos, those to come included. */
  setCeiling(ceiling: QualityCeiling): void {
    this.#ceiling = ceiling;
  }

  /** The client shows a track in this size. Tracks it does not get are none of its business. */
  setSize(received: Iterable<Publication>, trackId: string, width: number, height: number): void {
    for (const publication of received) {
      if (publication.kind !== 'video' || wireId(publication.trackId) !== trackId) continue;
      this.#sizes.set(publication, levelOfSize(width, height));
    }
  }

  /** null where nothing is to be sent. */
  ceilingOf(publication: Publication): PictureLevel | null {
    if (this.#ceiling === 'none') return null;
    return lowerLevel(this.#ceiling, this.#sizes.get(publication) ?? 'high');
  }

  /**
   * Tells a subscription. To be called whenever anything has changed, and once a second: levels are numbered by the layers
   * there are, which come and go.
   */
  apply(subscription: Subscription): void {
    const { publication, preference, pauseReason } = subscription;
    if (publication.kind !== 'video') return;
    const level = this.ceilingOf(publication);
    if (level === null) {
      if (pauseReason === null) subscription.pause(switchedOff);
      return;
    }
    const maxSpatial = highestSpatialOf(publication.track.layers.list(), level) ?? undefined;
    if (preference.maxSpatial !== maxSpatial) {
      subscription.setPreference(maxSpatial === undefined ? {} : { maxSpatial });
    }
    if (pauseReason === switchedOff) subscription.resume();
  }
}
