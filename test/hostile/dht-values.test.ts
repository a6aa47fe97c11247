/** Values that are none, over TCP: told to who asks, and put to who stores; forged, expired, oversized, of another's name. */
import { describe, expect, test } from '@jest/globals';
import { routingKeyOf } from '../../src/crypto/ipns-name.js';
import { sealIpnsRecord } from '../../src/crypto/ipns-record.js';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import type { KadRecord } from '../../src/wire/kad.js';
import { all, ANYWHERE, between, WANTED } from '../support/hostile-dht.js';
import { HostileKad, kadFrame } from '../support/hostile-kad.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget } from '../support/hostile-target.js';
import { testIdentity } from '../support/noise-side.js';

const alice = testIdentity('alice');
const bob = testIdentity('bob');
const key = routingKeyOf('ipns', alice.peerId);
const draft = { value: `/ipfs/${WANTED.toString()}`, ttlMs: 60_000, sequence: 1n };
const inAnHour = (): number => Date.now() + 3_600_000;
const good = (): Uint8Array => sealIpnsRecord(alice, { ...draft, validUntilMs: inAnHour() });
const forged = (): Uint8Array => good().map((byte, at) => (at === 20 ? byte ^ 1 : byte));
const later = { ...draft, sequence: 9n };

/** Each of these with what it is refused as where it is put. */
const BAD: readonly [what: string, code: ErrorCode, make: () => KadRecord][] = [
  ['forged: one bit is another', 'ERR_IPNS_BAD_RECORD', () => ({ key, value: forged() })],
  [
    'of another name, under its own valid signature',
    'ERR_IPNS_BAD_SIGNATURE',
    () => ({ key, value: sealIpnsRecord(bob, { ...later, validUntilMs: inAnHour() }) }),
  ],
  ['of another key', 'ERR_KAD_BAD_MESSAGE', () => ({ key: routingKeyOf('ipns', bob.peerId), value: good() })],
  [
    'expired',
    'ERR_IPNS_EXPIRED',
    () => ({ key, value: sealIpnsRecord(alice, { ...later, validUntilMs: Date.now() - 1 }) }),
  ],
  [
    'one byte over its limit',
    'ERR_KAD_RECORD_REFUSED',
    () => ({ key, value: new Uint8Array(LIMITS.kadValueBytes + 1).fill(0x6f) }),
  ],
  ['nothing', 'ERR_IPNS_BAD_RECORD', () => ({ key, value: new Uint8Array(0) })],
  [
    'forged, and received in the future',
    'ERR_IPNS_BAD_RECORD',
    () => ({ key, value: forged(), timeReceived: '9999-12-31T23:59:59Z' }),
  ],
];

describe('told', () => {
  test.each(BAD)('one that is %s is not heard, and the good one is', async (_, __, bad) => {
    const value = good();
    const { target, honest, mallory } = await between({
      GET_VALUE: (stream) => stream.send(kadFrame({ type: 'GET_VALUE', key, record: bad() })),
    });
    honest.script.GET_VALUE = (stream) => stream.send(kadFrame({ type: 'GET_VALUE', key, record: { key, value } }));
    const heard = await all(target.node.routing.getValue(key));
    expect(heard.map((one) => Buffer.compare(one.value, value))).toEqual([0]);
    // It told the wrong thing: it is told the right one.
    await eventually('it is put right', () => mallory.timesAsked('PUT_VALUE') === 1);
    expect(mallory.asked.findLast(({ type }) => type === 'PUT_VALUE')?.record?.value).toEqual(value);
    await mallory.yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('only bad ones: nothing is found, and nothing is put anywhere', async () => {
    const { target, mallory, honest } = await between({
      GET_VALUE: (stream) => stream.send(kadFrame({ type: 'GET_VALUE', key, record: { key, value: forged() } })),
    });
    expect(await all(target.node.routing.getValue(key))).toEqual([]);
    expect([mallory, honest].map((peer) => peer.timesAsked('PUT_VALUE'))).toEqual([0, 0]);
    await expectStillServing(target);
  });
});

describe('put', () => {
  test.each(BAD)('one that is %s is refused as %s, and loses its stream alone', async (_, code, bad) => {
    const target = await startTarget({ routing: ANYWHERE });
    const mallory = await HostileKad.join(target);
    const ours = { key, value: good() };
    expect((await mallory.ask({ type: 'PUT_VALUE', key, record: ours })).record?.value).toEqual(ours.value);
    await mallory.expectRefused(kadFrame({ type: 'PUT_VALUE', key, record: bad() }));
    await expectFailure(target, { event: 'stream.failed', code, machine: 'kadInbound', state: 'answering' });
    // What was stored is stored, byte for byte.
    expect((await mallory.ask({ type: 'GET_VALUE', key })).record?.value).toEqual(ours.value);
    await mallory.yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('a good one from the future is dated by us', async () => {
    const target = await startTarget({ routing: ANYWHERE });
    const mallory = await HostileKad.join(target);
    const record = { key, value: good(), timeReceived: '9999-12-31T23:59:59Z' };
    await mallory.ask({ type: 'PUT_VALUE', key, record });
    const { timeReceived = '' } = (await mallory.ask({ type: 'GET_VALUE', key })).record ?? {};
    expect(timeReceived.slice(0, 4)).toBe(String(new Date().getUTCFullYear()));
    await expectStillServing(target);
  });

  test('an older one over a newer one is refused', async () => {
    const target = await startTarget({ routing: ANYWHERE });
    const mallory = await HostileKad.join(target);
    const newer = sealIpnsRecord(alice, { ...later, validUntilMs: inAnHour() });
    await mallory.ask({ type: 'PUT_VALUE', key, record: { key, value: newer } });
    await mallory.expectRefused(kadFrame({ type: 'PUT_VALUE', key, record: { key, value: good() } }));
    expect((await mallory.ask({ type: 'GET_VALUE', key })).record?.value).toEqual(newer);
    await expectStillServing(target);
  });
});
