/** A node adds few listeners to any signal, however many peers it tells what it provides, and takes them off again. */
import { getEventListeners } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray } from 'rxjs';
import { World } from '../../src/sim/index.js';
import { importBytes } from '../sim/world/content.js';

/** Node warns of a leak where there are more. */
const MOST_LISTENERS = 10;
const NODES = 24;

test('closest peers, a provide, and what is added, among many servers', async () => {
  const signals = new Set<AbortSignal>();
  let most = 0;
  const add = jest.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (
    this: EventTarget,
    ...args: Parameters<EventTarget['addEventListener']>
  ) {
    original.apply(this, args);
    if (!(this instanceof AbortSignal)) return;
    signals.add(this);
    most = Math.max(most, getEventListeners(this, 'abort').length);
  });
  try {
    const world = new World({ seed: 1, ciphers: 'toy', links: { latencyMs: 20 } });
    const routing = { lanDht: { mode: 'server', peers: 'any' } } as const;
    const first = world.addNode('n0', { routing });
    for (let index = 1; index < NODES; index++) world.addNode(`n${index}`, { routing, bootstrap: [first.address] });
    await world.run({ untilMs: 10_000 });
    const node = world.node(`n${NODES - 1}`);
    const cid = CID.parse(await world.during(node.run((host) => importBytes(host, new Uint8Array(50_000).fill(1)))));
    const { signal } = new AbortController();
    const { routing: router } = node.host;
    await world.during(lastValueFrom(router.closestPeers(cid.multihash.bytes, { signal }).pipe(toArray())));
    const stored = await world.during(lastValueFrom(router.provide(cid, { signal }).pipe(toArray())));
    expect(stored.length).toBeGreaterThan(MOST_LISTENERS);
    // What was added is told as well, by the sweep.
    await world.run({ untilMs: world.nowMs + 60_000 });
    expect(await world.close()).toEqual([]);
  } finally {
    add.mockRestore();
  }
  expect(signals.size).toBeGreaterThan(NODES);
  expect(most).toBeLessThanOrEqual(MOST_LISTENERS);
  expect([...signals].map((each) => getEventListeners(each, 'abort').length).filter((left) => left > 0)).toEqual([]);
}, 120_000);

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its target
const original = EventTarget.prototype.addEventListener;
