import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import { Gater, type GaterOptions } from '../../../src/actors/policy/gater.js';
import { HostRates } from '../../../src/actors/policy/host-rates.js';
import { Policy } from '../../../src/actors/policy/policy.js';
import { EngineError } from '../../../src/errors.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { ipOf } from '../../../src/wire/ip.js';

const ALICE = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
const BOB = 'QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC';
const TEN = '/ip4/10.0.0.1/tcp/1';
const ELEVEN = '/ip4/11.0.0.1/tcp/1';

/** What a gater says at each stage, by who and where. */
function verdicts(options: GaterOptions) {
  const gater = new Gater(options);
  const stages = {
    dialPeer: (peer: string) => gater.dialPeer(peer),
    dialAddress: (peer: string, address: string) => gater.dialAddress(address, peer),
    accept: (_: string, address: string) => gater.accept(address),
    secured: (peer: string, address: string) => gater.secured(peer, address, 'inbound'),
  };
  return Object.entries(stages).map(([stage, ask]) => {
    const passed = [ALICE, BOB].flatMap((peer) =>
      [TEN, ELEVEN, '/dns4/example.org/tcp/1'].map((address) => (ask(peer, address) === undefined ? 'y' : 'n')),
    );
    return `${stage} ${passed.join('')}`;
  });
}

describe('lists and hooks, for alice at 10, 11, dns and bob at 10, 11, dns', () => {
  test.each<[string, GaterOptions, string[]]>([
    ['nothing', {}, ['dialPeer yyyyyy', 'dialAddress yyyyyy', 'accept yyyyyy', 'secured yyyyyy']],
    [
      'a denied peer',
      { deny: { peers: [ALICE] } },
      ['dialPeer nnnyyy', 'dialAddress nnnyyy', 'accept yyyyyy', 'secured nnnyyy'],
    ],
    [
      'a denied range',
      { deny: { addresses: ['10.0.0.0/8'] } },
      ['dialPeer yyyyyy', 'dialAddress nyynyy', 'accept nyynyy', 'secured yyyyyy'],
    ],
    [
      'an allowed peer',
      { allow: { peers: [BOB] } },
      ['dialPeer nnnyyy', 'dialAddress nnnyyy', 'accept yyyyyy', 'secured nnnyyy'],
    ],
    [
      'an allowed range: names are none of it',
      { allow: { addresses: ['11.0.0.1'] } },
      ['dialPeer yyyyyy', 'dialAddress nynnyn', 'accept nynnyn', 'secured yyyyyy'],
    ],
    [
      'deny wins',
      { allow: { peers: [ALICE], addresses: ['10.0.0.0/8'] }, deny: { peers: [ALICE], addresses: ['10.0.0.1'] } },
      ['dialPeer nnnnnn', 'dialAddress nnnnnn', 'accept nnnnnn', 'secured nnnnnn'],
    ],
    [
      'hooks, of which one throws',
      {
        dialPeer: (peer) => peer !== ALICE,
        dialAddress: (address, peer) => address !== TEN || peer === BOB,
        accept: (address) => address === ELEVEN,
        secured: () => {
          throw new Error('broken hook');
        },
      },
      ['dialPeer nnnyyy', 'dialAddress nyyyyy', 'accept nynnyn', 'secured nnnnnn'],
    ],
  ])('%s', (_, options, expected) => {
    expect(verdicts(options)).toEqual(expected);
  });

  test('a refusal names stage, peer and address; a hook’s error is its cause', () => {
    const gater = new Gater({
      secured: () => {
        throw new Error('broken hook');
      },
      deny: { addresses: ['10.0.0.0/8'] },
    });
    expect(gater.dialAddress(TEN, ALICE)).toMatchObject({
      code: 'ERR_CONNECTION_DENIED',
      blame: 'local',
      details: { stage: 'dialAddress', peer: ALICE, address: TEN },
    });
    expect(gater.secured(BOB, TEN, 'inbound')).toMatchObject({ cause: { message: 'broken hook' } });
  });

  test.each<[GaterOptions, string]>([
    [{ deny: { peers: ['nonsense'] } }, 'ERR_PEER_ID_INVALID'],
    [{ allow: { addresses: ['10.0.0.0/99'] } }, 'ERR_INVALID_ARGUMENT'],
  ])('%j does not read: %s', (options, code) => {
    expect(() => new Gater(options)).toThrow(expect.objectContaining({ code }));
  });
});

