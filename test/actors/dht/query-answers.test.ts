import { expect, test } from '@jest/globals';
import { KeySpace } from '../../../src/actors/dht/key-space.js';
import { believed, believedProviders, type AnswerRules } from '../../../src/actors/dht/query-answers.js';
import { portableCiphers } from '../../../src/crypto/portable-ciphers.js';
import { LIMITS } from '../../../src/limits.js';
import type { KadMessage, KadPeer } from '../../../src/wire/kad.js';

const keySpace = new KeySpace(portableCiphers, LIMITS);
const idAt = (index: number): Uint8Array => {
  const id = new Uint8Array(34);
  id.set([0x12, 0x20]);
  new DataView(id.buffer).setUint32(30, index);
  return id;
};
const peer = (index: number, ...addresses: string[]): KadPeer => ({
  id: idAt(index),
  addresses,
  connection: 'notConnected',
});
const nameOf = (index: number): string => keySpace.peerOf(idAt(index))?.id ?? '';
const answer = (...closerPeers: KadPeer[]): KadMessage => ({
  type: 'FIND_NODE',
  key: new Uint8Array(0),
  closerPeers,
  providerPeers: [],
});
const rules = (options: Partial<AnswerRules> = {}): AnswerRules => ({
  self: nameOf(0),
  keySpace,
  rule: 'public',
  isDiverse: false,
  limits: LIMITS,
  addressesOf: () => [],
  ...options,
});
const none = () => ({ self: 0, malformed: 0, addresses: 0, groups: 0, surplus: 0 });

const PUBLIC = '/ip4/8.8.8.8/tcp/4001';
const PRIVATE = '/ip4/192.168.1.2/tcp/4001';

test('ourselves, what is no peer id, and who is nowhere are left out, and counted', () => {
  const refused = none();
  const told = believed(
    answer(
      peer(0, PUBLIC),
      { ...peer(1, PUBLIC), id: Uint8Array.of(1, 2, 3) },
      peer(2),
      peer(3, PRIVATE),
      peer(4, PRIVATE, PUBLIC),
    ),
    rules(),
    refused,
  );
  expect(told.map(({ peer: { id }, addresses }) => [id, addresses])).toEqual([[nameOf(4), [PUBLIC]]]);
  expect(refused).toEqual({ self: 1, malformed: 1, addresses: 2, groups: 0, surplus: 0 });
});

test('who is known to us needs no address, and neither does who is looked for', () => {
  const addressesOf = (id: string): readonly string[] => (id === nameOf(2) ? [PUBLIC] : []);
  const told = believed(answer(peer(2), peer(3, PRIVATE)), rules({ addressesOf }), none(), nameOf(3));
  expect(told.map(({ peer: { id } }) => id)).toEqual([nameOf(2), nameOf(3)]);
});

test('one answer counts up to the limit, and no further', () => {
  for (const extra of [0, 1, 5_000]) {
    const refused = none();
    const peers = Array.from({ length: LIMITS.kadPeersPerMessage + extra }, (_, index) => peer(index + 1, PUBLIC));
    expect(believed(answer(...peers), rules(), refused).length).toBe(LIMITS.kadPeersPerMessage);
    expect(refused.surplus).toBe(extra);
  }
});

test('of one network, an answer may tell as many as a table holds', () => {
  const within = (count: number) =>
    Array.from({ length: count }, (_, index) => peer(index + 1, `/ip4/8.8.${index}.1/tcp/1`));
  const other = peer(99, '/ip4/9.9.9.9/tcp/1');
  for (const count of [LIMITS.kadGroupPeers, LIMITS.kadGroupPeers + 1]) {
    const refused = none();
    const told = believed(answer(...within(count), other), rules({ isDiverse: true }), refused);
    expect(told.length).toBe(count === LIMITS.kadGroupPeers ? count + 1 : 1);
    expect(refused.groups).toBe(count === LIMITS.kadGroupPeers ? 0 : count);
  }
});

test('providers need no address, but are not us', () => {
  const told = believedProviders([peer(0, PUBLIC), peer(1), peer(2, PRIVATE, PUBLIC)], rules());
  expect(told.map(({ peer: { id }, addresses }) => [id, addresses])).toEqual([
    [nameOf(1), []],
    [nameOf(2), [PUBLIC]],
  ]);
});
