/**
 * The environment variables of ksfu, which Manifold inherits: their names, their defaults there, how each is read, and
 * the key of ours it stands for. What becomes of them together is decided in ksfu-environment.ts.
 */
import {
  listOf,
  natAddresses,
  oneOf,
  pemFile,
  port,
  portOrOff,
  portPair,
  seconds,
  stunServer,
  text,
  truth,
  turnAddress,
  turnCredentials,
  turnServer,
  Unfit,
  type ValueReader,
  whole,
} from './ksfu-values.ts';

export interface KsfuVariable<T = unknown> {
  /** As ksfu documents it; null for none. Given explicitly, it must start a server. */
  readonly default: string | null;
  readonly read: ValueReader<T>;
  /** The keys it stands for; none where it is refused, or changes nothing. */
  readonly keys: readonly string[];
  /** For .env.example. */
  readonly description: string;
  /** Never shown. */
  readonly secret?: boolean;
  /** A value that is set though it is empty means something. */
  readonly empty?: T;
}

function variable<T>(
  standard: string | null,
  read: ValueReader<T>,
  keys: readonly string[],
  description: string,
  more: Pick<KsfuVariable<T>, 'secret' | 'empty'> = {},
): KsfuVariable<T> {
  return { default: standard, read, keys, description, ...more };
}

const counting = whole(0, Number.MAX_SAFE_INTEGER);

export const defaultStunServer = 'stun:stun.l.google.com:19302';

/** `none` is no server. */
function stunServers(list: string): readonly string[] | Unfit {
  return list.toLowerCase() === 'none' ? [] : listOf(stunServer)(list);
}

