import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError, UserError } from '../../errors.ts';
import { codecIdentity } from './codec-identity.ts';
import { receives, reverse } from './direction.ts';
import { fixture, fixtureNames, newNegotiator, seededUint32 } from './fixtures/peer.test.ts';
import type { Negotiator, NegotiatorOptions } from './negotiator.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import type { SdpSemantics } from './sdp-semantics.ts';
import type { Direction, SessionDescription } from './session-description.ts';

type Action =
  | {
      readonly do: 'add';
      readonly kind: 'audio' | 'video';
      readonly direction: 'sendonly' | 'recvonly' | 'sendrecv';
    }
  | { readonly do: 'stop' | 'rename'; readonly line: number }
  | { readonly do: 'turn'; readonly line: number; readonly direction: Direction }
  | { readonly do: 'offer' | 'offer-and-roll-back' | 'offer-and-refuse' | 'glare' };

const semantics: readonly SdpSemantics[] = ['unified-plan', 'unified-plan-with-fallback', 'plan-b'];
const direction = fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive');
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    kind: fc.constantFrom('audio', 'video'),
    direction: fc.constantFrom('sendonly', 'recvonly', 'sendrecv'),
  }),
  fc.record({ do: fc.constantFrom('stop' as const, 'rename' as const), line: fc.nat(7) }),
  fc.record({ do: fc.constant('turn' as const), line: fc.nat(7), direction }),
  fc.record({ do: fc.constantFrom('offer' as const, 'offer-and-roll-back', 'offer-and-refuse', 'glare') }),
);
const actions = fc.array(fc.tuple(fc.nat(1), action), { maxLength: 30 });

/** Two peers, and what each description must satisfy. */
class Session {
  readonly peers: readonly [Negotiator, Negotiator];
  last: readonly SessionDescription[] = [];

  constructor(seed: number, options: Partial<NegotiatorOptions> = {}) {
    this.peers = [peer(seed, 'a', options), peer(seed + 1, 'b', options)];
    this.peers[0].addTransceiver('audio', 'sendrecv');
    this.exchange(0);
  }

  apply(who: number, action: Action): void {
    const own = this.peers[who];
    const other = this.peers[1 - who];
    const line = 'line' in action ? own.transceivers[action.line] : undefined;
    switch (action.do) {
      case 'add':
        try {
          own.addTransceiver(action.kind, action.direction).msid = { streamId: 's', trackId: 't' };
        } catch (error) {
          assert.ok(error instanceof UserError && error.code === 'limit-media-lines');
        }
        break;
      case 'stop':
        line?.stop();
        break;
      case 'rename':
        if (line) line.msid = { streamId: 'renamed', trackId: `t${action.line}` };
        break;
      case 'turn':
        if (line) line.direction = action.direction;
        break;
      case 'offer':
        this.exchange(who);
        break;
      case 'offer-and-roll-back':
        own.createOffer();
        own.rollback();
        break;
      case 'offer-and-refuse':
        other.setRemoteOffer(own.createOffer());
        other.rollback();
        own.rollback();
        break;
      case 'glare': {
        own.createOffer();
        const winner = other.createOffer();
        own.rollback();
        this.answer(1 - who, winner);
        break;
      }
    }
  }

  exchange(who: number): void {
    this.answer(who, this.peers[who].createOffer());
  }

  answer(offerer: number, offer: string): void {
    this.peers[1 - offerer].setRemoteOffer(offer);
    const answer = this.peers[1 - offerer].createAnswer();
    this.peers[offerer].setRemoteAnswer(answer);
    this.last = [parseSessionDescription(offer), parseSessionDescription(answer)];
    this.check();
  }

  /** Lets both sides offer until neither wants to. */
  settle(): void {
    for (let round = 0; round < 10; round++) {
      const who = this.peers.findIndex(({ negotiationNeeded }) => negotiationNeeded);
      if (who < 0) return;
      this.exchange(who);
    }
    assert.fail('the peers do not come to rest');
  }

