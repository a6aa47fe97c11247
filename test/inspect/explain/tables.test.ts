/** The tables of the explainer against the machines, the limits and the codes that they speak of. */
import { expect, test } from '@jest/globals';
import { ERROR_HINTS, type ErrorCode } from '../../../src/errors.js';
import { allEndings } from '../../../src/inspect/explain/endings.js';
import { titleOf } from '../../../src/inspect/explain/kinds.js';
import { limitOf } from '../../../src/inspect/explain/limits-of.js';
import { LIMITS } from '../../../src/limits.js';
import { MACHINES } from '../../../src/machines/index.js';

const CODES = Object.keys(ERROR_HINTS) as ErrorCode[];
const machineOf = (id: string) => MACHINES.find(({ machine }) => machine.id === id)?.machine;

test('every ending is a state of its machine', () => {
  for (const { machine, state } of allEndings()) {
    expect([machine, state, machineOf(machine)?.root.states[state] !== undefined]).toEqual([machine, state, true]);
  }
});

/** Codes that the entry of a state reports, where its chart names them. */
function reported(machine: string, state: string): readonly string[] {
  const entry = machineOf(machine)?.root.states[state]?.entry ?? [];
  return entry.flatMap((action) => {
    const { params } = action as { readonly params?: { readonly code?: unknown } };
    return typeof params?.code === 'string' ? [params.code] : [];
  });
}

test('every ending has the code that its machine reports', () => {
  const compared = allEndings().filter(({ machine, state, code }) => {
    const [own] = reported(machine, state);
    if (own === undefined) return false;
    expect([machine, state, code]).toEqual([machine, state, own]);
    return true;
  });
  expect(compared.length).toBeGreaterThan(80);
});

/** States that report a code and are no failure to tell of. */
const NO_FAILURES = new Set([
  // Given up by this side.
  'ERR_ABORTED',
  ...['yamuxStream', 'mplexStream', 'spdyStream', 'soleStream'].flatMap((stream) => [
    `${stream} resetLocally`,
    `${stream} sessionEnded`,
  ]),
  // A peer that does not speak a protocol that is only asked for where it is there.
  'identifyPush refused',
  'bitswapOutbound unsupported',
]);

test('every state in which a machine reports a code is an ending, or is told to be none', () => {
  const endings = new Set(allEndings().map(({ machine, state }) => `${machine} ${state}`));
  const missing = MACHINES.flatMap(({ machine }) =>
    Object.keys(machine.root.states).flatMap((state) => {
      const [code] = reported(machine.id, state);
      const name = `${machine.id} ${state}`;
      return code === undefined || endings.has(name) || NO_FAILURES.has(code) || NO_FAILURES.has(name) ? [] : [name];
    }),
  );
  expect(missing).toEqual([]);
});

test('every bound that is named is one', () => {
  const named = CODES.flatMap((code) => limitOf(code) ?? []);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !Object.hasOwn(LIMITS, name.replace('limits.', '')))).toEqual([]);
});

test('codes of protocols have a title of their own', () => {
  const untitled = CODES.filter((code) => titleOf(code) === 'A failure');
  expect(
    untitled.filter((code) =>
      /^ERR_(?:MULTISTREAM|NOISE|SECIO|TLS|PLAINTEXT|YAMUX|MPLEX|SPDY|STREAM|IDENTIFY|PING|KAD|DHT|BITSWAP|DIAL|TRANSPORT|CONNECTION)_/.test(
        code,
      ),
    ),
  ).toEqual([]);
});
