/** What the page's own address says, and where its server is. */
export interface PageAddress {
  /** null without one; the server is then asked for a room of that very name, as the original's page does. */
  readonly room: string | null;
  readonly debug: boolean;
  /** Not to prefer RED for audio. */
  readonly disableRed: boolean;
  /**
   * To behave as the original's page does also where that hurts its user: wishes that are lost, a screen whose end is not
   * told, a peer connection that outlives Disconnect. Tests want it.
   */
  readonly quirks: boolean;
}

export function readPageAddress(search: string): PageAddress {
  const query = new URLSearchParams(search);
  return {
    room: query.get('room_id'),
    debug: query.has('debug'),
    disableRed: query.has('disablered'),
    quirks: query.has('quirks'),
  };
}

/** The scheme is the path, too; without debug, the query begins with an empty parameter. */
export function socketAddress(location: { protocol: string; host: string }, address: PageAddress): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const first = address.debug ? 'debug=1' : '';
  return `${scheme}://${location.host}/${scheme}?${first}&room_id=${encodeURIComponent(String(address.room))}`;
}
