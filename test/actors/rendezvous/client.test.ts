/** What this node does at a point: it registers and renews, asks page by page, and believes nothing that is not signed. */
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import type { RendezvousClient, RendezvousPeer } from '../../../src/actors/rendezvous/client.js';
import { sealPeerRecord } from '../../../src/crypto/peer-record.js';
import type { Identity } from '../../../src/crypto/identity.js';
import { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import { RUST_PEER_RECORD } from '../../../src/wire/peer-record.js';
import type { RendezvousMessage, RendezvousRegistration } from '../../../src/wire/rendezvous.js';
import { concat, hex, utf8 } from '../../support/decoding.js';
import { framed, NOTHING_LEFT, RendezvousNet, settled, someone } from '../../support/rendezvous-net.js';

const [alice, bob, carol] = [someone(), someone(), someone()];
const HOUR_MS = 60 * 60 * 1000;
const registered = (ttlSeconds?: number): Uint8Array =>
  framed({ type: 'REGISTER_RESPONSE', status: 'OK', ...(ttlSeconds === undefined ? {} : { ttlSeconds }) });
const found = (registrations: readonly RendezvousRegistration[], cookie?: Uint8Array): Uint8Array =>
  framed({ type: 'DISCOVER_RESPONSE', status: 'OK', registrations, ...(cookie === undefined ? {} : { cookie }) });
const registrationOf = (identity: Identity, namespace = 'meeting'): RendezvousRegistration => ({
  namespace,
  signedPeerRecord: sealPeerRecord(identity, 1n, ['/ip4/127.0.0.1/tcp/4001']),
  ttlSeconds: 7200,
});
const peerOf = ({ peerId: id }: Identity, namespace = 'meeting'): RendezvousPeer => ({
  peer: { id, addresses: ['/ip4/127.0.0.1/tcp/4001'] },
  namespace,
  ttlSeconds: 7200,
});
const all = (client: RendezvousClient, namespace?: string): Promise<RendezvousPeer[]> =>
  firstValueFrom(client.findPeers(namespace).pipe(toArray()));
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing',
    (thrown: unknown) => (thrown as EngineError).code,
  );

