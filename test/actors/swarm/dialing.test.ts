/** Dialing peers of several addresses, in virtual time: who is tried when, who wins, and what is remembered. */
import { describe, expect, test } from '@jest/globals';
import type { EngineError } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import { ScriptedAddresses, type AddressScript } from '../../support/scripted-addresses.js';
import { during, newSwarm, newWorld } from '../../support/sim-nodes.js';

const SIX = '/ip6/2600::1/tcp/4001';
const FOUR = '/ip4/8.8.8.8/tcp/4001';
const THIRD = '/ip4/8.8.8.8/tcp/4002';
const MANY = Array.from({ length: 12 }, (_, index) => `/ip4/8.8.8.8/tcp/${5000 + index}`);
const NODE = { to: '/memory/listener' };
const SILENT = { silent: true };
const REFUSED = {};

/** A dialer that knows the addresses of a listener. */
async function dialing(scripts: Readonly<Record<string, AddressScript>>, limits: Partial<Limits> = {}) {
  const world = newWorld();
  const listener = newSwarm(world, { seed: 'listener' });
  await listener.swarm.listen('/memory/listener');
  const addresses = new ScriptedAddresses(world, scripts);
  const dialer = newSwarm(world, { seed: 'dialer', limits, transports: [addresses.transport] });
  dialer.swarm.known.addAddresses(listener.peerId, Object.keys(scripts), 'manual');
  const failures: string[] = [];
  dialer.swarm.events$.subscribe((event) => {
    if (event.type === 'connection.failed') failures.push(event.error.code);
  });
  const peer = listener.peerId;
  const dial = (target = peer, signal?: AbortSignal) => dialer.swarm.dial(target, { signal });
  const failing = (target = peer) =>
    during(world, dial(target)).then(
      () => undefined,
      (error: unknown) => error as EngineError,
    );
  const isClean = async (): Promise<void> => {
    await during(world, Promise.all([dialer.swarm.stop(), listener.swarm.stop()]));
    await world.settle();
    expect(dialer.environment.liveActors).toBe(0);
    expect(dialer.broken).toEqual([]);
    expect(world.clock.pendingTimers).toBe(0);
  };
  return { world, listener, dialer, addresses, failures, peer, dial, failing, isClean };
}

