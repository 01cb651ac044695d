import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkLayout, loadAddon } from './load-addon.ts';

describe('loadAddon', () => {
  it('loads once', () => {
    assert.equal(loadAddon(), loadAddon());
  });

  it('knows every counter of the interface', () => {
    const names = loadAddon().counterNames;
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('datagramsReceived') && names.includes('protectErrors'));
  });
});

describe('checkLayout', () => {
  it('accepts the addon’s own numbers', () => {
    checkLayout(loadAddon().layout);
  });

  it('names a number that differs, is missing or is new', () => {
    const { layout } = loadAddon();
    assert.throws(
      () => checkLayout({ ...layout, slotBytes: 2048 }),
      /slotBytes is 2048, not 1536.*npm rebuild/,
    );
    const { outboxKind: _, ...without } = layout;
    assert.throws(() => checkLayout(without), /outboxKind is undefined/);
    assert.throws(() => checkLayout({ ...layout, newField: 1 }), /newField/);
  });
});
