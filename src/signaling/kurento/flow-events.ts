/**
 * What clients are told of the media that goes through an element: when it begins and ends, of each type and direction,
 * and once for each type that it is not transcoded.
 */
import type { MediaElement } from './media-element.ts';
import { type MediaType, mediaTypes } from './param-types.ts';

/** As the pipeline sees it: into the element, or out of it. */
export type FlowDirection = 'In' | 'Out';

/** There is one pad and one bin of each type here, whatever they are called in the original. */
const onlyName = 'default';

export class FlowEvents {
  readonly #element: MediaElement;
  /** A bit for each type and direction that clients know to flow, and one for each type that ever did. */
  #flowing = 0;
  #begun = 0;

  constructor(element: MediaElement) {
    this.#element = element;
  }

  /** Says whether media flows, to those who have been told otherwise. Data has no flows in the original. */
  tell(direction: FlowDirection, mediaType: MediaType, flows: boolean): void {
    if (mediaType === 'DATA' || this.#element.released) return;
    const type = mediaTypes.indexOf(mediaType);
    const bit = 1 << (type * 2 + (direction === 'In' ? 0 : 1));
    if (((this.#flowing & bit) !== 0) === flows) return;
    this.#flowing ^= bit;
    const state = flows ? 'FLOWING' : 'NOT_FLOWING';
    this.#element.raise(`MediaFlow${direction}StateChanged`, { state, padName: onlyName, mediaType });
    if (!flows || (this.#begun & (1 << type)) !== 0) return;
    this.#begun |= 1 << type;
    this.#element.raise('MediaTranscodingStateChanged', {
      ...{ state: 'NOT_TRANSCODING', binName: onlyName, mediaType },
    });
  }
}
