/** The candidate of a trickle call: a string that holds the JSON of an RTCIceCandidateInit. */
import * as v from 'valibot';
import { parseFirstJson } from '../bounded-json.ts';
import { errorCodes, KrakenError } from './kraken-error.ts';

const maxLineIndex = 65_535;

const candidateSchema = v.nullable(
  v.object({
    candidate: v.nullish(v.string(), ''),
    sdpMid: v.nullish(v.string()),
    sdpMLineIndex: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxLineIndex))),
    usernameFragment: v.nullish(v.string()),
  }),
);

/**
 * The candidate's text; '' for the end of candidates, which is also `null` and `{}`.
 * @throws KrakenError invalid candidate
 */
export function readCandidate(json: string): string {
  let value: unknown;
  try {
    value = parseFirstJson(json);
  } catch {
    throw new KrakenError(errorCodes.invalidCandidate, 'The candidate is not JSON.');
  }
  const result = Array.isArray(value) ? null : v.safeParse(candidateSchema, value);
  if (result === null || !result.success)
    throw new KrakenError(errorCodes.invalidCandidate, 'The candidate is no RTCIceCandidateInit.');
  return result.output?.candidate ?? '';
}
