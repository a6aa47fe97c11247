/**
 * A peerstore over records that the disk has changed: every one of them is read, told as damaged, or left alone as a newer
 * engine's; the node goes on, what is learnt is written, and it reads back.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Environment } from '../../src/actors/environment.js';
import { PeerRecords } from '../../src/actors/peers/peer-records.js';
import { Peerstore } from '../../src/actors/peers/peerstore.js';
import type { EngineError } from '../../src/errors.js';
import { MemoryDataStore } from '../../src/sim/memory-store.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { decodePeerEntry } from '../../src/wire/peer-entry.js';
import { nearly } from './bytes.js';
import { PEER_ENTRIES } from './decoders.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

const WALL_MS = 1_700_000_000_000;
const ADDRESS = '/ip4/192.0.2.1/tcp/4001';

const inputs = fc.record({
  records: fc.array(nearly(PEER_ENTRIES), { maxLength: 5 }),
  /** Which of them are written to afterwards. */
  touched: fc.array(fc.nat(4), { maxLength: 3 }),
});
type Input = typeof inputs extends fc.Arbitrary<infer Value> ? Value : never;

function open(data: MemoryDataStore) {
  const clock = new VirtualClock(WALL_MS);
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: {} as never,
    onBroken: (error) => broken.push(error),
  });
  const peers = new Peerstore({ limits: environment.limits, wallTime: () => clock.wallTime() });
  const records = new PeerRecords(environment, peers, data);
  const problems: EngineError[] = [];
  records.problems$.subscribe(({ error }) => problems.push(error));
  records.start();
  records.readStored();
  const stop = async (): Promise<void> => {
    await records.stop();
    assert.deepEqual(broken, []);
    assert.deepEqual([environment.liveActors, clock.pendingTimers], [0, 0], 'something is left');
  };
  return { peers, records, problems, stop };
}

async function judge({ records, touched }: Input): Promise<void> {
  const data = new MemoryDataStore();
  for (const [at, record] of records.entries()) await data.put(`/peers/${at}`, record);
  const first = open(data);
  await first.records.read;
  for (const problem of first.problems) assertNamed(problem, ['local'], /^ERR_PEERSTORE_(DAMAGED|VERSION)$/);
  assert.equal(first.problems.length, records.filter((record) => !isReadable(record)).length);
  for (const at of touched) first.peers.addAddresses(String(at), [ADDRESS], 'manual');
  await first.stop();
  const second = open(data);
  await second.records.read;
  // What is damaged and was not learnt anew stays as it is, and so does what a newer engine wrote.
  const stillUnread = records.filter(
    (record, at) => !isReadable(record) && !(touched.includes(at) && isDamaged(record)),
  );
  assert.equal(second.problems.length, stillUnread.length, 'what was learnt does not read back');
  for (const at of touched) {
    const record = records[at];
    if (record !== undefined && !isReadable(record) && !isDamaged(record)) continue;
    const known = second.peers.entryOf(String(at))?.addresses.map(({ address }) => address) ?? [];
    assert(known.includes(ADDRESS), 'what was learnt is gone');
  }
  await second.stop();
}

const isReadable = (record: Uint8Array): boolean => failureOf(record) === undefined;
const isDamaged = (record: Uint8Array): boolean => failureOf(record) === 'ERR_PEERSTORE_DAMAGED';

function failureOf(record: Uint8Array): string | undefined {
  try {
    decodePeerEntry(record);
    return undefined;
  } catch (thrown) {
    return (thrown as EngineError).code;
  }
}

export const PEERSTORE_TARGETS: readonly FuzzTarget[] = [target('peerstore records', inputs, judge)];
