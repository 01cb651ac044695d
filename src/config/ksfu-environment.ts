/**
 * What ksfu's environment variables mean together, in keys of ours. What there is nothing for yet is refused, never
 * silently ignored: a server that is asked for a TURN server must not start without.
 */
import {
  defaultStunServer,
  type KsfuName,
  type KsfuValues,
  ksfuProblem,
  ksfuVariables,
  readKsfuValues,
} from './ksfu-variables.ts';
import { rangesOverlap } from './port-range.ts';
import { shortestSpeakerIntervalMs } from './schema.ts';

/** A value for a key of ours, and the variable it is from. */
export interface KsfuSetting {
  readonly key: string;
  readonly value: unknown;
  readonly variable: KsfuName;
}

/** What other sources say of a key; undefined where they do not. */
export interface OtherSources {
  /** Those that win over these variables: variables and flags of our own names. */
  stronger(key: string): unknown;
  /** Those that these variables win over: the file and the defaults. */
  weaker(key: string): unknown;
}

export interface KsfuConfiguration {
  readonly settings: readonly KsfuSetting[];
  /** For the log at start. */
  readonly notes: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** ksfu's further time until a connection that is disconnected has failed. */
const failedAfterMs = 15_000;
const shortestConnectMs = 1000;
/** ksfu has 0 for these. */
const audioLevelThreshold = 40;
const audioLevelFilter = 20;
/** What a history has at least, and at most: there are 65536 sequence numbers, of which half are behind. */
const historyPackets = { min: 64, max: 32_768 };
const highestBitrate = 1_000_000_000;

/** @param problems gets a line for each */
export function translateKsfuEnvironment(
  environment: Environment,
  others: OtherSources,
  problems: string[],
): KsfuConfiguration {
  return new Translation(environment, others, problems).translate();
}

class Translation {
  readonly #environment: Environment;
  readonly #others: OtherSources;
  readonly #problems: string[];
  readonly #values: KsfuValues;
  readonly #settings: KsfuSetting[] = [];
  readonly #notes: string[] = [];

  constructor(environment: Environment, others: OtherSources, problems: string[]) {
    this.#environment = environment;
    this.#others = others;
    this.#problems = problems;
    this.#values = readKsfuValues(environment, problems);
  }

  translate(): KsfuConfiguration {
    this.#http();
    this.#certificate();
    this.#mediaPort();
    this.#addresses();
    this.#timeouts();
    this.#iceServers();
    this.#descriptions();
    this.#turnServer();
    this.#router();
    this.#audioLevels();
    this.#simulcast();
    return { settings: this.#settings, notes: this.#notes };
  }

  #http(): void {
    const { HTTP_PORT, HTTPS_PORT, ENABLE_METRICS } = this.#values;
    this.#set('HTTP_PORT', 'http.port', HTTP_PORT);
    if (HTTPS_PORT === null) this.#set('HTTPS_PORT', 'http.tls', 'off');
    else if (HTTPS_PORT !== undefined) {
      this.#set('HTTPS_PORT', 'http.tls', 'self-signed');
      this.#set('HTTPS_PORT', 'http.tls-port', HTTPS_PORT);
    }
    this.#set('ENABLE_METRICS', 'metrics.serve', ENABLE_METRICS);
    // Kraken is served on the common port anyway.
    if (HTTP_PORT !== undefined && HTTP_PORT === this.#inEffect('kraken.port'))
      this.#set('HTTP_PORT', 'kraken.listen', false);
  }

  #certificate(): void {
    const { HTTPS_CERT, HTTPS_KEY, TURN_CERT, TURN_KEY, HTTPS_PORT } = this.#values;
    this.#together('TURN_CERT', 'TURN_KEY');
    if (this.#together('HTTPS_CERT', 'HTTPS_KEY')) {
      this.#set('HTTPS_CERT', 'http.tls-cert', HTTPS_CERT);
      this.#set('HTTPS_KEY', 'http.tls-key', HTTPS_KEY);
    }
    if (TURN_CERT === undefined || TURN_KEY === undefined) return;
    const served = typeof HTTPS_PORT === 'number' && this.#inEffect('http.tls-cert') === '';
    if (served) {
      this.#set('TURN_CERT', 'http.tls-cert', TURN_CERT);
      this.#set('TURN_KEY', 'http.tls-key', TURN_KEY);
    } else {
      for (const name of ['TURN_CERT', 'TURN_KEY'] as const)
        this.#problem(name, 'is of use here only to HTTPS, with HTTPS_PORT and without HTTPS_CERT');
    }
  }

