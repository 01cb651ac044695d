import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { streamIdOf } from './foreign-msid.ts';
import { checkId, decodeId, escapeText, nameOf } from './identifier.ts';
import { KrakenError } from './kraken-error.ts';

/** What kraken.fm does with a stream id. */
const readByKraken = (streamId: string) => decodeURIComponent(streamId.replaceAll('+', ' ')).split(':');
const readByMornin = (streamId: string) => decodeURIComponent(streamId).split(':');
const wellFormed = (text: string) => Buffer.from(text).toString();
const decodeBase64 = (text: string) => Buffer.from(text, 'base64').toString();

/** As the original checks: what is decoded and escaped again is the same. */
function goAccepts(id: string): boolean {
  const bytes: number[] = [];
  for (let index = 0; index < id.length; index++) {
    if (id[index] === '%') {
      if (!/^[0-9A-Fa-f]{2}$/.test(id.slice(index + 1, index + 3))) return false;
      bytes.push(Number.parseInt(id.slice(index + 1, index + 3), 16));
      index += 2;
    } else bytes.push(...Buffer.from(id[index] === '+' ? ' ' : id[index]));
  }
  const escaped = bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === ' ') return '+';
    if (/[A-Za-z0-9\-_.~]/.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return escaped.join('') === id;
}

function accepts(id: string): boolean {
  try {
    checkId('id', id);
    return true;
  } catch (error) {
    assert.ok(error instanceof KrakenError);
    return false;
  }
}

describe('ids', () => {
  it('are taken in exactly the form that Go would write', () => {
    const parts = fc.constantFrom(
      '%',
      '2',
      '7',
      'E',
      'e',
      'A',
      'F',
      '+',
      ' ',
      '~',
      '!',
      'é',
      '%2F',
      '%20',
      '%41',
      '%FF',
    );
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 8 }), (pieces) => {
        const id = pieces.join('');
        assert.equal(accepts(id), goAccepts(id), id);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (text) => {
        const id = escapeText(text).replaceAll('%20', '+');
        assert.ok(id.length > 256 || accepts(id), id);
      }),
    );
  });

  it('are decoded where they are text, and else are names themselves', () => {
    assert.equal(decodeId('a+b%2Fc'), 'a b/c');
    assert.equal(decodeId('%FF'), '%FF');
    assert.equal(decodeId('a%'), 'a%');
  });

  it('hold the nickname of a web client', () => {
    const uid = (name: string) => encodeURIComponent(`5f0c:${Buffer.from(name).toString('base64')}`);
    for (const name of ['Alice', 'Zoë 💛', '>>>???']) assert.equal(nameOf(uid(name)), name);
    assert.equal(nameOf('plain+name'), 'plain name');
    assert.equal(nameOf('a%3A'), 'a:', 'no nickname');
    assert.equal(nameOf('a%3A%2Fw%3D%3D'), 'a:/w==', 'no UTF-8');
    assert.equal(nameOf('a%3A%21'), 'a:!', 'no base64');
  });
});

describe('stream ids of other dialects', () => {
  it('are read by both clients, whatever the ids and names are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }),
        (id, name) => {
          const streamId = streamIdOf({ id, name, key: 7 });
          assert.match(streamId, /^[!#-'*+\-.0-9A-Z^-~]{1,256}$/, 'a token that SDP can hold');
          const [shownId, shownName, ...more] = readByKraken(streamId);
          assert.deepEqual(readByMornin(streamId), [shownId, shownName]);
          assert.equal(more.length, 0);
          assert.ok(wellFormed(name).startsWith(decodeBase64(shownName)));
          if (shownId !== 'participant-7') assert.equal(decodeURIComponent(shownId), wellFormed(id));
        },
      ),
    );
  });

  it('hold names as long as kraken.fm allows', () => {
    const [id, name] = readByKraken(streamIdOf({ id: 'ann', name: 'é'.repeat(40), key: 1 }));
    assert.deepEqual([id, decodeBase64(name)], ['ann', 'é'.repeat(32)]);
  });
});
