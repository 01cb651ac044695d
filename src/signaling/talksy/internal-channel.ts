/** The data channel `internal`, which the server opens to each client: who speaks goes out, sizes and statistics come. */
import { UserError } from '../../errors.ts';
import type { Participant } from '../../rooms/participant.ts';
import type { DataChannel } from '../../webrtc/data-channels/data-channel.ts';
import { TokenBucket } from '../token-bucket.ts';
import { type InternalMessage, parseInternalMessage } from './internal-message.ts';

export const internalLabel = 'internal';

/** A page sends one message a second, and one for each track that changes its size. */
const burst = 500;
const perSecond = 100;

const decoder = new TextDecoder();

export interface InternalChannelEvents {
  message(message: InternalMessage): void;
  /** Open, or never to be: nothing needs to wait for it any more. */
  settled(): void;
}

/** Opens it; the next offer asks for it. */
export function openInternalChannel(
  participant: Participant,
  now: () => number,
  events: InternalChannelEvents,
): DataChannel | null {
  let channel: DataChannel;
  try {
    channel = participant.openDataChannel(internalLabel);
  } catch (error) {
    // The server is configured to have none.
    if (!(error instanceof UserError)) throw error;
    events.settled();
    return null;
  }
  const budget = new TokenBucket(burst, perSecond, now());
  channel.on('open', () => events.settled());
  channel.on('closed', () => events.settled());
  channel.on('message', (data) => {
    if (!budget.spend(1, now())) return;
    const message = parseInternalMessage(decoder.decode(data));
    if (message !== null) events.message(message);
  });
  return channel;
}