describe('a race', () => {
  test('IPv6 leads nowhere: IPv4 is dialed 250 ms later and wins; the loser is cancelled, and no failure', async () => {
    const { world, addresses, failures, dialer, dial, isClean } = await dialing({ [SIX]: SILENT, [FOUR]: NODE });
    const connection = await during(world, dial());
    expect(connection.remoteAddress).toBe(FOUR);
    expect(addresses.dialed).toEqual([
      [SIX, 0],
      [FOUR, 250],
    ]);
    expect(addresses.cancelled).toEqual([[SIX, 250]]);
    expect(failures).toEqual([]);
    expect(dialer.swarm.connections.length).toBe(1);
    await isClean();
  });

  test('the first address answers in time: no other is dialed', async () => {
    const { world, addresses, dial, isClean } = await dialing({ [SIX]: { ...NODE, afterMs: 249 }, [FOUR]: NODE });
    expect((await during(world, dial())).remoteAddress).toBe(SIX);
    expect(addresses.dialed).toEqual([[SIX, 0]]);
    await isClean();
  });

  test('a failure gives the next one its turn at once', async () => {
    const { world, addresses, dial, isClean } = await dialing({
      [SIX]: { afterMs: 20 },
      [FOUR]: { afterMs: 10 },
      [THIRD]: NODE,
    });
    await during(world, dial());
    expect(addresses.dialed).toEqual([
      [SIX, 0],
      [FOUR, 20],
      [THIRD, 30],
    ]);
    await isClean();
  });

  test('two that answer in the same moment leave one connection', async () => {
    const { world, listener, dialer, dial, isClean } = await dialing({
      [SIX]: { ...NODE, afterMs: 250 },
      [FOUR]: NODE,
    });
    const connection = await during(world, dial());
    await world.advance(1000);
    expect(dialer.swarm.connections).toEqual([connection]);
    expect(listener.swarm.connections.length).toBe(1);
    await isClean();
  });

  test('every address fails: one error names each', async () => {
    const { failing, failures, isClean } = await dialing({ [SIX]: REFUSED, [FOUR]: REFUSED });
    const error = await failing();
    expect(error).toMatchObject({
      code: 'ERR_DIAL_FAILED',
      blame: 'remote',
      message:
        `all 2 addresses failed: ${SIX}: scripted: nothing listens on ${SIX}; ` +
        `${FOUR}: scripted: nothing listens on ${FOUR}`,
    });
    expect((error?.cause as AggregateError).errors.length).toBe(2);
    expect(failures).toEqual(['ERR_TRANSPORT_REFUSED', 'ERR_TRANSPORT_REFUSED']);
    await isClean();
  });

  test('time is up for the whole before it is for each', async () => {
    const { world, failing, addresses, isClean } = await dialing(
      { [SIX]: SILENT, [FOUR]: SILENT },
      { dialTimeoutMs: 4_000 },
    );
    expect(await failing()).toMatchObject({
      code: 'ERR_DIAL_TIMEOUT',
      message: 'none of 2 addresses led to a connection within 4000 ms',
    });
    expect(world.clock.now()).toBe(4_000);
    expect(addresses.cancelled.map(([address]) => address)).toEqual([SIX, FOUR]);
    await isClean();
  });

  test('each address has its own time too', async () => {
    const { failing, isClean } = await dialing({ [SIX]: SILENT, [FOUR]: REFUSED });
    const error = await failing();
    expect(error).toMatchObject({ code: 'ERR_DIAL_FAILED' });
    expect((error?.cause as AggregateError).errors).toMatchObject([
      { code: 'ERR_TRANSPORT_REFUSED' },
      { code: 'ERR_DIAL_TIMEOUT' },
    ]);
    await isClean();
  });

  test('cancelled by its caller, it gives up all that is begun', async () => {
    const { world, dial, addresses, isClean } = await dialing({ [SIX]: SILENT, [FOUR]: SILENT });
    const abort = new AbortController();
    const dialed = dial(undefined, abort.signal).catch((error: unknown) => error);
    await world.advance(300);
    abort.abort();
    expect(await during(world, dialed)).toMatchObject({ code: 'ERR_ABORTED' });
    expect(addresses.cancelled.map(([address]) => address)).toEqual([SIX, FOUR]);
    await isClean();
  });
});

describe('bounds', () => {
  test('addresses of one peer at once: at the limit dialed, one past it when one has failed', async () => {
    const scripts = Object.fromEntries(MANY.map((address) => [address, SILENT]));
    const { world, addresses, dial, isClean } = await dialing(scripts, {
      dialsPerPeer: 3,
      dialAddressTimeoutMs: 2_000,
    });
    dial().catch(() => undefined);
    await world.advance(1_999);
    expect(addresses.dialed.map(([, atMs]) => atMs)).toEqual([0, 250, 250]);
    await world.advance(1);
    expect(addresses.dialed.map(([, atMs]) => atMs)).toEqual([0, 250, 250, 2_000]);
    await isClean();
  });

  test('addresses in all: at the limit dialed, one past it waits for a slot, and one past that is refused', async () => {
    const world = newWorld();
    const addresses = new ScriptedAddresses(world, Object.fromEntries(MANY.map((address) => [address, SILENT])));
    const limits = { dialsAtOnce: 2, dialsWaiting: 1, dialAddressTimeoutMs: 1_000 };
    const { swarm, environment } = newSwarm(world, { seed: 'dialer', limits, transports: [addresses.transport] });
    const [one = '', two = '', three = '', four = ''] = MANY;
    const waiting = [one, two, three].map((address) => swarm.dial(address).catch((error: unknown) => error));
    await world.settle();
    expect(addresses.dialed.map(([address]) => address)).toEqual([one, two]);
    await expect(swarm.dial(four)).rejects.toMatchObject({
      code: 'ERR_CONNECTION_LIMIT',
      message: '1 addresses wait to be dialed already',
    });
    await world.advance(1_000);
    expect(addresses.dialed).toEqual([
      [one, 0],
      [two, 0],
      [three, 1_000],
    ]);
    await world.advance(1_000);
    expect(await Promise.all(waiting)).toMatchObject(waiting.map(() => ({ code: 'ERR_DIAL_TIMEOUT' })));
    expect(environment.liveActors).toBe(0);
  });

  test('addresses by the thousand: what is tried is bounded', async () => {
    const { dialer, peer, failing, addresses, isClean } = await dialing({}, { addressesPerPeer: 5 });
    const told = Array.from({ length: 5000 }, (_, index) => `/ip4/8.8.8.8/tcp/${index + 1}`);
    dialer.swarm.known.addAddresses(peer, told, 'manual');
    expect((await failing())?.message).toMatch(/^all 5 addresses failed/);
    expect(addresses.dialed.length).toBe(5);
    await isClean();
  });
});