  #mediaPort(): void {
    const { ICE_SINGLE_PORT = 0, ICE_PORT_RANGE } = this.#values;
    if (ICE_SINGLE_PORT > 0) {
      this.#set('ICE_SINGLE_PORT', 'media.port', ICE_SINGLE_PORT);
      this.#set('ICE_SINGLE_PORT', 'media.port-range', '');
    }
    if (ICE_PORT_RANGE === undefined) return;
    if (ICE_SINGLE_PORT > 0) this.#note('ICE_PORT_RANGE', 'has no effect, as ICE_SINGLE_PORT is set');
    else if (this.#others.stronger('media.port') !== undefined)
      this.#note('ICE_PORT_RANGE', 'has no effect, as media.port is given');
    else this.#set('ICE_PORT_RANGE', 'media.port-range', `${ICE_PORT_RANGE.first}-${ICE_PORT_RANGE.last}`);
  }

  #addresses(): void {
    const { ICE_NAT_1TO1_IPS, ICE_CANDIDATE_TYPE, ICE_LITE } = this.#values;
    this.#set('ICE_NAT_1TO1_IPS', 'media.announced-addresses', ICE_NAT_1TO1_IPS);
    if (ICE_CANDIDATE_TYPE === 'srflx' && ICE_LITE === true)
      this.#problem('ICE_CANDIDATE_TYPE', 'must be host with ICE_LITE, which has host candidates only');
    else this.#set('ICE_CANDIDATE_TYPE', 'media.candidate-type', ICE_CANDIDATE_TYPE);
  }

  /** Manifold counts both times from the last sign of life. */
  #timeouts(): void {
    const { ICE_DISCONNECTED_TIMEOUT, ICE_FAILED_TIMEOUT, ICE_KEEPALIVE_INTERVAL } = this.#values;
    this.#set('ICE_DISCONNECTED_TIMEOUT', 'timeouts.disconnected-ms', ICE_DISCONNECTED_TIMEOUT);
    const disconnectedMs = Number(this.#inEffect('timeouts.disconnected-ms'));
    const from = ICE_FAILED_TIMEOUT === undefined ? 'ICE_DISCONNECTED_TIMEOUT' : 'ICE_FAILED_TIMEOUT';
    if (ICE_FAILED_TIMEOUT !== undefined || ICE_DISCONNECTED_TIMEOUT !== undefined) {
      const failedMs = disconnectedMs + (ICE_FAILED_TIMEOUT ?? failedAfterMs);
      this.#set(from, 'timeouts.failed-ms', failedMs);
      this.#set(from, 'timeouts.connect-ms', Math.max(shortestConnectMs, failedMs));
    }
    if (ICE_KEEPALIVE_INTERVAL === undefined) return;
    this.#set('ICE_KEEPALIVE_INTERVAL', 'timeouts.keepalive-ms', ICE_KEEPALIVE_INTERVAL);
    if (ICE_KEEPALIVE_INTERVAL >= disconnectedMs)
      this.#note('ICE_KEEPALIVE_INTERVAL', 'should be less than ICE_DISCONNECTED_TIMEOUT');
  }

