/** The methods of the dialect: parameters in, `data` out. */
import * as v from 'valibot';
import { ProtocolError } from '../../errors.ts';
import { checkId } from './identifier.ts';
import { errorCodes, type KrakenCode, KrakenError } from './kraken-error.ts';
import type { Peers } from './peers.ts';
import { readCandidate } from './remote-candidate.ts';
import { readJsep, writeJsep } from './session-text.ts';
import { type TurnEntry, type TurnServer, turnEntries } from './turn-credentials.ts';

export interface MethodsOptions {
  readonly peers: Peers;
  /** The TURN server that clients are given credentials for. */
  readonly turn: TurnServer | null;
  /** What they are given where there is none. */
  readonly iceServers: readonly TurnEntry[];
  /** Whether an address may publish once more by now. */
  readonly mayPublish: (address: string) => boolean;
}

export type Method = (params: readonly unknown[], address: string) => unknown;

/** What a poll is answered when there is nothing new: the clients read it without a look at its type. */
const nothingNew = { type: 'unknown', sdp: '', jsep: '{"type":"unknown","sdp":""}' };

const text = v.string();
const one = v.strictTuple([text]);
const three = v.strictTuple([text, text, text]);
const four = v.strictTuple([text, text, text, text]);
const publishSchema = v.looseTuple([text, text, text]);
/** A number, or text of one. */
const limitSchema = v.union([
  v.pipe(v.number(), v.integer()),
  v.pipe(text, v.regex(/^[+-]?\d{1,18}$/), v.transform(Number)),
]);
const callbackSchema = v.pipe(text, v.startsWith('https://'));
/** Only so many parameters bring a limit and a callback. */
const longPublishLength = 5;

export function createMethods(options: MethodsOptions): Readonly<Record<string, Method>> {
  const { peers } = options;
  return {
    turn(params) {
      const [uid] = read(one, params);
      return options.turn === null ? options.iceServers : turnEntries(options.turn, uid, Date.now());
    },
    info(params) {
      read(v.strictTuple([]), params);
      return { updated_at: new Date().toISOString(), ...peers.info() };
    },
    list(params) {
      const [rid] = read(one, params);
      return { peers: peers.list(rid) };
    },
    publish: (params, address) => publish(options, params, address),
    restart(params) {
      const [rid, uid, cid, jsep] = read(four, params);
      const participant = peers.lookup(rid, uid, cid);
      const sdp = readJsep(jsep, 'offer');
      const answer = attempt(errorCodes.setRemoteOffer, () => participant.answerOffer(sdp));
      return { jsep: writeJsep('answer', answer) };
    },
    end(params) {
      const [rid, uid, cid] = read(three, params);
      peers.lookup(rid, uid, cid).leave('left');
      return {};
    },
    trickle(params) {
      const [rid, uid, cid, json] = read(four, params);
      const candidate = readCandidate(json);
      // Before the lookup: the clients send most of it before they know their cid.
      if (candidate === '') return {};
      const participant = peers.lookup(rid, uid, cid);
      attempt(errorCodes.invalidCandidate, () => participant.addRemoteCandidate(candidate));
      return {};
    },
    subscribe(params) {
      const [rid, uid, cid] = read(three, params);
      const sdp = peers.nextOffer(rid, uid, cid);
      return sdp === null ? nothingNew : { type: 'offer', sdp, jsep: writeJsep('offer', sdp) };
    },
    answer(params) {
      const [rid, uid, cid, jsep] = read(four, params);
      const sdp = readJsep(jsep, 'answer');
      const participant = peers.lookup(rid, uid, cid);
      attempt(errorCodes.setRemoteAnswer, () => participant.acceptAnswer(sdp));
      return {};
    },
  };
}

function publish({ peers, mayPublish }: MethodsOptions, params: readonly unknown[], address: string): object {
  const [rid, uid, jsep] = read(publishSchema, params);
  const long = params.length === longPublishLength;
  const limit = long ? read(limitSchema, params[3]) : 0;
  const callback = long ? read(callbackSchema, params[4]) : null;
  checkId('room id', rid);
  checkId('participant id', uid);
  if (!mayPublish(address))
    throw new KrakenError(
      errorCodes.cannotConnect,
      'Too many publications from your address. Try again later.',
    );
  const sdp = readJsep(jsep, 'offer');
  const { cid, answer } = peers.publish({
    rid,
    uid,
    sdp,
    limit: limit > 0 ? limit : Number.POSITIVE_INFINITY,
    callback,
  });
  return { track: cid, sdp: { type: 'answer', sdp: answer }, jsep: writeJsep('answer', answer) };
}

function read<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new KrakenError(errorCodes.invalidParameters, 'The parameters have a wrong number, type or form.');
}

/** What the client's description or candidate is at fault for. */
function attempt<T>(code: KrakenCode, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new KrakenError(code, error.message);
  }
}