describe('dials of one host', () => {
  const limits = { hostDialsBurst: 3, hostDialsPerSecond: 2, dialsPerPeer: 1 };
  const refused = (count: number) => Object.fromEntries(MANY.slice(0, count).map((address) => [address, REFUSED]));
  const tried = ({ dialed }: ScriptedAddresses) => dialed.map(([address]) => address);

  test('at the limit all addresses that a peer told are tried; one past it fails by its name, and the next host is tried', async () => {
    const { failing, addresses, isClean } = await dialing({ ...refused(3), [SIX]: REFUSED }, limits);
    const atLimit = await failing();
    expect(atLimit?.message).not.toMatch(/times a second/);
    expect(tried(addresses).sort()).toEqual([...MANY.slice(0, 3), SIX].sort());
    await isClean();
    const past = await dialing({ ...refused(4), [SIX]: REFUSED }, limits);
    const error = await past.failing();
    const each = ((error?.cause as AggregateError).errors as EngineError[]).map(({ code }) => code).sort();
    expect(each).toEqual(['ERR_DIAL_RATE', ...Array.from({ length: 4 }, () => 'ERR_TRANSPORT_REFUSED')]);
    expect(error?.message).toMatch(/8\.8\.8\.8 would be dialed more than 2 times a second/);
    expect(tried(past.addresses).filter((address) => address !== SIX)).toHaveLength(3);
    expect(tried(past.addresses)).toContain(SIX);
    await past.isClean();
  });

  test('many peers that tell one host are one host; as time passes, it is dialed again, so often and no more', async () => {
    const { world, dialer, addresses, isClean } = await dialing({}, limits);
    const peers = MANY.map((address, index) => {
      const { peerId } = newSwarm(newWorld(), { seed: `peer ${index}` });
      dialer.swarm.known.addAddresses(peerId, [address], 'manual');
      return peerId;
    });
    const codes = async (some: readonly string[]): Promise<string[]> => {
      const outcomes: string[] = [];
      for (const peer of some) {
        await during(world, dialer.swarm.dial(peer)).catch((error: unknown) =>
          outcomes.push((error as EngineError).code),
        );
      }
      return outcomes;
    };
    const [RATE, REFUSAL] = ['ERR_DIAL_RATE', 'ERR_TRANSPORT_REFUSED'];
    expect(await codes(peers.slice(0, 5))).toEqual([REFUSAL, REFUSAL, REFUSAL, RATE, RATE]);
    await world.advance(499);
    expect(await codes(peers.slice(3, 4))).toEqual([RATE]);
    await world.advance(1);
    // Nothing failed there, so it is not backed off either.
    expect(await codes(peers.slice(3, 5))).toEqual([REFUSAL, RATE]);
    await world.advance(60_000);
    expect(await codes(peers.slice(5, 9))).toEqual([REFUSAL, REFUSAL, REFUSAL, RATE]);
    expect(addresses.dialed).toHaveLength(7);
    await isClean();
  });

  test('the error is ours, and says where; an address that the caller names is tried, and not counted', async () => {
    const { failing, dialer, peer, addresses, isClean } = await dialing({}, { ...limits, hostDialsBurst: 1 });
    for (const address of MANY) {
      expect(await failing(`${address}/p2p/${peer}`)).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    }
    dialer.swarm.known.addAddresses(peer, [FOUR], 'manual');
    expect(await failing()).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    const { peerId } = newSwarm(newWorld(), { seed: 'another peer' });
    dialer.swarm.known.addAddresses(peerId, [THIRD], 'manual');
    expect(await failing(peerId)).toMatchObject({
      code: 'ERR_DIAL_RATE',
      blame: 'local',
      details: { stage: 'dialAddress' },
    });
    expect(tried(addresses)).toEqual([...MANY, FOUR]);
    await isClean();
  });
});

