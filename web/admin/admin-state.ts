/** Polls the server and keeps what the page shows as signals. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { fetchSnapshot, type Outcome, removeParticipant } from './admin-client.ts';
import { computeRates, type Rates } from './rates.ts';
import type { Snapshot } from './snapshot.ts';

export type AdminStatus =
  | { readonly kind: 'loading' }
  | { readonly kind: 'live' }
  | { readonly kind: 'token-needed'; readonly rejected: boolean }
  | { readonly kind: 'error'; readonly message: string };

export interface View {
  readonly snapshot: Snapshot;
  readonly rates: Rates;
  /** When it was received, milliseconds since 1970. */
  readonly receivedAtMs: number;
}

const pollIntervalMs = 2000;
const tokenKey = 'manifold.admin-token';

export class AdminState {
  readonly #status = signal<AdminStatus>({ kind: 'loading' });
  readonly #view = signal<View | null>(null);
  #token: string | null = readToken();
  #timer = 0;
  /** Answers to polls of before a new token are not shown. */
  #generation = 0;

  readonly status: ReadonlySignal<AdminStatus> = this.#status;
  /** The last good answer; kept while the server cannot be reached. */
  readonly view: ReadonlySignal<View | null> = this.#view;

  start(): void {
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.refresh();
    });
    this.refresh();
  }

  refresh(): void {
    window.clearTimeout(this.#timer);
    void this.#poll(++this.#generation);
  }

  /** Kept until the tab is closed, and only in it. */
  setToken(token: string): void {
    this.#token = token;
    try {
      sessionStorage.setItem(tokenKey, token);
    } catch {
      // Then it is asked for again after a reload.
    }
    this.#status.value = { kind: 'loading' };
    this.refresh();
  }

  async remove(roomId: string, participantId: string): Promise<Outcome<unknown>> {
    const outcome = await removeParticipant(this.#token, roomId, participantId);
    this.refresh();
    return outcome;
  }

  async #poll(generation: number): Promise<void> {
    const outcome = await fetchSnapshot(this.#token);
    if (generation !== this.#generation) return;
    batch(() => this.#show(outcome));
    // Without a token every poll would be refused; a hidden page asks again when it is seen.
    if (outcome.kind === 'unauthorized' || document.hidden) return;
    this.#timer = window.setTimeout(() => void this.#poll(generation), pollIntervalMs);
  }

  #show(outcome: Outcome<Snapshot>): void {
    switch (outcome.kind) {
      case 'ok': {
        const previous = this.#view.value;
        const receivedAtMs = Date.now();
        const seconds = previous === null ? 0 : (receivedAtMs - previous.receivedAtMs) / 1000;
        const rates = computeRates(previous?.snapshot ?? null, outcome.value, seconds);
        this.#view.value = { snapshot: outcome.value, rates, receivedAtMs };
        this.#status.value = { kind: 'live' };
        break;
      }
      case 'unauthorized':
        this.#view.value = null;
        this.#status.value = { kind: 'token-needed', rejected: this.#token !== null };
        break;
      case 'refused':
        this.#status.value = { kind: 'error', message: outcome.message };
        break;
      case 'unreachable':
        this.#status.value = { kind: 'error', message: 'The server cannot be reached.' };
        break;
    }
  }
}

function readToken(): string | null {
  try {
    return sessionStorage.getItem(tokenKey);
  } catch {
    return null;
  }
}
