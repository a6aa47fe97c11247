/** Who begins to look while a query runs is told what who looked all along knows of it, and hears the rest in the same words. */
import { describe, expect, test } from '@jest/globals';
import type { QueryObservation } from '../../../src/actors/observations.js';
import { queriesOf } from '../../../src/inspect/queries.js';
import type { KadNetwork, KadNode } from '../../../src/sim/kad/kad-network.js';
import { Watcher } from '../../support/observed.js';
import { END, storeOfTaken, takenFor, type HalfKnown } from '../../inspect/records.js';
import { acquainted, leftOver, NOTHING } from './made-network.js';

const KEY = new TextEncoder().encode('what is looked up');
const find = (node: KadNode) => node.routing.queries.ask({ type: 'FIND_NODE', key: KEY });
const queriesFor = ({ taken }: Watcher, but: HalfKnown) =>
  queriesOf(storeOfTaken(taken), END).map((query) => takenFor(query, but));

/** What only who looked from the beginning can tell. */
function halfKnown(early: Watcher): HalfKnown {
  const heard = new Set<string>();
  const shared = new Set<string>();
  const answered = new Set<string>();
  const again = new Set<string>();
  for (const { change, peer = '' } of early.of('seen:query')) {
    if (change === 'heard') (heard.has(peer) ? shared : heard).add(peer);
    if (change === 'answered') answered.add(peer);
    if (change === 'dialing' && answered.has(peer)) again.add(peer);
  }
  return { again, shared };
}

interface Trouble {
  readonly dead?: number;
  readonly clogged?: number;
  readonly paths?: number;
}

/** A network in which the eighth node looks something up. */
function scene({ dead = 0, clogged = 0, paths = 1 }: Trouble) {
  // So little patience that some are waited for no longer, and some given up, while the query is on its way yet.
  const impatient = { limits: { kadSlowPeerMs: 150 }, answerTimeoutMs: 250, refusalMs: 200 };
  const { network, nodes } = acquainted(150, clogged > 0 ? impatient : {}, { paths });
  const node = nodes[7] as KadNode;
  for (const other of nodes.slice(20, 20 + dead)) other.isDead = true;
  for (const other of nodes.slice(20 + dead, 20 + dead + clogged)) network.clog(node.peer.id, other.peer.id);
  return { network, node };
}

/** Runs a query, and stops every so many milliseconds of it. */
async function stepwise(
  { network, node }: { readonly network: KadNetwork; readonly node: KadNode },
  stepMs: number,
  act: () => void,
): Promise<void> {
  let isOver = false;
  find(node).subscribe({ complete: () => (isOver = true) });
  while (!isOver) {
    await network.run(() => isOver, stepMs);
    act();
    if (network.clock.nextDueMs === undefined) break;
    if (!isOver) await untilNext(network);
  }
}

/** Lets at least one thing happen, however far it is away. */
async function untilNext(network: KadNetwork): Promise<void> {
  const nowMs = network.clock.now();
  await network.run(() => network.clock.now() > nowMs);
}

const TROUBLES: readonly (readonly [string, Trouble])[] = [
  ['among the living', {}],
  ['among some who are dead', { dead: 30 }],
  ['among many who never answer', { clogged: 40 }],
  ['on three paths', { paths: 3, dead: 10, clogged: 20 }],
];

