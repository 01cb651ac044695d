/** `jsep`: a string that holds the JSON of a session description. */
import * as v from 'valibot';
import { ProtocolError } from '../../errors.ts';
import { parseSessionDescription } from '../../webrtc/sdp/parse-session-description.ts';
import { parseFirstJson } from '../bounded-json.ts';
import { errorCodes, KrakenError } from './kraken-error.ts';

const descriptionSchema = v.object({ type: v.string(), sdp: v.string() });

/**
 * The SDP of a description that has to be an offer, or an answer.
 * @throws KrakenError invalid SDP
 */
export function readJsep(jsep: string, type: 'offer' | 'answer'): string {
  let value: unknown;
  try {
    value = parseFirstJson(jsep);
  } catch {
    throw invalid('jsep is not JSON.');
  }
  const result = v.safeParse(descriptionSchema, value);
  if (!result.success) throw invalid('jsep is no session description.');
  const { sdp } = result.output;
  if (result.output.type.toLowerCase() !== type) throw invalid(`jsep has to be an ${type}.`);
  try {
    parseSessionDescription(sdp);
  } catch (error) {
    // What is understood but cannot be used is told by whoever uses it.
    if (!(error instanceof ProtocolError)) throw error;
    if (error.code === 'malformed-sdp') throw invalid(error.message);
  }
  return sdp;
}

export function writeJsep(type: 'offer' | 'answer', sdp: string): string {
  return JSON.stringify({ type, sdp });
}

/** Whether a description has a line of a kind; `live`: that is not refused. */
export function hasMedia(sdp: string, kind: 'audio' | 'video', which: 'any' | 'live'): boolean {
  return sdp
    .split(/^m=/m)
    .some(
      (section) => section.startsWith(`${kind} `) && (which === 'any' || !section.startsWith(`${kind} 0 `)),
    );
}

function invalid(description: string): KrakenError {
  return new KrakenError(errorCodes.invalidSdp, description);
}
