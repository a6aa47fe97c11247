/** Our rendezvous point: what it takes, keeps, tells and refuses; hostile peers among those that ask. */
import { describe, expect, test } from '@jest/globals';
import { sealPeerRecord } from '../../../src/crypto/peer-record.js';
import type { Identity } from '../../../src/crypto/identity.js';
import { LIMITS } from '../../../src/limits.js';
import { RUST_PEER_RECORD, STANDARD_PEER_RECORD } from '../../../src/wire/peer-record.js';
import type { RendezvousDiscoverResponse, RendezvousMessage } from '../../../src/wire/rendezvous.js';
import { concat, hex, utf8 } from '../../support/decoding.js';
import { framed, NOTHING_LEFT, RendezvousNet, settled, someone } from '../../support/rendezvous-net.js';

const HOUR_S = 60 * 60;
const [alice, bob] = [someone(), someone()];
const record = (identity: Identity, dialect = STANDARD_PEER_RECORD): Uint8Array =>
  sealPeerRecord(identity, 1n, ['/ip4/127.0.0.1/tcp/4001'], dialect);
const register = (identity: Identity, namespace: string, ttlSeconds?: number): RendezvousMessage => ({
  type: 'REGISTER',
  namespace,
  signedPeerRecord: record(identity),
  ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
});
const discovered = async (net: RendezvousNet, request: object = {}): Promise<RendezvousDiscoverResponse> =>
  (await net.ask(bob.peerId, { type: 'DISCOVER', ...request })) as RendezvousDiscoverResponse;
const namesOf = ({ registrations }: RendezvousDiscoverResponse) => registrations.map(({ namespace }) => namespace);
const ok = (ttlSeconds: number) => ({ type: 'REGISTER_RESPONSE', status: 'OK', ttlSeconds });

