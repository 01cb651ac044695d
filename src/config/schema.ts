/**
 * Every configuration key there is, once: file, environment, flags, `--help`, `config.sample.toml` and the type
 * are all read off this.
 */
import * as v from 'valibot';
import {
  addressList,
  announcedAddressList,
  choice,
  choices,
  hostList,
  iceServers,
  integer,
  milliseconds,
  port,
  portRange,
  secret,
  sharedSecret,
  text,
  toggle,
} from './key-types.ts';

const http = v.strictObject({
  host: text(
    'Address to serve HTTP and WebSocket on. 0.0.0.0 is every IPv4 address, :: also every IPv6 one.',
    '<address>',
    '0.0.0.0',
  ),
  port: port('TCP port of HTTP and WebSocket; 0 lets the system choose.', 8080),
  tls: choice(
    'HTTPS and WSS: auto where a certificate is given, self-signed also where none is (one is made at each start), or off.',
    ['auto', 'self-signed', 'off'],
    'auto',
  ),
  tlsPort: port('TCP port of HTTPS and WSS; 0 lets the system choose.', 8443),
  tlsCert: text(
    'PEM file with the certificate chain; empty for no HTTPS.',
    '<file>',
    '',
    '"/etc/manifold/fullchain.pem"',
  ),
  tlsKey: text(
    'PEM file with the private key of the certificate.',
    '<file>',
    '',
    '"/etc/manifold/privkey.pem"',
  ),
  trustProxy: toggle(
    'Believe X-Forwarded-For and X-Forwarded-Proto. Set it only behind a reverse proxy that writes them.',
    false,
  ),
});

const media = v.strictObject({
  port: port('UDP port of all media, the same on every address; 0 lets the system choose.', 40000),
  addresses: addressList(
    'Local addresses to receive media on. Empty: 127.0.0.1 and every address of this machine that others can reach.',
    '["192.0.2.10", "2001:db8::10"]',
  ),
  portRange: portRange(
    'UDP ports of which the first that is free on every address is taken in place of port; empty for none.',
    '"50000-50100"',
  ),
  announcedAddresses: announcedAddressList(
    'Addresses told to clients in place of the local ones of the same family, behind a 1:1 NAT such as a cloud’s public IP; external/local stands for that local address only.',
    '["203.0.113.7", "203.0.113.8/192.0.2.10"]',
  ),
  candidateType: choice(
    'As what announced addresses are told: host in place of the local ones, srflx (server-reflexive) beside them.',
    ['host', 'srflx'],
    'host',
  ),
  slots: integer(
    'Received packets kept for retransmission, 1.5 KiB each; a power of two. Should hold a second of all publishers’ packets.',
    { default: 16_384, min: 1024, max: 1_048_576, powerOfTwo: true },
  ),
  historyPackets: integer(
    'Most packets of one video that are kept for one receiver to ask for again, while they are among the slots.',
    { default: 1024, min: 64, max: 32_768 },
  ),
  plainFirstPort: port(
    'First UDP port for connections without ICE (RtpEndpoint), each of which takes a pair for audio and one for video; 0 for no such connections.',
    41_000,
  ),
  plainLastPort: port('Last of these ports.', 41_999),
  plainSources: choice(
    'Where packets to these ports may come from, unless keys prove them right: from the address that the peer’s description names, or from any.',
    ['any', 'described'],
    'any',
  ),
  gso: toggle('Use the kernel’s UDP segmentation offload, for sending and receiving, where it has it.', true),
});

