/** What holds for every machine of the engine, read from the charts themselves. */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { MACHINES } from '../../src/machines/index.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../src/machines');

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];

test('the catalogue holds every machine that there is, once', () => {
  const declared = readdirSync(folder)
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/export const (\w+Machine) = setup/g)])
    .map((match) => match[1]?.replace(/Machine$/, ''))
    .sort();
  expect(MACHINES.map(({ machine }) => machine.id).sort()).toEqual(declared);
});

describe.each(MACHINES.map((entry) => [entry.machine.id, entry.machine] as const))(
  '%s',
  (_id, machine: AnyStateMachine) => {
    const nodes = nodesOf(machine.root);

    test('takes any event in any living state: unknown ones are caught, not lost', () => {
      const living = nodes.filter((node) => node.type === 'atomic');
      const silent = living.filter((node) => {
        for (let at: AnyStateNode | undefined = node; at !== undefined; at = at.parent) {
          if (at.transitions.has('*')) return false;
        }
        return true;
      });
      expect(silent.map((node) => node.id)).toEqual([]);
    });

    test('starts no children and takes no step without an event', () => {
      expect(
        nodes.filter((node) => node.invoke.length > 0 || (node.always?.length ?? 0) > 0).map((node) => node.id),
      ).toEqual([]);
    });

    test('names every delay, so that a trace and a diagram can', () => {
      const delays = nodes.flatMap((node) => node.after.map(({ delay }) => delay));
      expect(delays.filter((delay) => typeof delay !== 'string')).toEqual([]);
    });
  },
);