export const ksfuVariables = {
  HTTP_PORT: variable('8080', port, ['http.port'], 'TCP port of HTTP and WebSocket; 0 is any free one.'),
  HTTPS_PORT: variable(
    '8443',
    portOrOff,
    ['http.tls-port', 'http.tls'],
    'TCP port of HTTPS and WSS; 0 or off for none. Without HTTPS_CERT, a certificate is made at start.',
  ),
  HTTPS_CERT: variable(null, pemFile, ['http.tls-cert'], 'PEM file with the certificate chain.'),
  HTTPS_KEY: variable(null, pemFile, ['http.tls-key'], 'PEM file with its private key.'),
  ENABLE_METRICS: variable('false', truth, ['metrics.serve'], 'Serve /metrics.'),

  ICE_SINGLE_PORT: variable(
    '0',
    port,
    ['media.port', 'media.port-range'],
    'UDP port of all media; 0 for Manifold’s own, 40000.',
  ),
  ICE_PORT_RANGE: variable(
    null,
    portPair,
    ['media.port-range'],
    'Start,end: the UDP port of all media is the first free one of these.',
  ),
  STUN_SERVERS: variable<readonly string[]>(
    defaultStunServer,
    stunServers,
    [],
    'Not asked: Manifold is an ICE-lite agent. Others than the default are refused unless ICE_LITE=true.',
    { empty: [] },
  ),
  TURN_SERVERS: variable(null, listOf(turnServer), [], 'Refused unless ICE_LITE=true.'),
  TURN_USERNAME: variable(null, text, [], 'For TURN_SERVERS.'),
  TURN_PASSWORD: variable(null, text, [], 'For TURN_SERVERS.', { secret: true }),

  ICE_LITE: variable('false', truth, [], 'Manifold is an ICE-lite agent either way.'),
  ICE_NAT_1TO1_IPS: variable(
    null,
    natAddresses,
    ['media.announced-addresses'],
    'Addresses told to clients, such as that of a cloud’s 1:1 NAT; external/local for one local address.',
  ),
  ICE_CANDIDATE_TYPE: variable(
    'host',
    oneOf('host', 'srflx'),
    ['media.candidate-type'],
    'host: ICE_NAT_1TO1_IPS in place of the local addresses; srflx: beside them.',
  ),

  SDP_SEMANTICS: variable(
    'unified-plan',
    oneOf('unified-plan', 'unified-plan-with-fallback', 'plan-b'),
    ['kurento.sdp-semantics'],
    'Of Kurento’s WebRtcEndpoints: unified-plan, plan-b, or the former with the latter for whoever offers it.',
  ),
  MDNS_ENABLED: variable('false', truth, [], 'true is refused.'),

  ICE_DISCONNECTED_TIMEOUT: variable(
    '15',
    seconds,
    ['timeouts.disconnected-ms', 'timeouts.failed-ms', 'timeouts.connect-ms'],
    'Seconds without a sign of life until a client counts as disconnected.',
  ),
  ICE_FAILED_TIMEOUT: variable(
    '15',
    seconds,
    ['timeouts.failed-ms', 'timeouts.connect-ms'],
    'Further seconds until it is removed.',
  ),
  ICE_KEEPALIVE_INTERVAL: variable(
    '5',
    seconds,
    ['timeouts.keepalive-ms'],
    'Seconds between two STUN indications to each client.',
  ),

  TURN_ENABLED: variable('false', truth, [], 'true is refused: there is no TURN server here yet.'),
  TURN_REALM: variable('kurento.org', text, [], 'Another is refused, as are all that follow.'),
  TURN_ADDRESS: variable(null, turnAddress, [], ''),
  TURN_CERT: variable(null, pemFile, ['http.tls-cert'], 'For HTTPS, where HTTPS_CERT is not set.'),
  TURN_KEY: variable(null, pemFile, ['http.tls-key'], 'For HTTPS, where HTTPS_KEY is not set.'),
  TURN_PORT_RANGE: variable(null, portPair, [], ''),
  TURN_CREDENTIALS: variable(null, turnCredentials, [], '', { secret: true }),
  TURN_SECRET: variable(null, text, [], '', { secret: true }),

  ROUTER_WITH_STATS: variable('false', truth, ['metrics.tracks'], 'Put every track into /metrics.'),
  ROUTER_MAX_BANDWIDTH: variable(
    '0',
    counting,
    ['bandwidth.max-incoming-bitrate'],
    'Bit/s that each publisher is asked to send at most; 0 for no bound.',
  ),
  ROUTER_MAX_PACKET_TRACK: variable(
    '0',
    counting,
    ['media.history-packets'],
    'Packets kept of each video for clients to ask for again; 0 for Manifold’s own number, 1024.',
  ),
  ROUTER_AUDIO_LEVEL_INTERVAL: variable(
    '0',
    counting,
    ['speakers.interval-ms'],
    'How often, in ms, it is determined who speaks; 0 for never.',
  ),
  ROUTER_AUDIO_LEVEL_THRESHOLD: variable(
    '0',
    whole(0, 127),
    ['speakers.threshold'],
    'Audio quieter than minus this many dBov is never voice; 0 for 40.',
  ),
  ROUTER_AUDIO_LEVEL_FILTER: variable(
    '0',
    whole(0, 100),
    ['speakers.filter'],
    'Percentage of packets that must be loud for voice to begin; 0 for 20.',
  ),

  SIMULCAST_BEST_QUALITY_FIRST: variable(
    'false',
    truth,
    ['layers.start'],
    'Whether a new viewer of simulcast starts with the highest layer, or the lowest.',
  ),
  SIMULCAST_ENABLE_TEMPORAL_LAYER: variable(
    'false',
    truth,
    ['layers.temporal'],
    'Whether the frame rate is lowered, too, where the network carries less.',
  ),
} as const;

export type KsfuName = keyof typeof ksfuVariables;
export type KsfuValue<N extends KsfuName> = Exclude<ReturnType<(typeof ksfuVariables)[N]['read']>, Unfit>;
export type KsfuValues = { readonly [N in KsfuName]?: KsfuValue<N> };

export const ksfuNames = Object.keys(ksfuVariables) as readonly KsfuName[];

type Environment = Readonly<Record<string, string | undefined>>;

/** `NAME: reason (got "…")`; secrets are not shown. */
export function ksfuProblem(name: KsfuName, reason: string, environment: Environment): string {
  const { secret } = ksfuVariables[name] as KsfuVariable;
  const got = secret === true ? '' : ` (got "${environment[name]?.trim() ?? ''}")`;
  return `${name}: ${reason}${got}`;
}

/** Reads what is set, each variable by itself; adds a line to `problems` for each that cannot be read. */
export function readKsfuValues(environment: Environment, problems: string[]): KsfuValues {
  const values: Partial<Record<KsfuName, unknown>> = {};
  for (const name of ksfuNames) {
    const { read, empty } = ksfuVariables[name] as KsfuVariable;
    const given = environment[name]?.trim();
    if (given === undefined) continue;
    const value = given === '' ? empty : read(given);
    if (value instanceof Unfit) problems.push(ksfuProblem(name, value.reason, environment));
    else if (value !== undefined) values[name] = value;
  }
  return values as KsfuValues;
}
