/** Each invariant, broken by hand: what it sees, and that it does not see what is well. */
import { describe, expect, test } from '@jest/globals';
import type { TransitionNotice } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import type { ConnectionMessage } from '../../../src/messages.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { signatureOf } from '../../../src/sim/scenario/failure.js';
import { CorruptionWatch } from '../../../src/sim/scenario/invariants/corruption.js';
import { watchedCiphers } from '../../../src/sim/scenario/invariants/watched-ciphers.js';
import { Watch, type Violation, type WireEnd } from '../../../src/sim/scenario/invariants/watch.js';
import { World } from '../../../src/sim/world/world.js';
import { Subject } from 'rxjs';

const WINDOW = LIMITS.yamuxInitialWindowBytes;

/** A watch over two nodes, the ends of one wire, that say what the test lets them say. */
function watched() {
  const world = { step: 0 };
  const watch = new Watch(
    () => 42,
    () => world.step,
  );
  const side = (name: string, role: WireEnd['role']) => {
    const messages$ = new Subject<ConnectionMessage>();
    const transitions$ = new Subject<TransitionNotice>();
    const broken$ = new Subject<EngineError>();
    const detach = watch.attach(name, { messages$, transitions$, broken$ }, () => ({ wire: 'w', role }));
    const say = (draft: Partial<ConnectionMessage>): void =>
      messages$.next({
        sequence: 0,
        timeMs: 42,
        direction: 'outbound',
        layer: 'yamux',
        connection: 'conn:1',
        stream: 1,
        chunks: [],
        length: 0,
        ...draft,
      });
    const data = (direction: 'inbound' | 'outbound', stream: number, ...chunks: Uint8Array[]): void =>
      say({ direction, stream, chunks, length: chunks.reduce((sum, chunk) => sum + chunk.length, 0) });
    return {
      broken$,
      detach,
      /** Sends a data frame. */
      sends: (body: Uint8Array, stream = 1) => data('outbound', stream, new Uint8Array(12), body),
      delivers: (body: Uint8Array, stream = 1) => data('inbound', stream, body),
      control: (direction: 'inbound' | 'outbound', flags: string, length = 0, stream = 1) =>
        say({ direction, stream, event: { type: 'yamux.windowUpdate', flags, length } }),
      step: (from: string, to: string, event = 'wire.fin', actor = 'conn:1/yamux/1') =>
        transitions$.next({ actor, machine: 'yamuxStream', from, to, event, edges: [], timeMs: 42 }),
    };
  };
  return { world, watch, dialer: side('n0', 'dialer'), listener: side('n1', 'listener') };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('stream.credit', () => {
  test('a window spent to its last byte is well; one byte more is not', () => {
    const { watch, dialer } = watched();
    dialer.step('', 'open.windowOpen');
    dialer.sends(new Uint8Array(WINDOW));
    expect(watch.failure).toBeUndefined();
    dialer.sends(new Uint8Array(1));
    expect(watch.failure).toMatchObject({ invariant: 'stream.credit', node: 'n0', actor: 'conn:1/yamux/1', atMs: 42 });
    expect(signatureOf(watch.failure!)).toBe('stream.credit yamuxStream open.windowOpen');
  });

  test('a grant widens it; the code of a reset does not', () => {
    const { watch, dialer } = watched();
    dialer.control('inbound', '', 10);
    dialer.sends(new Uint8Array(WINDOW + 10));
    expect(watch.failure).toBeUndefined();
    dialer.control('inbound', 'RST', 10);
    dialer.sends(new Uint8Array(10));
    expect(watch.failure?.invariant).toBe('stream.credit');
  });

  test('each stream and each life of a node has an account of its own', () => {
    const { watch, dialer } = watched();
    dialer.sends(new Uint8Array(WINDOW), 1);
    dialer.sends(new Uint8Array(WINDOW), 3);
    expect(watch.failure).toBeUndefined();
  });
});

describe('stream.id and stream.afterEnd', () => {
  test.each([
    { name: 'ascending odd ids of a dialer', ids: [1, 3, 9], side: 'dialer', fails: false },
    { name: 'an even id of a dialer', ids: [1, 4], side: 'dialer', fails: true },
    { name: 'an odd id of a listener', ids: [2, 3], side: 'listener', fails: true },
    { name: 'the same id twice', ids: [2, 4, 4], side: 'listener', fails: true },
    { name: 'a lower id', ids: [5, 3], side: 'dialer', fails: true },
  ] as const)('$name', ({ ids, side, fails }) => {
    const all = watched();
    for (const id of ids) all[side].control('outbound', 'SYN', 0, id);
    expect(all.watch.failure?.invariant).toBe(fails ? 'stream.id' : undefined);
  });

  test.each([
    { name: 'data after FIN', flags: 'FIN', then: 'data' },
    { name: 'data after RST', flags: 'RST', then: 'data' },
    { name: 'FIN after FIN', flags: 'FIN', then: 'FIN' },
    { name: 'a window update after RST', flags: 'RST', then: '' },
  ])('$name', ({ flags, then }) => {
    const { watch, dialer } = watched();
    dialer.control('outbound', flags);
    expect(watch.failure).toBeUndefined();
    if (then === 'data') dialer.sends(bytes(1));
    else dialer.control('outbound', then);
    expect(watch.failure?.invariant).toBe('stream.afterEnd');
  });

  test('a window update and RST after FIN are well', () => {
    const { watch, dialer } = watched();
    for (const flags of ['FIN', '', 'RST']) dialer.control('outbound', flags);
    expect(watch.failure).toBeUndefined();
  });
});

describe('stream.prefix', () => {
  test('pieces may be cut anew, both ways at once', () => {
    const { watch, dialer, listener } = watched();
    dialer.sends(bytes(1, 2, 3));
    listener.sends(bytes(9, 8));
    dialer.sends(bytes(4, 5));
    listener.delivers(bytes(1));
    listener.delivers(bytes(2, 3, 4));
    dialer.delivers(bytes(9, 8));
    expect(watch.failure).toBeUndefined();
  });

  test.each([
    { name: 'a changed byte', delivered: [1, 2, 4], says: 'byte 2 was delivered as 4 and sent as 3' },
    { name: 'a missing byte', delivered: [1, 3], says: 'byte 1 was delivered as 3 and sent as 2' },
    { name: 'a byte too many', delivered: [1, 2, 3, 4], says: '1 bytes were delivered that nobody sent, after 3' },
  ])('$name', ({ delivered, says }) => {
    const { watch, dialer, listener } = watched();
    dialer.sends(bytes(1, 2, 3));
    listener.delivers(bytes(...delivered));
    expect(watch.failure).toMatchObject({ invariant: 'stream.prefix', node: 'n1', message: says });
  });

  test('streams do not mix', () => {
    const { watch, dialer, listener } = watched();
    dialer.sends(bytes(1), 1);
    listener.delivers(bytes(1), 3);
    expect(watch.failure?.invariant).toBe('stream.prefix');
  });
});

describe('actor.final', () => {
  test('a step after the end is seen; a new actor at the same address is not one', () => {
    const { watch, dialer } = watched();
    dialer.step('', 'open.windowOpen', 'start');
    dialer.step('open.windowOpen', 'resetByPeer', 'wire.reset');
    dialer.step('', 'open.windowOpen', 'start');
    dialer.step('open.windowOpen', 'closed');
    expect(watch.failure).toBeUndefined();
    dialer.step('closed', 'open.windowOpen', 'wire.ack');
    expect(watch.failure).toMatchObject({
      invariant: 'actor.final',
      machine: 'yamuxStream',
      state: 'closed',
      message: 'it ended in closed, then heard wire.ack and went to open.windowOpen',
    });
  });
});

describe('engine.broken', () => {
  test('a bug of the engine is a failure, with its machine and state; only the first failure counts', () => {
    const { watch, dialer } = watched();
    const details = { machine: 'dial', state: 'dialing', address: 'dial:1' };
    dialer.broken$.next(new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'first', { details }));
    dialer.broken$.next(new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'second'));
    expect(watch.failure).toMatchObject({ machine: 'dial', state: 'dialing', message: 'ERR_ENGINE_ASSERTION: first' });
  });

  test('a node that is dead is not heard any more', () => {
    const { watch, dialer } = watched();
    dialer.detach();
    dialer.broken$.next(new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'late'));
    expect(watch.failure).toBeUndefined();
  });
});