describe('a registration', () => {
  test.each([1, 3, 4096])('is taken and told, %i bytes a chunk', async (chunkBytes) => {
    const net = new RendezvousNet();
    const point = net.point();
    const sent = framed(register(alice, 'meeting'));
    expect((await net.send(alice.peerId, sent, chunkBytes)).message).toEqual(ok(2 * HOUR_S));
    expect(await discovered(net, { namespace: 'meeting' })).toEqual({
      type: 'DISCOVER_RESPONSE',
      status: 'OK',
      registrations: [{ namespace: 'meeting', signedPeerRecord: record(alice), ttlSeconds: 2 * HOUR_S }],
      cookie: expect.any(Uint8Array),
    });
    expect([point.size, net.refused, net.left]).toEqual([1, [], NOTHING_LEFT]);
  });

  test('lasts as long as it says, to the millisecond, and tells what is left', async () => {
    const net = new RendezvousNet();
    net.point();
    await net.ask(alice.peerId, register(alice, 'long', 3 * HOUR_S));
    await net.ask(alice.peerId, register(alice, 'short', 2 * HOUR_S));
    net.clock.advance(2 * HOUR_S * 1000 - 1);
    expect((await discovered(net)).registrations.map(({ namespace, ttlSeconds }) => [namespace, ttlSeconds])).toEqual([
      ['long', HOUR_S + 1],
      ['short', 1],
    ]);
    net.clock.advance(1);
    expect(namesOf(await discovered(net))).toEqual(['long']);
    net.clock.advance(HOUR_S * 1000);
    expect(namesOf(await discovered(net))).toEqual([]);
  });

  test('is renewed in place: the new life counts, and who asks on hears of it', async () => {
    const net = new RendezvousNet();
    const point = net.point();
    await net.ask(alice.peerId, register(alice, 'meeting', 72 * HOUR_S));
    const { cookie } = await discovered(net, { namespace: 'meeting' });
    expect(namesOf(await discovered(net, { namespace: 'meeting', cookie }))).toEqual([]);
    await net.ask(alice.peerId, register(alice, 'meeting', 2 * HOUR_S));
    expect(namesOf(await discovered(net, { namespace: 'meeting', cookie }))).toEqual(['meeting']);
    expect(point.size).toBe(1);
    net.clock.advance(2 * HOUR_S * 1000);
    expect(namesOf(await discovered(net))).toEqual([]);
  });

  test('ends with UNREGISTER, which is nothing where there is none, and is no one else’s', async () => {
    const net = new RendezvousNet();
    const point = net.point();
    await net.ask(alice.peerId, register(alice, 'meeting'));
    const told: string[] = [];
    point.events$.subscribe(({ type }) => told.push(type));
    for (const peer of [bob.peerId, alice.peerId, alice.peerId]) {
      expect(await net.send(peer, framed({ type: 'UNREGISTER', namespace: 'meeting' }))).toEqual({
        message: undefined,
        end: 'closed',
      });
    }
    await net.ask(alice.peerId, { type: 'UNREGISTER' });
    expect([point.size, told, net.refused, net.left]).toEqual([0, ['rendezvous.unregistered'], [], NOTHING_LEFT]);
  });

  const forged = record(alice);
  forged[forged.length - 1]! ^= 1;
  test.each<[what: string, request: object, status: string]>([
    ['no namespace', { namespace: undefined }, 'E_INVALID_NAMESPACE'],
    ['an empty one', { namespace: '' }, 'E_INVALID_NAMESPACE'],
    ['one of 256 bytes', { namespace: 'a'.repeat(256) }, 'E_INVALID_NAMESPACE'],
    ['one of 255 characters and 256 bytes', { namespace: `${'a'.repeat(254)}ä` }, 'E_INVALID_NAMESPACE'],
    ['a life of nothing', { ttlSeconds: 0 }, 'E_INVALID_TTL'],
    ['a life a second too short', { ttlSeconds: 2 * HOUR_S - 1 }, 'E_INVALID_TTL'],
    ['a life a second too long', { ttlSeconds: 72 * HOUR_S + 1 }, 'E_INVALID_TTL'],
    ['a life without end', { ttlSeconds: Number.MAX_SAFE_INTEGER }, 'E_INVALID_TTL'],
    ['no record', { signedPeerRecord: undefined }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['an empty record', { signedPeerRecord: new Uint8Array(0) }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['other bytes', { signedPeerRecord: utf8('no record at all') }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['a forged record', { signedPeerRecord: forged }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['a record over the limit', { signedPeerRecord: new Uint8Array(8193) }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['the record of another', { signedPeerRecord: record(bob) }, 'E_NOT_AUTHORIZED'],
  ])('with %s is refused', async (_, change, status) => {
    const net = new RendezvousNet();
    const point = net.point();
    const base = { type: 'REGISTER' as const, namespace: 'a', signedPeerRecord: record(alice), ttlSeconds: 2 * HOUR_S };
    const request = Object.fromEntries(
      Object.entries({ ...base, ...change }).filter(([, value]) => value !== undefined),
    );
    expect(await net.ask(alice.peerId, request as unknown as RendezvousMessage)).toMatchObject({
      type: 'REGISTER_RESPONSE',
      status,
    });
    expect([point.size, net.refused, net.left]).toEqual([0, [], NOTHING_LEFT]);
  });

  test.each([
    ['a namespace of 255 bytes', { namespace: `${'a'.repeat(253)}ä` }, 2 * HOUR_S],
    ['the shortest life', { ttlSeconds: 2 * HOUR_S }, 2 * HOUR_S],
    ['the longest', { ttlSeconds: 72 * HOUR_S }, 72 * HOUR_S],
    ['a record of rust', { signedPeerRecord: record(alice, RUST_PEER_RECORD) }, 2 * HOUR_S],
  ])('with %s is taken', async (_, change, ttlSeconds) => {
    const net = new RendezvousNet();
    net.point();
    const base = { type: 'REGISTER' as const, namespace: 'a', signedPeerRecord: record(alice) };
    expect(await net.ask(alice.peerId, { ...base, ...change })).toEqual(ok(ttlSeconds));
  });

  test('in a dialect that this point does not take is refused', async () => {
    const net = new RendezvousNet();
    net.point({ dialects: ['rust'] });
    expect(await net.ask(alice.peerId, register(alice, 'a'))).toMatchObject({ status: 'E_INVALID_SIGNED_PEER_RECORD' });
  });
});

describe('room', () => {
  test('of a peer, and one past it; what it renews takes none, what expires gives some back', async () => {
    const net = new RendezvousNet({ rendezvousPeerRegistrations: 2 });
    net.point();
    expect(await net.ask(alice.peerId, register(alice, 'a'))).toMatchObject({ status: 'OK' });
    expect(await net.ask(alice.peerId, register(alice, 'b', 3 * HOUR_S))).toMatchObject({ status: 'OK' });
    expect(await net.ask(alice.peerId, register(alice, 'c'))).toMatchObject({ status: 'E_UNAVAILABLE' });
    expect(await net.ask(alice.peerId, register(alice, 'a'))).toMatchObject({ status: 'OK' });
    expect(await net.ask(bob.peerId, register(bob, 'c'))).toMatchObject({ status: 'OK' });
    net.clock.advance(2 * HOUR_S * 1000);
    expect(await net.ask(alice.peerId, register(alice, 'c'))).toMatchObject({ status: 'OK' });
  });

  test('of all peers, and one past it', async () => {
    const net = new RendezvousNet({ rendezvousTotalRegistrations: 2 });
    const point = net.point();
    const three = [someone(), someone(), someone()];
    const answers = [];
    for (const one of three) answers.push(await net.ask(one.peerId, register(one, 'a')));
    expect(answers).toMatchObject([{ status: 'OK' }, { status: 'OK' }, { status: 'E_UNAVAILABLE' }]);
    expect(point.size).toBe(2);
  });

  test('a flood of one peer leaves what is there in its place', async () => {
    const net = new RendezvousNet({ rendezvousPeerRegistrations: 10 });
    const point = net.point();
    await net.ask(bob.peerId, register(bob, 'meeting'));
    const signed = record(alice);
    for (let index = 0; index < 200; index++) {
      await net.ask(alice.peerId, { type: 'REGISTER', namespace: `flood ${index}`, signedPeerRecord: signed });
    }
    expect([point.size, namesOf(await discovered(net, { namespace: 'meeting' }))]).toEqual([11, ['meeting']]);
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('requests of one peer at once, and one past it; those of others go on', async () => {
    const net = new RendezvousNet({ rendezvousPeerRequests: 2 });
    net.point();
    const open = [net.stream(alice.peerId), net.stream(alice.peerId)];
    net.stream(alice.peerId);
    await settled();
    expect(net.refused).toEqual(['ERR_RENDEZVOUS_LIMIT']);
    expect(await discovered(net)).toMatchObject({ status: 'OK' });
    for (const stream of open) stream.reset();
    await settled();
    expect(await net.ask(alice.peerId, { type: 'DISCOVER' })).toMatchObject({ status: 'OK' });
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('requests of all peers at once, and one past it', async () => {
    const net = new RendezvousNet({ rendezvousRequests: 2 });
    net.point();
    for (const peer of ['one', 'two', 'three']) net.stream(peer);
    await settled();
    expect(net.refused).toEqual(['ERR_RENDEZVOUS_LIMIT']);
    net.clock.advance(LIMITS.rendezvousTimeoutMs);
    await settled();
    expect(net.refused).toEqual(['ERR_RENDEZVOUS_LIMIT', 'ERR_RENDEZVOUS_TIMEOUT', 'ERR_RENDEZVOUS_TIMEOUT']);
    expect(net.left).toEqual(NOTHING_LEFT);
  });
});

describe('pages', () => {
  const filled = async (count: number, limits = {}) => {
    const net = new RendezvousNet(limits);
    net.point();
    for (let index = 0; index < count; index++) await net.ask(alice.peerId, register(alice, `name ${index}`));
    return net;
  };

  test('go on where the last one ended, each registration once', async () => {
    const net = await filled(5);
    const seen: (string | undefined)[] = [];
    let cookie: Uint8Array | undefined;
    for (const size of [2, 2, 1, 0, 0]) {
      const page = await discovered(net, { limit: 2, ...(cookie === undefined ? {} : { cookie }) });
      expect(page.registrations).toHaveLength(size);
      seen.push(...namesOf(page));
      ({ cookie } = page);
    }
    expect(seen).toEqual(['name 0', 'name 1', 'name 2', 'name 3', 'name 4']);
  });

  test('hold no more than is asked for, than the point gives, and than fits', async () => {
    expect(namesOf(await discovered(await filled(3), { limit: 0 }))).toHaveLength(3);
    expect(namesOf(await discovered(await filled(3), { limit: Number.MAX_SAFE_INTEGER }))).toHaveLength(3);
    expect(namesOf(await discovered(await filled(3, { rendezvousRegistrations: 2 })))).toHaveLength(2);
    const oneBytes = record(alice).length + 30;
    expect(namesOf(await discovered(await filled(3, { rendezvousAnswerBytes: 2 * oneBytes })))).toHaveLength(2);
    // One at least, or nobody would ever come past it.
    expect(namesOf(await discovered(await filled(3, { rendezvousAnswerBytes: 1 })))).toHaveLength(1);
  });

  test('a cookie is read by rust: 8 bytes and a short text', async () => {
    const net = await filled(1);
    const { cookie } = await discovered(net);
    expect(new TextDecoder('utf-8', { fatal: true }).decode(cookie!.subarray(8))).toMatch(/^[0-9a-f]{32}$/);
  });

  test('cookies of others are refused: of another namespace, of all, of another point, changed, cut, invented', async () => {
    const net = await filled(2);
    const elsewhere = new RendezvousNet();
    elsewhere.environment.random.bytes('rendezvous', 32);
    elsewhere.point();
    const [here, all] = [await discovered(net, { namespace: 'name 0' }), await discovered(net)];
    const changed = here.cookie!.slice();
    changed[7]! ^= 1;
    const cookies = {
      'of another namespace': (await discovered(net, { namespace: 'name 1' })).cookie!,
      'of all': all.cookie!,
      'of another point': (await discovered(elsewhere, { namespace: 'name 0' })).cookie!,
      changed,
      cut: here.cookie!.subarray(0, -1),
      longer: concat(here.cookie!, hex('00')),
      'of rust': concat(hex('b7c1210a7d9592fe'), utf8('name 0')),
      huge: new Uint8Array(500_000),
    };
    for (const [what, cookie] of Object.entries(cookies)) {
      const answer = await discovered(net, { namespace: 'name 0', cookie });
      expect([what, answer.status, answer.registrations]).toEqual([what, 'E_INVALID_COOKIE', []]);
    }
    expect(await discovered(net, { namespace: 'name 0', cookie: here.cookie })).toMatchObject({ status: 'OK' });
    expect(await discovered(net, { namespace: 'name 0', cookie: new Uint8Array(0) })).toMatchObject({ status: 'OK' });
  });

  test.each([
    ['an empty namespace', ''],
    ['a namespace of 256 bytes', 'a'.repeat(256)],
  ])('%s is refused', async (_, namespace) => {
    expect(await discovered(await filled(0), { namespace })).toMatchObject({ status: 'E_INVALID_NAMESPACE' });
  });
});

describe('who says what is no request', () => {
  test.each<[what: string, bytes: Uint8Array, code: string]>([
    ['nonsense', hex('03 ffffff'), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['a length that is none', hex('ffffffffffffffffffff'), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['nested groups', concat(hex('8020'), new Uint8Array(4096).fill(0x0b)), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['a message of nothing', hex('00'), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['a response', framed({ type: 'REGISTER_RESPONSE', status: 'OK' }), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['a byte over 1 MiB, by its length', hex('818040'), 'ERR_RENDEZVOUS_TOO_LARGE'],
    ['nothing', new Uint8Array(0), 'ERR_RENDEZVOUS_ENDED'],
    ['half a request', hex('20 0803'), 'ERR_RENDEZVOUS_ENDED'],
  ])('%s: the stream ends by name', async (_, bytes, code) => {
    const net = new RendezvousNet();
    net.point();
    expect(await net.send(alice.peerId, bytes)).toEqual({ message: undefined, end: 'reset' });
    expect([net.refused, net.left]).toEqual([[code], NOTHING_LEFT]);
  });

  test('a request of exactly 1 MiB is read', async () => {
    const net = new RendezvousNet();
    net.point();
    const bytes = framed({ type: 'DISCOVER', cookie: new Uint8Array(1024 * 1024 - 10) });
    expect(bytes.length).toBe(1024 * 1024 + 3);
    expect((await net.send(alice.peerId, bytes)).message).toMatchObject({ status: 'E_INVALID_COOKIE' });
  });

  test('who does not read its response loses the stream, and its place', async () => {
    const net = new RendezvousNet({ rendezvousPeerRequests: 1 });
    net.point();
    await net.ask(alice.peerId, register(alice, 'a'));
    const stream = net.stream(bob.peerId, undefined, 16);
    stream.write(framed({ type: 'DISCOVER' }));
    await settled();
    net.clock.advance(LIMITS.rendezvousTimeoutMs);
    await settled();
    expect([net.refused, stream.error?.code, net.left]).toEqual([
      ['ERR_RENDEZVOUS_STALLED'],
      'ERR_STREAM_RESET',
      NOTHING_LEFT,
    ]);
    expect(await discovered(net)).toMatchObject({ status: 'OK' });
  });
});