const limits = v.strictObject({
  rooms: integer('Most rooms at once.', { default: 10_000, min: 1, max: 1_000_000 }),
  participantsPerRoom: integer('Most participants of one room.', { default: 500, min: 1, max: 100_000 }),
  publicationsPerParticipant: integer('Most tracks one participant may publish.', {
    default: 16,
    min: 1,
    max: 256,
  }),
  peerConnections: integer('Most participants of all rooms together.', {
    default: 10_000,
    min: 1,
    max: 100_000,
  }),
  connections: integer('Most TCP connections on each HTTP port.', {
    default: 10_000,
    min: 1,
    max: 1_000_000,
  }),
  connectionsPerAddress: integer('Most WebSocket connections of one client address.', {
    default: 256,
    min: 1,
    max: 1_000_000,
  }),
  joinsPerSecond: integer(
    'New participants a second of one address, over time, five seconds’ worth at once; 0 for any number.',
    { default: 50, min: 0, max: 1_000_000 },
  ),
  messageBytes: integer('Longest WebSocket message.', {
    default: 1_048_576,
    min: 1024,
    max: 67_108_864,
    placeholder: '<bytes>',
  }),
  sdpBytes: integer('Longest session description, and so longest body of an HTTP request.', {
    default: 262_144,
    min: 1024,
    max: 262_144,
    placeholder: '<bytes>',
  }),
  mediaLines: integer('Most m-lines of one session description.', { default: 256, min: 2, max: 512 }),
  dataChannels: integer('Most data channels of one participant; 0 refuses them all.', {
    default: 16,
    min: 0,
    max: 512,
  }),
  dataMessageBytes: integer('Longest message on a data channel.', {
    default: 262_144,
    min: 1024,
    max: 16_777_216,
    placeholder: '<bytes>',
  }),
  dataBufferBytes: integer(
    'Messages on data channels that may wait for one participant. Beyond it lossy channels drop the oldest, and reliable ones are closed.',
    { default: 1_048_576, min: 65_536, max: 268_435_456, placeholder: '<bytes>' },
  ),
  idCharacters: integer('Longest room id, participant id and name.', { default: 256, min: 8, max: 4096 }),
});

const timeouts = v.strictObject({
  connectMs: milliseconds(
    'From the first offer to a network path, and again from there to exchanged keys; a participant slower than this is removed.',
    {
      default: 30_000,
      min: 1000,
      max: 172_800_000,
    },
  ),
  subscriptionMs: milliseconds('Until a subscription must be live; after that it is reported as failed.', {
    default: 15_000,
    min: 1000,
    max: 600_000,
  }),
  disconnectedMs: milliseconds(
    'Without a sign of life for this long, a participant counts as disconnected.',
    {
      default: 10_000,
      min: 1,
      max: 86_400_000,
    },
  ),
  failedMs: milliseconds(
    'Without a sign of life for this long, a participant is removed (RFC 7675 says 30 s).',
    {
      default: 30_000,
      min: 2,
      max: 172_800_000,
    },
  ),
  keepaliveMs: milliseconds(
    'Between two STUN indications to a participant, which keep the way through its NAT open; 0 for none, as its own checks do that.',
    { default: 0, min: 0, max: 86_400_000 },
  ),
  shutdownMs: milliseconds('After SIGTERM, how long calls may take to end before the process exits.', {
    default: 5000,
    min: 0,
    max: 600_000,
  }),
});

/** Half a packet: more often, there is nothing new to look at. */
export const shortestSpeakerIntervalMs = 10;

const speakers = v.strictObject({
  intervalMs: milliseconds('How often it is determined who speaks; 0 for never.', {
    default: 100,
    min: 0,
    max: 60_000,
  }),
  threshold: integer('Audio quieter than minus this many dBov is never voice.', {
    default: 50,
    min: 0,
    max: 127,
    placeholder: '<dB>',
  }),
  filter: integer(
    'Share of the last 400 ms that must be loud for voice to begin. A smaller share notices voices earlier, a larger one takes fewer keyboards for one.',
    { default: 40, min: 1, max: 100, placeholder: '<percent>' },
  ),
  lastN: integer(
    'In a room with more voices than this, only those who spoke last are forwarded; 0 forwards everybody.',
    { default: 0, min: 0, max: 1000 },
  ),
});

/** 0 is no bound. */
const bitrate = (description: string, standard: number) =>
  integer(description, { default: standard, min: 0, max: 1_000_000_000, placeholder: '<bit/s>' });

const bandwidth = v.strictObject({
  maxIncomingBitrate: bitrate('What one participant is asked to send at most; 0 for no bound.', 0),
  maxOutgoingBitrate: bitrate('What one participant is sent at most; 0 for no bound.', 0),
  minOutgoingBitrate: bitrate(
    'What one participant is sent at least, if there is so much, however bad its network is found to be.',
    50_000,
  ),
  initialOutgoingBitrate: bitrate(
    'What the network of a participant is taken to carry before anything is known of it.',
    600_000,
  ),
});

const layers = v.strictObject({
  start: choice(
    'With which layer of a video a new subscription starts: the highest that is taken to fit, the lowest, or the highest there is. After the first moments, what fits decides.',
    ['fitting', 'lowest', 'highest'],
    'fitting',
  ),
  temporal: toggle(
    'Lower the frame rate, too, for receivers whose networks carry less: temporal layers are left out. Without, only spatial layers are.',
    true,
  ),
});

const metrics = v.strictObject({
  serve: toggle('Serve /metrics.', true),
  tracks: toggle('Put every track that is published and delivered into /metrics, one by one.', false),
});

