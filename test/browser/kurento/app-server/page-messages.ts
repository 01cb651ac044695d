/** What pages and the app server say to each other, much as in Kurento's tutorials. One message a WebSocket frame. */

/** A page may have several connections; each has a name of the page's choosing, by which both sides speak of it. */
export type FromPage =
  | { readonly id: 'offer'; readonly of: string; readonly role: string; readonly sdpOffer: string }
  | { readonly id: 'candidate'; readonly of: string; readonly candidate: object }
  | { readonly id: 'stop' };

export type ToPage =
  | { readonly id: 'answer'; readonly of: string; readonly sdpAnswer: string }
  | { readonly id: 'refused'; readonly of: string; readonly message: string }
  | { readonly id: 'candidate'; readonly of: string; readonly candidate: object }
  /** Who is in the group besides the page; sent to a newcomer, and whenever that changes. */
  | { readonly id: 'participants'; readonly names: readonly string[] }
  /** The other side has stopped: the page closes its connection. */
  | { readonly id: 'stopped'; readonly of: string };