describe('watched ciphers', () => {
  const violations: Violation[] = [];
  const ciphers = watchedCiphers(nodeCiphers, (violation) => violations.push(violation));
  const key = new Uint8Array(32).fill(7);
  const nonce = (number: number): Uint8Array => {
    const all = new Uint8Array(12);
    new DataView(all.buffer).setBigUint64(4, BigInt(number), true);
    return all;
  };
  const empty = new Uint8Array(0);

  test('nonces that ascend seal, whichever object has the key; one that does not is seen', () => {
    const sealed = ciphers.chacha20Poly1305(key).seal(nonce(0), [bytes(1)], empty);
    ciphers.chacha20Poly1305(key.slice()).seal(nonce(1), [bytes(1)], empty);
    ciphers.chacha20Poly1305(new Uint8Array(32)).seal(nonce(0), [bytes(1)], empty);
    const whole = Buffer.concat(sealed.map((piece) => Buffer.from(piece)));
    expect(ciphers.chacha20Poly1305(key).open(nonce(0), whole, empty)).toEqual(bytes(1));
    expect(violations).toEqual([]);
    ciphers.chacha20Poly1305(key).seal(nonce(1), [bytes(2)], empty);
    expect(violations.splice(0)).toMatchObject([{ invariant: 'noise.nonce' }]);
  });

  test('records of TLS ascend from the first one, whose nonce is the iv', () => {
    const folded = (number: number): Uint8Array => nonce(0).map((_, at) => 0x5a ^ (at === 11 ? number : 0));
    const seal = (number: number): unknown => ciphers.aesGcm(key).seal(folded(number), [bytes(1)], empty);
    for (const number of [0, 1, 7]) seal(number);
    ciphers.aesGcm(new Uint8Array(32)).seal(folded(0), [bytes(1)], empty);
    expect(violations).toEqual([]);
    seal(7);
    expect(violations.splice(0)).toMatchObject([
      { invariant: 'tls.nonce', message: 'record 7 is sealed after record 7 under the same key' },
    ]);
    seal(0);
    expect(violations.splice(0)).toMatchObject([{ invariant: 'tls.nonce' }]);
  });

  test('a key stream is for the two ends of one channel', () => {
    const iv = new Uint8Array(16);
    for (let use = 0; use < 2; use++) ciphers.aesCtr(key, iv);
    expect(violations).toEqual([]);
    ciphers.aesCtr(key, iv);
    expect(violations.splice(0)).toMatchObject([{ invariant: 'secio.keyStream' }]);
  });
});

describe('corruption.caught', () => {
  test('a connection with a changed byte counts until it is closed', async () => {
    const world = new World({ seed: 1 });
    const violations: Violation[] = [];
    const corruption = new CorruptionWatch(world.network, (violation) => violations.push(violation));
    const [one, other] = [world.addNode('n0'), world.addNode('n1')];
    await world.during(one.run((host) => host.dial(other.address)));
    world.network.corrupt('n0', 'n1');
    const pinged = one.run(async (host) => {
      for await (const time of host.ping(other.address)) return time;
      return undefined;
    });
    await world.until(() => corruption.count === 1, { withinMs: 1000 });
    expect(corruption.isSettled).toBe(false);
    corruption.reportUnsettled();
    expect(violations).toMatchObject([{ invariant: 'corruption.caught', actor: 'n0>n1/1' }]);
    await expect(world.during(pinged)).rejects.toMatchObject({ name: 'EngineError' });
    await world.quiesce();
    expect(corruption.isSettled).toBe(true);
    await world.close();
  });
});
