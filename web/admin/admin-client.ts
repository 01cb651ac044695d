/** Talks to the admin API. Every outcome is a value: the page shows each in its own way. */
import { isObject, stringField } from '../shared/json-fields.ts';
import { readServer, readSnapshot, type Snapshot } from './snapshot.ts';

export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** A token is needed, or the one given is wrong. */
  | { readonly kind: 'unauthorized' }
  /** The server answered, but not with what was asked for. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unreachable' };

const roomsPath = '/admin/api/rooms';
/** A server that takes longer is as good as gone for a page that refreshes every two seconds. */
const timeoutMs = 6000;

export async function fetchSnapshot(token: string | null): Promise<Outcome<Snapshot>> {
  const outcome = await request('GET', roomsPath, token);
  if (outcome.kind !== 'ok') return outcome;
  const snapshot = readSnapshot(outcome.value);
  if (snapshot === null)
    return { kind: 'refused', message: 'The server answered with something else than rooms.' };
  if (snapshot.server.uptimeSeconds !== null) return { kind: 'ok', value: snapshot };
  // A server whose admin API tells nothing about itself still has its health page.
  const health = await request('GET', '/health', null);
  if (health.kind !== 'ok' || !isObject(health.value)) return { kind: 'ok', value: snapshot };
  return { kind: 'ok', value: { ...snapshot, server: readServer(health.value) } };
}

export async function removeParticipant(
  token: string | null,
  roomId: string,
  participantId: string,
): Promise<Outcome<unknown>> {
  const path = `${roomsPath}/${encodeURIComponent(roomId)}/participants/${encodeURIComponent(participantId)}`;
  return request('DELETE', path, token);
}

async function request(method: string, path: string, token: string | null): Promise<Outcome<unknown>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    return { kind: 'unreachable' };
  }
  if (response.status === 401) return { kind: 'unauthorized' };
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return { kind: 'ok', value: body };
  return {
    kind: 'refused',
    message: errorMessage(body) ?? `The server answered with status ${response.status}.`,
  };
}

function errorMessage(body: unknown): string | null {
  return isObject(body) && isObject(body.error) ? stringField(body.error, 'message') : null;
}