  #iceServers(): void {
    const { ICE_LITE, STUN_SERVERS, TURN_SERVERS } = this.#values;
    this.#together('TURN_USERNAME', 'TURN_PASSWORD');
    if (
      TURN_SERVERS !== undefined &&
      TURN_SERVERS.length > 0 &&
      !this.#isSet('TURN_USERNAME', 'TURN_PASSWORD')
    )
      this.#problem('TURN_SERVERS', 'needs TURN_USERNAME and TURN_PASSWORD');
    const asks = STUN_SERVERS !== undefined && STUN_SERVERS.length > 0;
    const others = (['TURN_SERVERS', 'TURN_USERNAME', 'TURN_PASSWORD'] as const).filter((name) =>
      this.#isSet(name),
    );
    if (ICE_LITE === true) {
      const ignored = asks ? (['STUN_SERVERS', ...others] as const) : others;
      for (const name of ignored) this.#note(name, 'has no effect, as ICE_LITE is set');
      return;
    }
    const why = 'needs a full ICE agent, which this server is not yet: set ICE_LITE=true, or unset it';
    for (const name of others) this.#problem(name, why);
    if (asks && STUN_SERVERS.join() !== defaultStunServer)
      this.#problem('STUN_SERVERS', `${why}, or say none`);
    else if (asks || ICE_LITE === false)
      this.#note(
        asks ? 'STUN_SERVERS' : 'ICE_LITE',
        'this server answers as an ICE-lite agent, with host candidates; no STUN server is asked',
      );
  }

  #descriptions(): void {
    const { SDP_SEMANTICS, MDNS_ENABLED } = this.#values;
    this.#set('SDP_SEMANTICS', 'kurento.sdp-semantics', SDP_SEMANTICS);
    if (MDNS_ENABLED === true)
      this.#problem(
        'MDNS_ENABLED',
        'must be false: this server resolves no .local names; clients that have such candidates reach it without',
      );
  }

  #turnServer(): void {
    const { TURN_ENABLED, TURN_REALM, TURN_PORT_RANGE, ICE_PORT_RANGE, ICE_SINGLE_PORT = 0 } = this.#values;
    const why =
      'is for a TURN server, which this one does not have yet: unset it, and name another in ice.servers';
    if (TURN_ENABLED === true) {
      this.#problem('TURN_ENABLED', why);
      if (!this.#isSet('TURN_ADDRESS')) this.#problem('TURN_ADDRESS', 'is needed with TURN_ENABLED');
      if (!this.#isSet('TURN_CREDENTIALS') && !this.#isSet('TURN_SECRET'))
        this.#problem('TURN_CREDENTIALS', 'or TURN_SECRET is needed with TURN_ENABLED');
      if (TURN_PORT_RANGE !== undefined) {
        const single = { first: ICE_SINGLE_PORT, last: ICE_SINGLE_PORT };
        if (ICE_PORT_RANGE !== undefined && rangesOverlap(TURN_PORT_RANGE, ICE_PORT_RANGE))
          this.#problem('TURN_PORT_RANGE', 'must not overlap ICE_PORT_RANGE');
        if (rangesOverlap(TURN_PORT_RANGE, single))
          this.#problem('TURN_PORT_RANGE', 'must not contain ICE_SINGLE_PORT');
      }
    }
    if (TURN_REALM !== undefined && TURN_REALM !== ksfuVariables.TURN_REALM.default)
      this.#problem('TURN_REALM', why);
    for (const name of ['TURN_ADDRESS', 'TURN_PORT_RANGE', 'TURN_CREDENTIALS', 'TURN_SECRET'] as const)
      if (this.#values[name] !== undefined) this.#problem(name, why);
  }

  #router(): void {
    const { ROUTER_WITH_STATS, ROUTER_MAX_BANDWIDTH, ROUTER_MAX_PACKET_TRACK = 0 } = this.#values;
    this.#set('ROUTER_WITH_STATS', 'metrics.tracks', ROUTER_WITH_STATS);
    if (ROUTER_MAX_BANDWIDTH !== undefined)
      this.#setWithin('ROUTER_MAX_BANDWIDTH', 'bandwidth.max-incoming-bitrate', 0, highestBitrate);
    if (ROUTER_MAX_PACKET_TRACK > 0) {
      const { min, max } = historyPackets;
      this.#setWithin('ROUTER_MAX_PACKET_TRACK', 'media.history-packets', min, max);
    }
  }

  #audioLevels(): void {
    const interval = this.#values.ROUTER_AUDIO_LEVEL_INTERVAL;
    const threshold = this.#values.ROUTER_AUDIO_LEVEL_THRESHOLD ?? 0;
    const filter = this.#values.ROUTER_AUDIO_LEVEL_FILTER ?? 0;
    if (interval === 0) {
      this.#set('ROUTER_AUDIO_LEVEL_INTERVAL', 'speakers.interval-ms', 0);
      for (const name of ['ROUTER_AUDIO_LEVEL_THRESHOLD', 'ROUTER_AUDIO_LEVEL_FILTER'] as const)
        if ((this.#values[name] ?? 0) > 0)
          this.#note(name, 'has no effect, as ROUTER_AUDIO_LEVEL_INTERVAL is 0');
      return;
    }
    if (interval !== undefined)
      this.#setWithin(
        'ROUTER_AUDIO_LEVEL_INTERVAL',
        'speakers.interval-ms',
        shortestSpeakerIntervalMs,
        60_000,
      );
    const isKsfus = interval !== undefined;
    if (threshold > 0 || isKsfus)
      this.#set(
        threshold > 0 ? 'ROUTER_AUDIO_LEVEL_THRESHOLD' : 'ROUTER_AUDIO_LEVEL_INTERVAL',
        'speakers.threshold',
        threshold || audioLevelThreshold,
      );
    if (filter > 0 || isKsfus)
      this.#set(
        filter > 0 ? 'ROUTER_AUDIO_LEVEL_FILTER' : 'ROUTER_AUDIO_LEVEL_INTERVAL',
        'speakers.filter',
        filter || audioLevelFilter,
      );
  }

  #simulcast(): void {
    const { SIMULCAST_BEST_QUALITY_FIRST, SIMULCAST_ENABLE_TEMPORAL_LAYER } = this.#values;
    if (SIMULCAST_BEST_QUALITY_FIRST !== undefined)
      this.#set(
        'SIMULCAST_BEST_QUALITY_FIRST',
        'layers.start',
        SIMULCAST_BEST_QUALITY_FIRST ? 'highest' : 'lowest',
      );
    this.#set('SIMULCAST_ENABLE_TEMPORAL_LAYER', 'layers.temporal', SIMULCAST_ENABLE_TEMPORAL_LAYER);
  }

  #set(variable: KsfuName, key: string, value: unknown): void {
    if (value !== undefined) this.#settings.push({ key, value, variable });
  }

  /** What is beyond what there is here is taken for the nearest there is. */
  #setWithin(variable: KsfuName, key: string, min: number, max: number): void {
    const given = this.#values[variable] as number;
    const value = Math.min(max, Math.max(min, given));
    if (value !== given) this.#note(variable, `is taken for ${value}`);
    this.#set(variable, key, value);
  }

  #isSet(...names: readonly KsfuName[]): boolean {
    return names.every((name) => (this.#environment[name]?.trim() ?? '') !== '');
  }

  /** Both or neither. */
  #together(one: KsfuName, other: KsfuName): boolean {
    if (this.#isSet(one) === this.#isSet(other)) return true;
    const [given, missing] = this.#isSet(one) ? [one, other] : [other, one];
    this.#problem(given, `must be given together with ${missing}, or neither`);
    return false;
  }

  /** What a key will be, unless something that wins says otherwise. */
  #inEffect(key: string): unknown {
    return (
      this.#others.stronger(key) ??
      this.#settings.findLast((setting) => setting.key === key)?.value ??
      this.#others.weaker(key)
    );
  }

  #problem(name: KsfuName, reason: string): void {
    this.#problems.push(ksfuProblem(name, reason, this.#environment));
  }

  #note(name: KsfuName, text: string): void {
    this.#notes.push(`${name}: ${text}.`);
  }
}
