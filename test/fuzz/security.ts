/**
 * Security handlers between two honest ends and a wire that changes what one of them hears: the handshake fails by name or
 * the channel is up; what comes out of a sealed channel is the beginning of what was said into it, whatever was done to the
 * wire; and all of it is the same in every chunking.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noiseProtocol } from '../../src/actors/connection/noise/handler.js';
import { plaintextProtocol } from '../../src/actors/connection/plaintext/handler.js';
import { secioProtocol } from '../../src/actors/connection/secio/handler.js';
import type { Role, SecurityProtocol } from '../../src/actors/connection/security.js';
import { concat, toHex } from '../support/decoding.js';
import { NoiseSide as Side, testIdentity } from '../support/noise-side.js';
import { pattern } from '../support/streams.js';
import { cut, cutting, mutate, mutation } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

/** A security protocol, and whether it keeps what is said from being changed. */
interface SecurityRow {
  readonly name: string;
  readonly protocol: SecurityProtocol;
  readonly seals: boolean;
  /** Names of its failures. */
  readonly codes: RegExp;
}

/** One row for each protocol. */
export const SECURITY: readonly SecurityRow[] = [
  { name: 'noise', protocol: noiseProtocol, seals: true, codes: /^ERR_(NOISE|KEY|PEER_ID|TRANSPORT)_/ },
  { name: 'secio', protocol: secioProtocol, seals: true, codes: /^ERR_(SECIO|KEY|PEER_ID|TRANSPORT)_|^ERR_DIAL_SELF$/ },
  { name: 'plaintext', protocol: plaintextProtocol, seals: false, codes: /^ERR_(PLAINTEXT|KEY|PEER_ID|TRANSPORT)_/ },
];

const ROLES: readonly Role[] = ['dialer', 'listener'];
const IDENTITIES = { dialer: testIdentity('dialer'), listener: testIdentity('listener') };
/** Exchanges of bytes after which honest ends have nothing more to say. */
const ROUNDS = 8;
const SAID = [pattern(300, 1), pattern(20, 2), pattern(1000, 3)];
/** Above every deadline of a handshake. */
const LONG_MS = 120_000;

const inputs = fc.record({
  changes: fc.array(fc.record({ round: fc.nat(ROUNDS - 1), mutation }), { maxLength: 3 }),
  sizes: cutting,
  end: fc.constantFrom('leaves', 'ends', 'is silent'),
});
type Input = typeof inputs extends fc.Arbitrary<infer Value> ? Value : never;

/** What came of it, for comparison. */
interface Outcome {
  readonly secured: boolean;
  readonly failed: string | undefined;
  readonly heard: string;
}

function run({ protocol, codes, seals }: SecurityRow, role: Role, { changes, sizes, end }: Input): Outcome {
  const other = role === 'dialer' ? 'listener' : 'dialer';
  const ours = new Side(role, { protocol, identity: IDENTITIES[role] }).start();
  const theirs = new Side(other, { protocol, identity: IDENTITIES[other] }).start();
  const waiting = [...SAID];
  for (let round = 0; round < ROUNDS; round++) {
    if (theirs.secured !== undefined) theirs.say(...waiting.splice(0));
    const mutations = changes.filter((change) => change.round === round).map((change) => change.mutation);
    const [fromOurs, fromTheirs] = [ours.takeWire(), mutate(theirs.takeWire(), mutations)];
    for (const chunk of cut(fromTheirs, sizes)) ours.hear(chunk);
    if (fromOurs.length > 0) theirs.hear(fromOurs);
  }
  if (changes.length === 0) assert.notEqual(ours.secured, undefined, 'honest ends did not meet');
  if (end === 'ends') ours.hearEvent({ type: 'transport.ended' });
  if (end === 'is silent') {
    ours.clock.advance(LONG_MS);
    assert(ours.secured !== undefined || ours.failed !== undefined, 'it still waits after every deadline');
  }
  const heard = ours.takePlaintext();
  if (seals) {
    assert.deepEqual(heard, concat(...SAID).slice(0, heard.length), 'what comes out was not said');
    if (ours.secured !== undefined) assert.equal(ours.secured.remotePeer, theirs.identity.peerId);
  }
  if (ours.failed !== undefined) assertNamed(ours.failed, ['remote'], codes);
  assert(ours.failures <= 1, 'it failed twice');
  for (const side of [ours, theirs]) {
    side.environment.turns.post(() => side.handler.dispose());
    assert.deepEqual(side.broken, []);
    assert.deepEqual([side.environment.liveActors, side.clock.pendingTimers], [0, 0], 'something is left');
  }
  return { secured: ours.secured !== undefined, failed: ours.failed?.code, heard: toHex(heard) };
}

function judge(row: SecurityRow, role: Role, input: Input): void {
  assert.deepEqual(run(row, role, input), run(row, role, { ...input, sizes: [] }), 'chunking makes a difference');
}

export const SECURITY_TARGETS: readonly FuzzTarget[] = SECURITY.flatMap((row) =>
  ROLES.map((role) => target(`${row.name} ${role}`, inputs, (input) => judge(row, role, input))),
);
