import { ProtocolError, UserError } from '../../errors.ts';
import { parseSessionDescription } from '../../webrtc/sdp/parse-session-description.ts';
import { KurentoError, type KurentoErrorCode } from './kurento-error.ts';

/** What a client is told whose description, or wish for one, led to `error`. Bugs are returned as they are. */
export function descriptionError(error: unknown, otherwise: KurentoErrorCode): unknown {
  if (error instanceof ProtocolError && error.code === 'malformed-sdp')
    return new KurentoError(40201, error.message);
  if (error instanceof UserError && (error.code.startsWith('limit-') || error.code === 'shutting-down'))
    return new KurentoError(40009, error.message);
  if (error instanceof ProtocolError || error instanceof UserError)
    return new KurentoError(otherwise, error.message);
  return error;
}

/** @throws KurentoError 40201 for what is no session description, before anything else is said of it */
export function assertDescription(sdp: string): void {
  if (sdp === '') throw new KurentoError(40201, 'The SDP is empty');
  try {
    parseSessionDescription(sdp);
  } catch (error) {
    if (error instanceof ProtocolError) throw new KurentoError(40201, error.message);
    throw error;
  }
}
