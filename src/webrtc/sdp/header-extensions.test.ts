import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerExtensionUri as uri } from '../../media/rtp-parameters.ts';
import {
  acceptExtensions,
  answerExtensions,
  defaultHeaderExtensions,
  describeExtensions,
  extensionParameters,
  offerExtensions,
} from './header-extensions.ts';
import { headerExtensionMap } from './identifier-map.ts';
import type { Direction, ExtensionMapping } from './session-description.ts';

const mapping = (id: number, name: string, direction: Direction | null = null): ExtensionMapping => ({
  id,
  uri: name,
  direction,
});
const answer = (offered: readonly ExtensionMapping[], direction: Direction) =>
  answerExtensions('video', offered, defaultHeaderExtensions, direction);

describe('answerExtensions', () => {
  it("keeps the offerer's identifiers and leaves out what it does not know", () => {
    const answered = answer(
      [mapping(7, uri.mid), mapping(8, 'urn:unknown'), mapping(9, uri.audioLevel)],
      'recvonly',
    );
    assert.deepEqual(describeExtensions(answered), [mapping(7, uri.mid)]);
  });

  it('uses RIDs only for what we receive', () => {
    const offered = [mapping(1, uri.mid), mapping(2, uri.transportWideCc), mapping(3, uri.rid)];
    const ids = (direction: Direction, flow: 'send' | 'receive') =>
      extensionParameters(answer(offered, direction), flow).map(({ id }) => id);
    assert.deepEqual(ids('recvonly', 'receive'), [1, 2, 3]);
    assert.deepEqual(ids('recvonly', 'send'), []);
    assert.deepEqual(ids('sendonly', 'send'), [1, 2]);
    assert.deepEqual(ids('sendrecv', 'receive'), [1, 2, 3]);
    assert.deepEqual(ids('sendrecv', 'send'), [1, 2]);
    assert.deepEqual(
      answer(offered, 'inactive').map(({ id }) => id),
      [1, 2, 3],
    );
  });

  it('respects and reverses a stated direction', () => {
    const offered = [
      mapping(1, uri.rid, 'sendonly'),
      mapping(2, uri.playoutDelay, 'recvonly'),
      mapping(3, uri.mid),
    ];
    assert.deepEqual(describeExtensions(answer(offered, 'recvonly')), [
      mapping(1, uri.rid, 'recvonly'),
      mapping(3, uri.mid),
    ]);
    assert.deepEqual(describeExtensions(answer(offered, 'sendonly')), [
      mapping(2, uri.playoutDelay, 'sendonly'),
      mapping(3, uri.mid),
    ]);
  });

  it('takes the first of repeated identifiers and URIs', () => {
    const offered = [mapping(1, uri.mid), mapping(1, uri.absSendTime), mapping(2, uri.mid)];
    assert.deepEqual(describeExtensions(answer(offered, 'sendrecv')), [mapping(1, uri.mid)]);
  });
});

describe('offerExtensions', () => {
  it('gives distinct one-byte identifiers', () => {
    const ids = offerExtensions('video', defaultHeaderExtensions, 'sendrecv', headerExtensionMap()).map(
      ({ id }) => id,
    );
    assert.equal(new Set(ids).size, 10);
    assert.ok(ids.every((id) => id >= 1 && id <= 14));
  });

  it("agrees with the connection's identifiers, and leaves out what there is none for", () => {
    const map = headerExtensionMap();
    for (let id = 1; id <= 14; id++) map.note(id, `urn:x:${id}`);
    map.note(3, uri.mid);
    map.note(200, uri.absSendTime);
    assert.deepEqual(
      offerExtensions('audio', defaultHeaderExtensions, 'sendonly', map).map(({ id, uri: name }) => [
        id,
        name,
      ]),
      [
        [3, uri.mid],
        [200, uri.absSendTime],
      ],
    );
  });
});

describe('acceptExtensions', () => {
  it('keeps what the answer repeats with the same identifier', () => {
    const offered = offerExtensions('video', defaultHeaderExtensions, 'sendrecv', headerExtensionMap());
    const accepted = acceptExtensions(offered, [
      mapping(4, uri.mid),
      mapping(6, uri.absSendTime),
      mapping(5, uri.playoutDelay, 'recvonly'),
      mapping(10, uri.rid, 'recvonly'),
    ]);
    assert.deepEqual(
      accepted.map(({ id, send, receive }) => ({ id, send, receive })),
      [
        { id: 4, send: true, receive: true },
        { id: 5, send: true, receive: false },
      ],
    );
  });
});
