import type { Publication } from '../../rooms/publication.ts';
import type { MediaElement } from './media-element.ts';
import type { MediaType } from './param-types.ts';

/**
 * An element that media comes from, as against one that passes on what arrives: an endpoint. When what
 * `publication` answers changes, it calls its own `outputChanged(type)`, and every element its media arrives at is
 * told by `sourceChanged`.
 */
export interface MediaOrigin {
  readonly element: MediaElement;
  /** What its peer sends; null for DATA, and while it sends no such track. */
  publication(type: MediaType): Publication | null;
  /** Whether packets of that type come from its peer at present. */
  isFlowing(type: MediaType): boolean;
}