const dialCode = (policy: Policy, address: string, isTold: boolean): string => {
  try {
    policy.dialAddress(address, undefined, isTold);
    return 'dialed';
  } catch (thrown) {
    return (thrown as EngineError).code;
  }
};

describe('rates per host', () => {
  const refusal = (host: string) => new EngineError('ERR_CONNECTION_RATE', 'remote', host);
  const limits = { burst: 3, perSecond: 2, hosts: 2, refusal };
  const ip = (address: string): Uint8Array => ipOf(address) as Uint8Array;

  test('a burst at the limit, one past it, and so many a second from then on', () => {
    const rates = new HostRates(limits);
    const take = (nowMs: number) => rates.take(ip(TEN), nowMs)?.code ?? 'taken';
    expect([take(0), take(0), take(0), take(0)]).toEqual(['taken', 'taken', 'taken', 'ERR_CONNECTION_RATE']);
    expect([take(499), take(500), take(500), take(1000), take(1001)]).toEqual([
      'ERR_CONNECTION_RATE',
      'taken',
      'ERR_CONNECTION_RATE',
      'taken',
      'ERR_CONNECTION_RATE',
    ]);
    expect([take(60_000), take(60_000), take(60_000), take(60_000)].filter((one) => one === 'taken').length).toBe(3);
  });

  test('an IPv6 host is its /64; the table holds the hosts seen last', () => {
    const rates = new HostRates(limits);
    for (const host of [1, 2, 3]) expect(rates.take(ip(`/ip6/2001:db8::${host}`), 0)).toBeUndefined();
    expect(rates.take(ip('/ip6/2001:db8::4'), 0)?.code).toBe('ERR_CONNECTION_RATE');
    expect(rates.take(ip('/ip6/2001:db8:0:1::4'), 0)).toBeUndefined();
    expect(rates.size).toBe(2);
    rates.take(ip(TEN), 0);
    expect(rates.size).toBe(2);
    // The first /64 was forgotten, and with it that it had used its burst up.
    expect(rates.take(ip('/ip6/2001:db8::5'), 0)).toBeUndefined();
  });

  test('this machine and allowed addresses have no rate', () => {
    const options = { clock: new VirtualClock(), random: {} as never, ciphers: {} as never };
    const environment = new Environment({ ...options, limits: { hostConnectionsBurst: 1, hostDialsBurst: 1 } });
    const policy = new Policy(environment, {
      gater: { allow: { addresses: ['10.0.0.0/8', '12.0.0.0/8', '127.0.0.0/8'] } },
    });
    const open = new Policy(environment);
    const twice = (of: Policy, address: string) =>
      [1, 2].map(() => of.refusesAccept(address, 0)?.code ?? 'taken').join();
    expect(twice(policy, TEN)).toBe('taken,taken');
    expect(twice(open, '/ip4/127.0.0.1/tcp/1')).toBe('taken,taken');
    expect(twice(open, '/ip6/::1/tcp/1')).toBe('taken,taken');
    expect(twice(open, '/memory/a')).toBe('taken,taken');
    expect(twice(open, TEN)).toBe('taken,ERR_CONNECTION_RATE');
    const told = (of: Policy, address: string) => [1, 2].map(() => dialCode(of, address, true)).join();
    expect(told(policy, TEN)).toBe('dialed,dialed');
    expect(told(open, '/ip4/127.0.0.1/tcp/1')).toBe('dialed,dialed');
    expect(told(open, '/memory/a')).toBe('dialed,dialed');
    // Who came before does not count among those that are dialed.
    expect(told(open, TEN)).toBe('dialed,ERR_DIAL_RATE');
    expect(dialCode(open, TEN, false)).toBe('dialed');
  });

  test('what the gater refuses is not counted', () => {
    const options = { clock: new VirtualClock(), random: {} as never, ciphers: {} as never };
    let denied = true;
    const policy = new Policy(new Environment({ ...options, limits: { hostDialsBurst: 1 } }), {
      gater: { dialAddress: () => !denied },
    });
    const codes = [dialCode(policy, TEN, true), dialCode(policy, TEN, true)];
    denied = false;
    codes.push(dialCode(policy, TEN, true), dialCode(policy, TEN, true));
    expect(codes).toEqual(['ERR_CONNECTION_DENIED', 'ERR_CONNECTION_DENIED', 'dialed', 'ERR_DIAL_RATE']);
  });
});
