/** Every state of every machine has its meaning, once, and short enough to be read at a glance. */
import { describe, expect, test } from '@jest/globals';
import type { AnyStateNode } from 'xstate';
import { MEANINGS } from '../../../src/diagram/meanings/index.js';
import { MACHINES } from '../../../src/machines/index.js';

const MEANING_CHARACTERS = 140;

function pathsOf(node: AnyStateNode): string[] {
  return Object.values(node.states).flatMap((child) => [child.path.join('.'), ...pathsOf(child)]);
}

describe('meanings', () => {
  test('are of the machines of the catalogue, and of no other', () => {
    expect(Object.keys(MEANINGS).sort()).toEqual(MACHINES.map(({ machine }) => machine.id).sort());
  });

  test.each(MACHINES.map(({ machine }) => [machine.id, machine] as const))('%s: every state has one', (id, machine) => {
    expect(Object.keys(MEANINGS[id] ?? {}).sort()).toEqual(pathsOf(machine.root).sort());
  });

  test.each(Object.entries(MEANINGS))(
    '%s: each is one sentence or two halves, and no two are the same',
    (_, states) => {
      const texts = Object.values(states);
      expect(texts.filter((text) => text.length > MEANING_CHARACTERS)).toEqual([]);
      expect(texts.filter((text) => !/^(?:[A-Z]|\d|multistream)[^\n]{9,}\.$/.test(text))).toEqual([]);
      expect(new Set(texts).size).toBe(texts.length);
    },
  );
});