const talksy = v.strictObject({
  roomIdleMs: milliseconds('How long a room stays in which nobody is connected.', {
    default: 180_000,
    min: 1000,
    max: 86_400_000,
  }),
  joinMs: milliseconds('From the opening of a client’s socket until its connection must be up.', {
    default: 300_000,
    min: 1000,
    max: 86_400_000,
  }),
});

const auth = v.strictObject({
  bearerToken: secret(
    'Token that WHIP and WHEP clients must present; empty lets everyone in. Better not given as a flag, which others on the machine can see.',
  ),
});

const admin = v.strictObject({
  token: secret('Token of the admin page and API; while empty, only clients on this machine may use them.'),
});

const ice = v.strictObject({
  servers: iceServers(
    'STUN and TURN servers for clients: sent to the pages, and to WHIP and WHEP clients as Link headers.',
    '["stun:stun.example.org", { urls = ["turn:turn.example.org"], username = "u", credential = "c" }]',
  ),
});

const turn = v.strictObject({
  host: text(
    'URL of a TURN server that Kraken clients are given short-lived credentials for, such as turn:turn.example.org:3478, without transport; empty for none.',
    '<url>',
    '',
  ),
  secret: sharedSecret(
    'Secret shared with that server, of which the credentials are made (coturn: static-auth-secret).',
  ),
});

/** Every name that the table of codecs has; RTX and RED's needs come with them. */
const krakenCodecs = ['opus', 'red', 'G722', 'PCMU', 'PCMA', 'VP8', 'H264', 'VP9', 'AV1', 'H265'] as const;

const kraken = v.strictObject({
  listen: toggle('Serve Kraken’s JSON-RPC on a port of its own too, and nothing else there.', true),
  port: port(
    'TCP port of that; 0 lets the system choose. One that is in use is reported, and the server runs on without it.',
    7000,
  ),
  codecs: choices(
    'Codecs of Kraken clients. The original has Opus alone; with one of video, clients that offer video send and get it.',
    krakenCodecs,
    ['opus'],
  ),
  silenceMs: milliseconds(
    'A Kraken participant of whom no media comes for this long is closed; its clients do not say that they leave.',
    { default: 60_000, min: 1000, max: 600_000 },
  ),
  callbackHosts: hostList(
    'The only hosts that a publish call may name for its callback, wherever they are. Empty: any with a public address.',
    '["hooks.example.org"]',
  ),
  callbackMs: milliseconds('How long a callback may take to answer 200.', {
    default: 30_000,
    min: 100,
    max: 60_000,
  }),
  callsPerSecond: integer('Kraken calls a second of one address, over time; 0 for any number.', {
    default: 1000,
    min: 0,
    max: 1_000_000,
  }),
});

const kurento = v.strictObject({
  listen: toggle('Serve Kurento’s JSON-RPC on a port of its own too, and nothing else there.', false),
  port: port(
    'TCP port of that; 0 lets the system choose. One that is in use is reported, and the server runs on without it.',
    8888,
  ),
  sessionTimeoutSeconds: integer(
    'How long a Kurento session, and what only it uses, outlives its last connection.',
    { default: 240, min: 1, max: 86_400, placeholder: '<seconds>' },
  ),
  sessions: integer('Most Kurento sessions at once.', { default: 10_000, min: 1, max: 1_000_000 }),
  sdpSemantics: choice(
    'How tracks are put into m-lines: each into one of its own; the same, but clients that offer several in one line are answered in kind; or all of a kind into one, as clients of Plan B have it.',
    ['unified-plan', 'unified-plan-with-fallback', 'plan-b'],
    'unified-plan',
  ),
});