  check(): void {
    const [offer, answer] = this.last;
    assert.equal(offer.media.length, answer.media.length);
    assert.deepEqual(
      offer.media.map(({ mid }) => mid),
      answer.media.map(({ mid }) => mid),
    );
    for (const description of this.last) noIdentifierHasTwoMeanings(description);
    const sources = this.peers.flatMap(({ transceivers }) =>
      transceivers.flatMap(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc].filter((id) => id >= 0)),
    );
    assert.equal(new Set(sources).size, sources.length);
    this.checkTracks(answer);
  }

  protected checkTracks(answer: SessionDescription): void {
    const mids = answer.media.filter(({ port }) => port !== 0).map(({ mid }) => mid);
    for (const mid of mids) {
      const [a, b] = this.peers.map(({ transceivers }) =>
        transceivers.find((transceiver) => transceiver.mid === mid),
      );
      assert.ok(a && b);
      // A line that was stopped while its offer was out rests until the next exchange.
      if (a.stopped || b.stopped) continue;
      assert.equal(a.currentDirection, reverse(b.currentDirection ?? 'inactive'));
      for (const [sender, receiver] of [[a, b] as const, [b, a] as const]) {
        assert.equal(sender.send === null, receiver.receive === null);
        const types = (codecs: typeof sender.send) => codecs?.codecs.map(({ payloadType }) => payloadType);
        assert.deepEqual(
          types(sender.send),
          receiver.receive?.codecs.map(({ payloadType }) => payloadType),
        );
        if (sender.send) assert.equal(receiver.receive?.encodings[0].ssrc, sender.send.ssrc);
        assert.deepEqual(sender.send?.headerExtensions, receiver.receive?.headerExtensions);
      }
    }
  }
}

/** Two peers that both put all tracks of a kind into one m-line. */
class PlanBSession extends Session {
  constructor(seed: number) {
    super(seed, { semantics: 'plan-b', maxMediaLines: 100 });
  }

  /** What either sends, the other receives, each track by its own SSRCs. Whose line it is in matters to none. */
  protected override checkTracks(): void {
    for (const { media } of this.last) {
      const kinds = media.map(({ kind }) => kind);
      assert.equal(new Set(kinds).size, kinds.length);
    }
    for (const [from, to] of [this.peers, [...this.peers].reverse()]) {
      const sent = from.transceivers.flatMap(({ send }) => send ?? []);
      for (const { ssrc, rtxSsrc, codecs, headerExtensions } of sent) {
        const receiver = to.transceivers.find(({ receive }) => receive?.encodings[0].ssrc === ssrc);
        // As long as it was offered it cannot have been refused, but it may have been stopped meanwhile.
        if (receiver === undefined) continue;
        assert.deepEqual(receiver.receive?.encodings, [{ rid: null, ssrc, rtxSsrc }]);
        const types = ({ payloadType }: { payloadType: number }) => payloadType;
        assert.deepEqual(receiver.receive.codecs.map(types), codecs.map(types));
        assert.deepEqual(receiver.receive.headerExtensions, headerExtensions);
      }
    }
  }

  checkAllReceived(): void {
    for (const [from, to] of [this.peers, [...this.peers].reverse()]) {
      const sent = from.transceivers.flatMap(({ send }) => send?.ssrc ?? []);
      const received = to.transceivers.flatMap(({ receive }) => receive?.encodings[0].ssrc ?? []);
      assert.equal(new Set(received).size, received.length);
      assert.ok(received.every((ssrc) => sent.includes(ssrc)));
      // Who takes some tracks of an m-line is sent the others too, and drops them.
      const takesAll = to.transceivers.every(({ stopped, direction }) => !stopped && receives(direction));
      if (takesAll) assert.equal(received.length, sent.length);
    }
  }
}

function peer(seed: number, prefix: string, options: Partial<NegotiatorOptions> = {}): Negotiator {
  return newNegotiator({
    randomUint32: seededUint32(seed),
    maxMediaLines: 6,
    localTransport: () => ({
      usernameFragment: `${prefix}fragment`,
      password: `${prefix}PasswordOfTwentyFourChars`,
      fingerprints: [
        { algorithm: 'sha-256', value: Array(32).fill(prefix.repeat(2).toUpperCase()).join(':') },
      ],
      candidates: [],
      iceLite: false,
    }),
    // What we do not receive on in reality is received by the other peer of this test.
    headerExtensions: [
      {
        uri: 'urn:ietf:params:rtp-hdrext:sdes:mid',
        kinds: ['audio', 'video'],
        direction: 'sendrecv',
        preferredId: 4,
      },
      {
        uri: 'urn:3gpp:video-orientation',
        kinds: ['video'],
        direction: 'sendrecv',
        preferredId: prefix === 'a' ? 13 : 4,
      },
    ],
    ...options,
  });
}

function noIdentifierHasTwoMeanings(description: SessionDescription): void {
  const meanings = new Map<string, string>();
  const mean = (number: string, meaning: string) => {
    assert.equal(meanings.get(number) ?? meaning, meaning, `${number} means two things`);
    meanings.set(number, meaning);
  };
  for (const line of description.media) {
    for (const format of line.codecs) {
      const { apt } = format.parameters;
      mean(`pt ${format.payloadType}`, apt ? `rtx ${apt}` : codecIdentity(format));
    }
    for (const { id, uri } of line.headerExtensions) mean(`ext ${id}`, uri);
  }
}