describe('a query in the middle', () => {
  test.each(TROUBLES)('%s, is told as it is known, at any time', async (_, trouble) => {
    const { network, node } = scene(trouble);
    const early = new Watcher();
    network.environment.traceTo(early);
    const lates: Watcher[] = [];
    const states = new Set<string>();
    await stepwise({ network, node }, 50, () => {
      const late = new Watcher();
      const before = early.taken.length;
      network.environment.traceTo(late);
      expect(early.taken).toHaveLength(before);
      lates.push(late);
      const but = halfKnown(early);
      const known = queriesFor(early, but).filter(({ outcome }) => outcome === undefined);
      expect(queriesFor(late, but)).toEqual(known);
      for (const { standing, took_ms: tookMs, change } of late.of('seen:query')) {
        expect(standing).toBe(true);
        if (change !== 'heard' && change !== 'late') expect(tookMs).toBeGreaterThanOrEqual(0);
        states.add(change);
      }
    });
    // Whoever came while it ran knows how it ended, as who was there all along does.
    const but = halfKnown(early);
    const [end] = queriesFor(early, but);
    expect(end?.outcome).toBe('finished');
    const during = lates.filter((late) => late.of('seen:query').length > 0);
    expect(during.length).toBeGreaterThan(5);
    for (const late of during) {
      expect(queriesFor(late, but)).toEqual([end]);
      expect(late.of('seen:query').at(-1)).toMatchObject({ change: 'finished', outcome: 'finished' });
    }
    const { dead = 0, clogged = 0 } = trouble;
    const expected = ['started', 'heard', 'dialing', 'asked', 'answered'];
    expect([...states].sort()).toEqual(
      [...expected, ...(dead > 0 ? ['failed'] : []), ...(clogged > 0 ? ['late', 'timed-out'] : [])].sort(),
    );
    expect(leftOver(network)).toEqual(NOTHING);
  });

  test.each(TROUBLES)('%s, that nobody looked at before, comes to the same', async (_, trouble) => {
    const seen: Watcher[] = [];
    for (const isEarly of [true, false]) {
      const { network, node } = scene(trouble);
      const watcher = new Watcher();
      if (isEarly) network.environment.traceTo(watcher);
      let step = 0;
      await stepwise({ network, node }, 20, () => {
        if (++step === 8 && !isEarly) network.environment.traceTo(watcher);
      });
      expect(step).toBeGreaterThan(8);
      seen.push(watcher);
      expect(leftOver(network)).toEqual(NOTHING);
    }
    const [early, late] = seen as [Watcher, Watcher];
    expect(late.of('seen:query')[0]).toMatchObject({ change: 'started', standing: true });
    const but = halfKnown(early);
    expect(queriesFor(late, but)).toEqual(queriesFor(early, but));
  });

  test('is told of to whoever wants observations, and to nobody else; before it begins and after its end, to nobody', async () => {
    const { network, node } = scene({});
    const look = (observations = true): readonly QueryObservation[] => {
      const late = new Watcher(observations);
      network.environment.traceTo(late)();
      return late.of('seen:query');
    };
    expect(look()).toEqual([]);
    let steps = 0;
    await stepwise({ network, node }, 20, () => {
      steps++;
      if (node.routing.queries.running === 0) return;
      expect(look(false)).toEqual([]);
      expect(look().length).toBeGreaterThan(10);
    });
    expect(steps).toBeGreaterThan(5);
    expect([look(), node.routing.queries.running]).toEqual([[], 0]);
    const subscription = find(node).subscribe();
    await network.run(() => look().length > 0);
    subscription.unsubscribe();
    expect(look()).toEqual([]);
    expect(leftOver(network)).toEqual(NOTHING);
  });
});

describe('more than there is room for', () => {
  /** Three queries under way, each with twenty peers of its table heard of, some of them asked. */
  async function looked(observeStandingRecords?: number): Promise<Watcher> {
    const limits = observeStandingRecords === undefined ? {} : { observeStandingRecords };
    const { network, nodes } = acquainted(150, { limits });
    const node = nodes[7] as KadNode;
    for (let each = 0; each < 3; each++) find(node).subscribe({ error: () => undefined });
    await network.run(() => node.routing.queries.running === 3);
    const late = new Watcher();
    network.environment.traceTo(late);
    network.stop();
    return late;
  }

  test('every query is told first, then peers; and how much was left out', async () => {
    const whole = (await looked()).of('seen:query');
    expect(whole.slice(0, 4).map(({ change }) => change)).toEqual(['started', 'started', 'started', 'heard']);
    const at = await looked(whole.length);
    expect([at.of('seen:query'), at.of('seen:untold')]).toEqual([whole, []]);
    const past = await looked(whole.length - 1);
    // The last peer is one that was heard of alone.
    expect(past.of('seen:query')).toEqual(whole.slice(0, -1));
    expect(past.of('seen:untold')).toEqual([{ standing: true, records: 1 }]);
    const few = await looked(4);
    expect(few.of('seen:query').filter(({ change }) => change === 'started')).toHaveLength(3);
    expect(few.of('seen:untold')).toEqual([{ standing: true, records: whole.length - few.of('seen:query').length }]);
  });
});