const logging = v.strictObject({
  level: choice('Least level that is logged.', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
  format: choice(
    'One JSON object a line, or text for people; auto is text on a terminal and JSON elsewhere.',
    ['auto', 'json', 'text'],
    'auto',
  ),
});

/** The section names and what to say about each. */
export const sectionTitles = {
  http: 'HTTP, WebSocket and TLS.',
  media: 'UDP media.',
  limits: 'Limits. What a client can make grow stops at one of these.',
  timeouts: 'Deadlines, in milliseconds.',
  speakers: 'Who speaks, by the levels of their audio.',
  bandwidth: 'Bit rates of each participant’s connection, in bits per second.',
  layers: 'Layers of video: simulcast and SVC.',
  metrics: 'Metrics for Prometheus.',
  talksy: 'The dialect of Talksy clients.',
  auth: 'Who may publish and watch.',
  admin: 'The admin page (/admin) and its API.',
  ice: 'ICE servers for clients. The server itself needs none.',
  turn: 'A TURN server that is not this one.',
  kraken: 'The Kraken dialect.',
  kurento: 'The Kurento dialect.',
  logging: 'Logs go to standard output.',
} as const;

/** Whether a port for HTTPS is opened. */
export function servesTls({ tls, tlsCert }: { readonly tls: string; readonly tlsCert: string }): boolean {
  return tls === 'self-signed' || (tls === 'auto' && tlsCert !== '');
}

export const configSchema = v.pipe(
  v.strictObject({
    http: v.optional(http, {}),
    media: v.optional(media, {}),
    limits: v.optional(limits, {}),
    timeouts: v.optional(timeouts, {}),
    speakers: v.optional(speakers, {}),
    bandwidth: v.optional(bandwidth, {}),
    layers: v.optional(layers, {}),
    metrics: v.optional(metrics, {}),
    talksy: v.optional(talksy, {}),
    auth: v.optional(auth, {}),
    admin: v.optional(admin, {}),
    ice: v.optional(ice, {}),
    turn: v.optional(turn, {}),
    kraken: v.optional(kraken, {}),
    kurento: v.optional(kurento, {}),
    logging: v.optional(logging, {}),
  }),
  v.forward(
    v.check(
      ({ http }) => (http.tlsCert === '') === (http.tlsKey === ''),
      'must be given together with http.tls-cert, or neither',
    ),
    ['http', 'tlsKey'],
  ),
  v.forward(
    v.check(
      ({ http }) => !servesTls(http) || http.port === 0 || http.tlsPort !== http.port,
      'must differ from http.port',
    ),
    ['http', 'tlsPort'],
  ),
  v.forward(
    v.check(
      ({ bandwidth: { minOutgoingBitrate, maxOutgoingBitrate } }) =>
        maxOutgoingBitrate === 0 || minOutgoingBitrate <= maxOutgoingBitrate,
      'must not exceed bandwidth.max-outgoing-bitrate',
    ),
    ['bandwidth', 'minOutgoingBitrate'],
  ),
  v.forward(
    v.check(
      ({ turn }) => (turn.host === '') === (turn.secret === ''),
      'must be given together with turn.host, or neither',
    ),
    ['turn', 'secret'],
  ),
  v.forward(
    v.check(
      ({ http, kraken }) => !kraken.listen || kraken.port === 0 || kraken.port !== http.port,
      'must differ from http.port, on which Kraken is served anyway',
    ),
    ['kraken', 'port'],
  ),
  v.forward(
    v.check(
      ({ http, kraken, kurento }) =>
        !kurento.listen ||
        kurento.port === 0 ||
        (kurento.port !== http.port && !(kraken.listen && kurento.port === kraken.port)),
      'must differ from http.port, on which Kurento is served anyway, and from kraken.port',
    ),
    ['kurento', 'port'],
  ),
  v.forward(
    v.check(
      ({ timeouts }) => timeouts.failedMs > timeouts.disconnectedMs,
      'must be longer than timeouts.disconnected-ms',
    ),
    ['timeouts', 'failedMs'],
  ),
  v.forward(
    v.check(
      ({ speakers }) => speakers.intervalMs === 0 || speakers.intervalMs >= shortestSpeakerIntervalMs,
      `must be 0 or at least ${shortestSpeakerIntervalMs}`,
    ),
    ['speakers', 'intervalMs'],
  ),
  v.forward(
    v.check(
      ({ speakers }) => speakers.lastN === 0 || speakers.intervalMs > 0,
      'must be 0 where speakers.interval-ms is: nobody knows who spoke',
    ),
    ['speakers', 'lastN'],
  ),
  v.forward(
    v.check(
      ({ limits }) => limits.sdpBytes <= limits.messageBytes,
      'must not exceed limits.message-bytes, in which descriptions travel',
    ),
    ['limits', 'sdpBytes'],
  ),
  v.forward(
    v.check(
      ({ limits }) => limits.dataMessageBytes <= limits.dataBufferBytes,
      'must not exceed limits.data-buffer-bytes, in which messages wait',
    ),
    ['limits', 'dataMessageBytes'],
  ),
);

/** The complete configuration. */
export type Config = v.InferOutput<typeof configSchema>;
/** What a program that embeds the server may give: any part of it. */
export type ConfigInput = v.InferInput<typeof configSchema>;
