/**
 * multistream, the dialer's, the lazy dialer's and the listener's: whatever the peer says, in any chunking, something is
 * agreed, or the negotiation fails by name, or it goes on until its deadline. Every byte is used or handed on.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createMultistreamHandler, type MultistreamOptions } from '../../src/actors/connection/multistream-handler.js';
import { MultistreamAsker } from '../../src/actors/connection/multistream-asker.js';
import { Environment } from '../../src/actors/environment.js';
import { EngineError } from '../../src/errors.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { encodeMultistreamList, encodeMultistreamMessage } from '../../src/wire/multistream.js';
import { concat } from '../support/decoding.js';
import { cut, cutting, nearly } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

const ID = '/multistream/1.0.0';
const PROTOCOLS = ['/noise', '/secio/1.0.0'];
const CONNECTION = 'conn:1';

const said = (...texts: string[]): Uint8Array => concat(...texts.map((text) => encodeMultistreamMessage(text)));

const DIALOGUES: readonly Uint8Array[] = [
  said(ID, '/noise'),
  said(ID, 'na', '/secio/1.0.0'),
  said(ID, 'na', 'na'),
  said(ID, '/tls/1.0.0', '/noise'),
  said(ID, 'ls', '/noise'),
  said('/noise'),
  concat(said(ID), encodeMultistreamList(PROTOCOLS)),
  // The list of old nodes: echo, number of entries and bytes of their prefixes, entries.
  concat(said(ID, 'ls'), Uint8Array.of(3, 2, 2, 10), said(...PROTOCOLS)),
  concat(said(ID, '/noise'), Uint8Array.of(0, 32), new Uint8Array(32)),
];

type Kind = Pick<MultistreamOptions, 'role' | 'protocols'> & { readonly isLazy?: boolean };

const KINDS: Readonly<Record<string, Kind>> = {
  'multistream dialer': { role: 'dialer', protocols: PROTOCOLS },
  'multistream lazy dialer': { role: 'dialer', protocols: ['/noise'], isLazy: true },
  'multistream listener': { role: 'listener', protocols: PROTOCOLS },
};

const inputs = fc.record({
  bytes: nearly(DIALOGUES),
  sizes: cutting,
  end: fc.constantFrom('leaves', 'ends', 'is silent'),
});
type Input = typeof inputs extends fc.Arbitrary<infer Value> ? Value : never;

function judge({ role, protocols, isLazy = false }: Kind, { bytes, sizes, end }: Input): void {
  const clock = new VirtualClock();
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: {} as never,
    onBroken: (error) => broken.push(error),
  });
  const outcomes: (string | EngineError)[] = [];
  let consumed = 0;
  let delivered = 0;
  const handedOn = (leftover: readonly Uint8Array[]): void => {
    const rest = concat(...leftover);
    assert.equal(consumed + rest.length, delivered, 'bytes were lost or counted twice');
    assert.deepEqual(rest, bytes.slice(consumed, delivered), 'other bytes were handed on');
    handler.dispose();
  };
  const handler = createMultistreamHandler({
    environment,
    address: `${CONNECTION}/multistream`,
    connection: CONNECTION,
    role,
    protocols,
    ...(isLazy ? { lazy: { onConfirmed: handedOn } } : {}),
    onConsumed: (size) => (consumed += size),
    onSelected: (protocol, leftover) => {
      outcomes.push(protocol);
      if (!isLazy) handedOn(leftover);
    },
    onFailed: (error) => outcomes.push(error),
  });
  const hear = (what: { readonly chunks?: readonly Uint8Array[]; readonly event?: { readonly type: string } }): void =>
    environment.turns.post(() =>
      handler.receive(
        environment.message({ direction: 'inbound', layer: 'transport', connection: CONNECTION, ...what }),
      ),
    );
  environment.turns.post(() => handler.start());
  for (const chunk of cut(bytes, sizes)) {
    delivered += chunk.length;
    hear({ chunks: [chunk] });
  }
  if (end === 'ends') hear({ event: { type: 'transport.ended' } });
  if (end === 'is silent') {
    clock.advance(environment.limits.multistreamTimeoutMs + 1);
    assert(outcomes.length > 0, 'it still waits after its deadline');
  }
  const failures = outcomes.filter((outcome) => outcome instanceof EngineError);
  for (const failure of failures) assertNamed(failure, ['remote'], /^ERR_MULTISTREAM_/);
  assert(failures.length <= 1 && outcomes.length - failures.length <= 1, 'it ended twice');
  for (const protocol of outcomes) assert(protocol instanceof EngineError || protocols.includes(protocol));
  environment.turns.post(() => handler.dispose());
  assert.deepEqual(broken, []);
  assert.deepEqual([environment.liveActors, clock.pendingTimers], [0, 0], 'something is left');
}

/** As {@link judge}, of the one that asks for a list: nothing is handed on. */
function judgeAsker({ bytes, sizes, end }: Input): void {
  const clock = new VirtualClock();
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: {} as never,
    onBroken: (error) => broken.push(error),
  });
  const outcomes: (readonly string[] | EngineError)[] = [];
  let consumed = 0;
  const asker = new MultistreamAsker({
    environment,
    address: `${CONNECTION}/multistream`,
    connection: CONNECTION,
    onConsumed: (size) => (consumed += size),
    onListed: (protocols) => outcomes.push(protocols),
    onFailed: (error) => outcomes.push(error),
  });
  const hear = (what: object): void =>
    environment.turns.post(() =>
      asker.receive(environment.message({ direction: 'inbound', layer: 'yamux', connection: CONNECTION, ...what })),
    );
  environment.turns.post(() => asker.start());
  for (const chunk of cut(bytes, sizes)) hear({ chunks: [chunk] });
  if (end === 'ends') hear({ event: { type: 'transport.ended' } });
  if (end === 'is silent') {
    clock.advance(environment.limits.multistreamTimeoutMs + 1);
    assert.equal(outcomes.length, 1, 'it still waits after its deadline');
  }
  assert(outcomes.length <= 1, 'it ended twice');
  assert(consumed <= bytes.length, 'it used more than came');
  for (const outcome of outcomes)
    if (outcome instanceof EngineError) assertNamed(outcome, ['remote'], /^ERR_MULTISTREAM_/);
  environment.turns.post(() => asker.dispose());
  assert.deepEqual(broken, []);
  assert.deepEqual([environment.liveActors, clock.pendingTimers], [0, 0], 'something is left');
}

export const NEGOTIATION_TARGETS: readonly FuzzTarget[] = [
  ...Object.entries(KINDS).map(([name, kind]) => target(name, inputs, (input) => judge(kind, input))),
  target('multistream asker', inputs, judgeAsker),
];