describe('being registered', () => {
  test('at a point of ours: taken, renewed ten minutes before the end, never lost, and gone when it stops', async () => {
    const net = new RendezvousNet();
    const point = net.point();
    const client = net.client(alice);
    await client.register('meeting');
    expect([net.opened, client.namespaces]).toEqual([1, ['meeting']]);
    net.clock.advance(2 * HOUR_MS - 10 * 60_000 - 1);
    await settled();
    expect(net.opened).toBe(1);
    net.clock.advance(1);
    await settled();
    expect(net.opened).toBe(2);
    for (let hours = 0; hours < 48; hours++) {
      net.clock.advance(HOUR_MS);
      await settled();
      expect(await all(net.client(bob), 'meeting')).toHaveLength(1);
    }
    await client.stop();
    await settled();
    expect([point.size, client.namespaces, net.left]).toEqual([0, [], NOTHING_LEFT]);
  });

  test('a longer life is asked for, and what the point gives is what counts', async () => {
    const net = new RendezvousNet();
    net.scripted(() => registered(4 * 3600));
    const client = net.client(alice);
    await client.register('meeting', { ttlSeconds: 72 * 3600 });
    expect(net.heard).toMatchObject([{ type: 'REGISTER', namespace: 'meeting', ttlSeconds: 72 * 3600 }]);
    net.clock.advance(4 * HOUR_MS - 10 * 60_000);
    await settled();
    expect(net.heard).toHaveLength(2);
    await client.stop();
  });

  test.each([
    ['no life at all', 0, LIMITS.rendezvousRetryMs],
    ['a second', 1, LIMITS.rendezvousRetryMs],
    ['nothing said', undefined, 2 * HOUR_MS - 10 * 60_000],
    ['a life without end', Number.MAX_SAFE_INTEGER, 72 * HOUR_MS - 10 * 60_000],
  ])('a point that gives %s does not make us ask without end', async (_, seconds, renewalMs) => {
    const net = new RendezvousNet();
    net.scripted(() => registered(seconds));
    const client = net.client(alice);
    await client.register('meeting');
    net.clock.advance(renewalMs - 1);
    await settled();
    expect(net.heard).toHaveLength(1);
    net.clock.advance(1);
    await settled();
    expect(net.heard).toHaveLength(2);
    await client.stop();
  });

  test('a renewal that fails is told and tried again', async () => {
    const net = new RendezvousNet();
    net.point();
    const client = net.client(alice);
    const problems: string[] = [];
    client.problems$.subscribe(({ namespace, error }) => problems.push(`${namespace} ${error.code}`));
    await client.register('meeting');
    net.unreachable = new EngineError('ERR_DIAL_FAILED', 'remote', 'away');
    net.clock.advance(2 * HOUR_MS - 10 * 60_000);
    await settled();
    net.clock.advance(LIMITS.rendezvousRetryMs);
    await settled();
    expect(problems).toEqual(['meeting ERR_DIAL_FAILED', 'meeting ERR_DIAL_FAILED']);
    net.unreachable = undefined;
    net.clock.advance(LIMITS.rendezvousRetryMs);
    await settled();
    expect([problems.length, (await all(net.client(bob), 'meeting')).length]).toEqual([2, 1]);
    await client.stop();
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('other addresses are registered at once', async () => {
    const net = new RendezvousNet();
    net.point();
    const addresses = ['/ip4/127.0.0.1/tcp/4001'];
    const client = net.client(alice, { addresses });
    await client.register('meeting');
    addresses.push('/ip4/127.0.0.1/tcp/4002');
    client.addressesChanged();
    await settled();
    expect((await all(net.client(bob), 'meeting')).map(({ peer }) => peer.addresses)).toEqual([addresses]);
    await client.stop();
  });

  test.each([
    ['E_INVALID_NAMESPACE', 'ERR_RENDEZVOUS_INVALID_NAMESPACE'],
    ['E_INVALID_SIGNED_PEER_RECORD', 'ERR_RENDEZVOUS_INVALID_RECORD'],
    ['E_INVALID_TTL', 'ERR_RENDEZVOUS_INVALID_TTL'],
    ['E_INVALID_COOKIE', 'ERR_RENDEZVOUS_INVALID_COOKIE'],
    ['E_NOT_AUTHORIZED', 'ERR_RENDEZVOUS_NOT_AUTHORIZED'],
    ['E_INTERNAL_ERROR', 'ERR_RENDEZVOUS_INTERNAL'],
    ['E_UNAVAILABLE', 'ERR_RENDEZVOUS_UNAVAILABLE'],
    [999, 'ERR_RENDEZVOUS_REFUSED'],
  ] as const)('a point that answers %s: %s, in its words, and nothing is kept', async (status, code) => {
    const net = new RendezvousNet();
    net.scripted(() => framed({ type: 'REGISTER_RESPONSE', status, statusText: 'so it is' }));
    const client = net.client(alice);
    await expect(client.register('meeting')).rejects.toMatchObject({
      code,
      message: `rendezvous REGISTER: the point answered ${status} (so it is)`,
      details: { machine: 'rendezvousRequest', state: 'awaitingResponse', lastEvent: 'wire.refused' },
    });
    expect([client.namespaces, net.left]).toEqual([[], NOTHING_LEFT]);
  });

  test('a point that reads the other dialect alone is met in it, and from then on at once', async () => {
    const net = new RendezvousNet();
    const point = net.point({ dialects: ['rust'] });
    const client = net.client(alice);
    await client.register('meeting');
    expect([net.opened, point.size]).toEqual([2, 1]);
    await client.register('another');
    expect([net.opened, point.size]).toEqual([3, 2]);
    await client.stop();
  });

  test('one that ends the stream at what it does not read, as rust does, is met too', async () => {
    const net = new RendezvousNet();
    const rust = new TextDecoder().decode(RUST_PEER_RECORD.payloadType);
    net.scripted((request) => {
      const isRust =
        request.type === 'REGISTER' && new TextDecoder('latin1').decode(request.signedPeerRecord).includes(rust);
      return isRust ? registered(7200) : new Uint8Array(0);
    });
    const client = net.client(alice);
    await client.register('meeting');
    expect(net.heard).toHaveLength(2);
    await client.stop();
  });

  test.each([
    ['an empty namespace', '', {}, 'ERR_RENDEZVOUS_INVALID_NAMESPACE'],
    ['a namespace of 256 bytes', 'ä'.repeat(128), {}, 'ERR_RENDEZVOUS_INVALID_NAMESPACE'],
    ['no life', 'a', { ttlSeconds: 0 }, 'ERR_RENDEZVOUS_INVALID_TTL'],
    ['half a second', 'a', { ttlSeconds: 0.5 }, 'ERR_RENDEZVOUS_INVALID_TTL'],
    ['a second more than 72 hours', 'a', { ttlSeconds: 72 * 3600 + 1 }, 'ERR_RENDEZVOUS_INVALID_TTL'],
  ])('%s is refused before anybody is asked', async (_, namespace, options, code) => {
    const net = new RendezvousNet();
    net.point();
    await expect(net.client(alice).register(namespace, options)).rejects.toMatchObject({ code, blame: 'local' });
    expect(net.opened).toBe(0);
  });

  test('without an address there is nothing to register', async () => {
    const net = new RendezvousNet();
    net.point();
    expect(await codeOf(net.client(alice, { addresses: [] }).register('a'))).toBe('ERR_RENDEZVOUS_NO_ADDRESS');
    expect([net.opened, net.left]).toEqual([0, NOTHING_LEFT]);
  });

  test('what is ended while it is asked for is taken back when the point has it', async () => {
    const net = new RendezvousNet();
    const point = net.point();
    const client = net.client(alice);
    const outcome = codeOf(client.register('meeting'));
    await client.unregister('meeting');
    await settled();
    expect([await outcome, net.opened, point.size]).toEqual(['ERR_RENDEZVOUS_STOPPED', 2, 0]);
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('as many as the limit says, and one past it; those that stop give room', async () => {
    const net = new RendezvousNet({ rendezvousOwnRegistrations: 2 });
    net.point();
    const client = net.client(alice);
    await Promise.all([client.register('a'), client.register('b'), client.register('a')]);
    expect(await codeOf(client.register('c'))).toBe('ERR_RENDEZVOUS_LIMIT');
    await client.unregister('a');
    await client.register('c');
    expect(client.namespaces).toEqual(['b', 'c']);
    await client.stop();
    expect(await codeOf(client.register('d'))).toBe('ERR_RENDEZVOUS_STOPPED');
    expect(await codeOf(client.discover())).toBe('ERR_RENDEZVOUS_STOPPED');
  });

  test('requests at once are bounded; all are made in the end', async () => {
    const net = new RendezvousNet({ rendezvousOwnRequests: 2 });
    net.scripted(() => undefined);
    const client = net.client(alice);
    const outcomes = Promise.all(['a', 'b', 'c'].map((name) => codeOf(client.register(name))));
    await settled();
    expect(net.opened).toBe(2);
    net.clock.advance(LIMITS.rendezvousTimeoutMs);
    await settled();
    expect(net.opened).toBe(3);
    net.clock.advance(LIMITS.rendezvousTimeoutMs);
    expect(await outcomes).toEqual(Array(3).fill('ERR_RENDEZVOUS_TIMEOUT'));
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('requests that wait are bounded too', async () => {
    const net = new RendezvousNet({ rendezvousOwnRequests: 1, rendezvousOwnRegistrations: 1 });
    net.scripted(() => undefined);
    const client = net.client(alice);
    const outcomes = [1, 2, 3, 4].map(() => codeOf(client.discover()));
    expect(await outcomes[3]).toBe('ERR_RENDEZVOUS_LIMIT');
    for (let turn = 0; turn < 3; turn++) {
      await settled();
      net.clock.advance(LIMITS.rendezvousTimeoutMs);
    }
    expect(await Promise.all(outcomes.slice(0, 3))).toEqual(Array(3).fill('ERR_RENDEZVOUS_TIMEOUT'));
  });
});

describe('what a point says', () => {
  test.each<[what: string, bytes: Uint8Array | undefined, code: string]>([
    ['nonsense', hex('03 ffffff'), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['the answer to another question', registered(7200), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['a question', framed({ type: 'DISCOVER' }), 'ERR_RENDEZVOUS_BAD_MESSAGE'],
    ['a byte over 1 MiB, by its length', hex('818040'), 'ERR_RENDEZVOUS_TOO_LARGE'],
    ['half an answer', hex('20 0804'), 'ERR_RENDEZVOUS_ENDED'],
    ['nothing, and an end', new Uint8Array(0), 'ERR_RENDEZVOUS_ENDED'],
    ['nothing', undefined, 'ERR_RENDEZVOUS_TIMEOUT'],
  ])('%s: it fails by name, and nothing is left', async (_, bytes, code) => {
    const net = new RendezvousNet();
    net.scripted(() => bytes);
    const outcome = expect(net.client(alice).discover()).rejects.toMatchObject({
      code,
      blame: 'remote',
      details: { state: 'awaitingResponse' },
    });
    await settled();
    net.clock.advance(LIMITS.rendezvousTimeoutMs);
    await outcome;
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('only what is signed, and asked for, is believed', async () => {
    const net = new RendezvousNet();
    const forged = registrationOf(alice).signedPeerRecord!.slice();
    forged[forged.length - 1]! ^= 1;
    const foreign = concat(registrationOf(bob).signedPeerRecord!.subarray(0, 40), forged.subarray(40));
    net.scripted(() =>
      found(
        [
          registrationOf(alice),
          { namespace: 'meeting', signedPeerRecord: forged, ttlSeconds: 7200 },
          { namespace: 'meeting', signedPeerRecord: foreign, ttlSeconds: 7200 },
          { namespace: 'meeting', signedPeerRecord: utf8('no record') },
          { namespace: 'meeting', signedPeerRecord: new Uint8Array(LIMITS.rendezvousRecordBytes + 1) },
          { namespace: 'meeting' },
          registrationOf(carol, 'another'),
          { ...registrationOf(bob), ttlSeconds: 60 },
        ],
        utf8('a cookie'),
      ),
    );
    expect(await net.client(carol).discover({ namespace: 'meeting' })).toEqual({
      peers: [peerOf(alice), { ...peerOf(bob), ttlSeconds: 60 }],
      refused: 6,
      cookie: utf8('a cookie'),
    });
  });

  test('a namespace over the limit and a cookie over the limit are not kept', async () => {
    const net = new RendezvousNet();
    const [longest, longer] = ['a'.repeat(255), 'a'.repeat(256)];
    const cookies = [new Uint8Array(LIMITS.rendezvousCookieBytes), new Uint8Array(LIMITS.rendezvousCookieBytes + 1)];
    net.scripted(() => found([registrationOf(alice, longest), registrationOf(alice, longer)], cookies.shift()));
    const client = net.client(bob);
    expect(await client.discover()).toEqual({
      peers: [peerOf(alice, longest)],
      refused: 1,
      cookie: new Uint8Array(LIMITS.rendezvousCookieBytes),
    });
    expect((await client.discover()).cookie).toBeUndefined();
  });

  test('pages are turned until nobody is new', async () => {
    const net = new RendezvousNet();
    const pages: [RendezvousRegistration[], string][] = [
      [[registrationOf(alice), registrationOf(bob)], 'one'],
      [[registrationOf(bob), registrationOf(carol)], 'two'],
      [[registrationOf(bob), registrationOf(carol)], 'three'],
      [[registrationOf(someone())], 'four'],
    ];
    net.scripted(() => {
      const [registrations, cookie] = pages.shift()!;
      return found(registrations, utf8(cookie));
    });
    expect(await all(net.client(alice), 'meeting')).toEqual([peerOf(alice), peerOf(bob), peerOf(carol)]);
    expect(net.heard).toEqual(
      [undefined, 'one', 'two'].map((cookie): RendezvousMessage => ({
        type: 'DISCOVER',
        namespace: 'meeting',
        limit: LIMITS.rendezvousRegistrations,
        ...(cookie === undefined ? {} : { cookie: utf8(cookie) }),
      })),
    );
  });

  test('pages without end have one', async () => {
    const net = new RendezvousNet({ rendezvousPages: 5 });
    const many = Array.from({ length: 7 }, () => registrationOf(someone()));
    net.scripted(() => found([many.shift()!], utf8('on and on')));
    expect(await all(net.client(alice), 'meeting')).toHaveLength(5);
  });

  test('a search has as many peers as the limit says', async () => {
    const net = new RendezvousNet({ rendezvousDiscoveredPeers: 3 });
    net.scripted(() =>
      found(
        [0, 1].map(() => registrationOf(someone())),
        utf8('more'),
      ),
    );
    expect(await all(net.client(alice), 'meeting')).toHaveLength(3);
    expect(net.heard).toHaveLength(2);
  });

  test('a search that nobody waits for any more ends', async () => {
    const net = new RendezvousNet();
    net.scripted(() => undefined);
    const client = net.client(alice);
    client.findPeers('meeting').subscribe().unsubscribe();
    const under = client.findPeers('meeting').subscribe();
    await settled();
    under.unsubscribe();
    await settled();
    expect(net.left).toEqual(NOTHING_LEFT);
  });

  test('a signal ends it by name', async () => {
    const net = new RendezvousNet();
    net.scripted(() => undefined);
    const client = net.client(alice);
    const ending = new AbortController();
    const outcome = codeOf(firstValueFrom(client.findPeers('meeting', { signal: ending.signal })));
    await settled();
    ending.abort();
    expect(await outcome).toBe('ERR_ABORTED');
    expect(await codeOf(firstValueFrom(client.findPeers('meeting', { signal: ending.signal })))).toBe('ERR_ABORTED');
    expect(net.left).toEqual(NOTHING_LEFT);
  });
});
