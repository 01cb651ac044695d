/** What both Kraken web clients share: how they call, and what they make of names. */

export interface RpcReply {
  readonly data?: unknown;
  readonly error?: { readonly code?: unknown } | string;
}

/** One call as it was answered, for a test that looks. */
export interface MadeCall {
  readonly method: string;
  readonly code: number | null;
  /** Type of the description that came, if one did. */
  readonly type: string | null;
}

export class KrakenRpc {
  readonly calls: MadeCall[] = [];
  /** How often a network or CORS failure was retried. */
  retries = 0;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** A failure of the network is retried at once and without end, as both clients do; what is not JSON is thrown. */
  async call(method: string, params: unknown[]): Promise<RpcReply> {
    const reply = (await (await this.#fetch(method, params)).json()) as RpcReply;
    const { data, error } = reply;
    const code = typeof error === 'object' && typeof error.code === 'number' ? error.code : null;
    const type = (data as { type?: string } | undefined)?.type ?? null;
    this.calls.push({ method, code, type });
    return reply;
  }

  async #fetch(method: string, params: unknown[]): Promise<Response> {
    for (;;) {
      try {
        return await fetch(this.#url, {
          method: 'POST',
          mode: 'cors',
          credentials: 'omit',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ id: crypto.randomUUID(), method, params }),
        });
      } catch {
        this.retries++;
      }
    }
  }
}

export function encodeName(name: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(name)));
}

export function decodeName(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

/** As Go's url.QueryEscape, which kraken.fm imitates; mornin does not. */
export function escapeLikeGo(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