describe('what is remembered', () => {
  test('an address that failed is left alone: 5 s, then 6, then 9; one that is named is tried', async () => {
    const { world, failing, peer, addresses, isClean } = await dialing({ [FOUR]: REFUSED });
    expect(await failing()).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    const waits = [5_000, 6_000, 9_000, 14_000];
    for (const waitMs of waits) {
      expect(await failing()).toMatchObject({
        code: 'ERR_DIAL_BACKOFF',
        blame: 'local',
        message: `every known address of ${peer} failed lately; the next one is tried in ${waitMs} ms`,
      });
      await world.advance(waitMs - 1);
      expect(await failing()).toMatchObject({ code: 'ERR_DIAL_BACKOFF' });
      await world.advance(1);
      expect(await failing()).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    }
    const before = addresses.dialed.length;
    expect(await failing(`${FOUR}/p2p/${peer}`)).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    expect(addresses.dialed.length).toBe(before + 1);
    await isClean();
  });

  test('only what failed is left out, and a success is not held against it', async () => {
    const scripts: Record<string, AddressScript> = { [SIX]: REFUSED, [FOUR]: NODE };
    const { world, dial, dialer, peer, addresses, isClean } = await dialing(scripts);
    await during(world, dial());
    for (const connection of dialer.swarm.connections) connection.close();
    await world.advance(100);
    expect(dialer.swarm.connectionTo(peer)).toBeUndefined();
    addresses.dialed.length = 0;
    await during(world, dial());
    expect(addresses.dialed.map(([address]) => address)).toEqual([FOUR]);
    await isClean();
  });

  test('who names an address while others are tried has it tried when they lead nowhere', async () => {
    const { world, dial, dialer, peer, addresses, isClean } = await dialing({ [SIX]: { afterMs: 100 } });
    const known = dial().catch((error: unknown) => error);
    const named = dialer.swarm.dial(`${THIRD}/p2p/${peer}`).catch((error: unknown) => error);
    expect(await during(world, known)).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    expect(await during(world, named)).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    expect(addresses.dialed).toEqual([
      [SIX, 0],
      [THIRD, 100],
    ]);
    await isClean();
  });

  test('a network without IPv6: after enough failures it is not dialed, but now and then', async () => {
    const limits = { blackHoleDials: 4, blackHoleSuccesses: 1, dialBackoffBaseMs: 0, dialBackoffStepMs: 0 };
    const { world, dial, dialer, addresses, isClean } = await dialing({ [SIX]: SILENT, [FOUR]: NODE }, limits);
    const rounds: string[][] = [];
    for (let round = 0; round < 9; round++) {
      addresses.dialed.length = 0;
      await during(world, dial());
      rounds.push(addresses.dialed.map(([address]) => address));
      for (const connection of dialer.swarm.connections) connection.close();
      await world.advance(100);
    }
    expect(rounds.map((dialed) => dialed.includes(SIX))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      true,
      false,
    ]);
    await isClean();
  });

  test('a peer of whom only unsupported addresses are known', async () => {
    const { dialer, peer, failing, isClean } = await dialing({});
    dialer.swarm.known.addAddresses(peer, ['/ip4/8.8.8.8/udp/4001/quic-v1'], 'manual');
    expect(await failing()).toMatchObject({ code: 'ERR_TRANSPORT_UNSUPPORTED' });
    await isClean();
  });

  test('what a connected peer tells is kept only as far as it may make us dial', async () => {
    const { world, dial, dialer, isClean } = await dialing({ [FOUR]: NODE });
    const connection = await during(world, dial());
    const told = ['/ip4/127.0.0.1/tcp/6379', '/ip4/10.0.0.1/tcp/22', '/unix/%2Frun%2Fdocker.sock', THIRD];
    expect(dialer.swarm.dialable(told, connection)).toEqual([THIRD]);
    await isClean();
  });
});