describe('two Negotiators', () => {
  it('agree after any sequence of actions', () => {
    fc.assert(
      fc.property(actions, fc.nat(), (sequence, seed) => {
        const session = new Session(seed);
        for (const [who, next] of sequence) session.apply(who, next);
        session.settle();
        const [a, b] = session.peers;
        assert.equal(a.negotiationNeeded || b.negotiationNeeded, false);
        assert.ok(session.last[0].media.length <= 6);
      }),
      { numRuns: 500, seed: 20_260_101 },
    );
  });
});

describe('two Negotiators of Plan B', () => {
  it('agree after any sequence of actions, and each track is received as what it is', () => {
    fc.assert(
      fc.property(actions, fc.nat(), (sequence, seed) => {
        const session = new PlanBSession(seed);
        for (const [who, next] of sequence) session.apply(who, next);
        session.settle();
        // With what was stopped offered again: it cannot be refused alone.
        session.exchange(0);
        session.settle();
        session.checkAllReceived();
      }),
      { numRuns: 500, seed: 20_260_102 },
    );
  });
});

describe('a Negotiator under mutated descriptions', () => {
  /** One random edit of the kinds that software and attackers make. */
  function mutate(sdp: string, random: () => number): string {
    const lines = sdp.split('\r\n');
    const at = random() % lines.length;
    const other = random() % lines.length;
    switch (random() % 9) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, lines[other]);
        break;
      case 2:
        [lines[at], lines[other]] = [lines[other], lines[at]];
        break;
      case 3:
        lines[at] = lines[at].slice(0, random() % (lines[at].length + 1));
        break;
      case 4:
        lines[at] = lines[at].replace(/[0-9]+/, String(random() % 100_000));
        break;
      case 5: {
        const position = random() % (lines[at].length + 1);
        lines[at] =
          lines[at].slice(0, position) + String.fromCharCode(random() % 256) + lines[at].slice(position + 1);
        break;
      }
      case 6:
        lines[at] += lines[other];
        break;
      case 7:
        return sdp.slice(0, random() % sdp.length);
      default: {
        const word = lines[other].split(/[ :=]/).at(random() % 3) ?? '';
        lines[at] = lines[at].replace(/[^ :=]+$/, word);
      }
    }
    return lines.join('\r\n');
  }

  /** What must be the same after a call that threw. */
  function stateOf(negotiator: Negotiator): string {
    return JSON.stringify([negotiator.signalingState, negotiator.negotiationNeeded, negotiator.transceivers]);
  }

  it('throws nothing but ProtocolError for 10 000 offers, and is unharmed', () => {
    const random = seededUint32(42);
    const offers = fixtureNames.map(fixture);
    let refused = 0;
    for (let run = 0; run < 10_000; run++) {
      const original = offers[random() % offers.length];
      let mutated = original;
      for (let edits = random() % 4; edits >= 0; edits--) mutated = mutate(mutated, random);
      const negotiator = newNegotiator({ semantics: semantics[run % 3] });
      if (random() % 2 === 0) {
        negotiator.setRemoteOffer(original);
        negotiator.createAnswer();
      }
      const before = stateOf(negotiator);
      try {
        negotiator.setRemoteOffer(mutated);
      } catch (error) {
        refused++;
        assert.ok(error instanceof ProtocolError, `run ${run}: ${error}`);
        assert.equal(stateOf(negotiator), before, `run ${run}`);
        negotiator.setRemoteOffer(original);
      }
      parseSessionDescription(negotiator.createAnswer());
    }
    assert.ok(refused > 2000 && refused < 9000, `${refused} refused`);
  });

  it('throws nothing but ProtocolError for 5 000 answers, and is unharmed', () => {
    const random = seededUint32(43);
    for (let run = 0; run < 5000; run++) {
      const options = { semantics: semantics[run % 3] };
      const [server, client] = [peer(run, 'a', options), peer(run + 1, 'b', options)];
      server.addTransceiver('audio', 'sendrecv');
      client.addTransceiver('video', 'sendonly');
      server.addTransceiver('video', 'sendrecv');
      client.setRemoteOffer(server.createOffer());
      const answer = client.createAnswer();
      let mutated = answer;
      for (let edits = random() % 4; edits >= 0; edits--) mutated = mutate(mutated, random);
      const before = stateOf(server);
      try {
        server.setRemoteAnswer(mutated);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `run ${run}: ${error}`);
        assert.equal(stateOf(server), before, `run ${run}`);
        server.setRemoteAnswer(answer);
      }
      server.createOffer();
    }
  });
});
