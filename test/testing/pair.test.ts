/** Two nodes on virtual time, and what a view tells of them; the bytes of each security protocol, field by field. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import '../../src/testing/jest.js';
import { chunkings, pair, simulate, TraceView, type PairOptions } from '../../src/testing/index.js';
import { fieldsOf } from '../../src/inspect/bytes/byte-fields.js';
import { replayTrace } from '../../src/replay/index.js';
import { messageOf } from './traces.js';

const handshake = (options: PairOptions) =>
  pair(options, async ({ dialer, address, advance }) => {
    await dialer.dial(address);
    await advance(100);
  });

describe('pair', () => {
  test('both sides tell of one secio handshake', async () => {
    const { dialer, listener } = await handshake({ security: ['secio'], latencyMs: 10 });
    for (const side of [dialer, listener]) {
      expect(side).toNegotiate('/secio/1.0.0');
      expect(side).toNegotiate('/yamux/1.0.0');
      expect(side).toReachState('open', { actor: 'conn:*', within: 90 });
      expect(side).not.toReachState('open', { actor: 'conn:*', within: 40 });
      expect(side.errors).toEqual([]);
    }
    expect(dialer.bytes('sent').get('/node/swarm/conn:2')).toEqual(
      listener.bytes('received').get('/node/swarm/conn:1'),
    );
    expect(dialer.connections).toEqual(['/node/swarm/conn:2']);
    expect(dialer.connection(0).connections).toEqual(dialer.connections);
    expect(dialer.connection('conn:2').lives.map(({ machine }) => machine)).toContain('secioHandshake');
    expect(dialer.node('node').records.length).toBe(dialer.records.length);
    expect(dialer.actor('conn:2/secio').lives.map(({ machine }) => machine)).toEqual(['secioHandshake']);
  });

  test.each(['secio', 'noise', 'plaintext'] as const)('%s: the same seed gives the same traces', async (security) => {
    await expect(() => handshake({ security: [security], seed: 7 })).toBeDeterministic();
    const [one, other] = [
      await handshake({ security: [security], seed: 7 }),
      await handshake({ security: [security] }),
    ];
    expect(one.dialer).not.toMatchTrace(other.dialer, { level: 'bytes' });
    expect(one.dialer.connection(0)).toMatchTrace(other.dialer.connection(0), { level: 'final' });
  });

  test.each(['secio', 'noise', 'plaintext'] as const)('%s: each side can be replayed', async (security) => {
    const { dialer, listener } = await handshake({ security: [security] });
    for (const trace of [dialer, listener]) {
      for (const { cut } of chunkings(20)) {
        const { ok, difference, trace: replayed } = await replayTrace(trace, { rechunk: cut });
        expect(difference?.report).toBeUndefined();
        expect(ok).toBe(true);
        expect(replayed).toMatchTrace(trace, { level: ['bytes', 'final'] });
      }
    }
  });

  test('sides can differ, and a failure is the body’s and in both traces', async () => {
    const options: PairOptions = { dialer: { security: ['noise'] }, listener: { security: ['secio'] } };
    await expect(handshake(options)).toRejectWith('ERR_MULTISTREAM_NO_OVERLAP');
    const { dialer, listener } = await pair(options, async ({ dialer: node, address }) => {
      await expect(node.dial(address)).toRejectWith('ERR_MULTISTREAM_NO_OVERLAP');
    });
    expect(dialer).toEnterState('multistreamLazyDialer.refused');
    await expect(dialer).toRejectWith('ERR_MULTISTREAM_NO_OVERLAP');
    expect(listener).not.toEnterState('connection.open');
  });

  test('a body that waits for what cannot come is told so', async () => {
    const stalled = pair({}, () => new Promise(() => undefined));
    await expect(stalled).toRejectWith('ERR_SIMULATION_STALLED');
  });

  test('what the body throws comes out', async () => {
    expect(await messageOf(() => pair({}, () => Promise.reject(new Error('mine'))))).toBe('mine');
  });
});

describe('fake timers', () => {
  afterEach(() => void jest.useRealTimers());

  test.each([
    ['modern', {}, 'setTimeout, setInterval, setImmediate, Date, queueMicrotask are replaced'],
    [
      'of the date',
      { doNotFake: ['setTimeout', 'setInterval', 'setImmediate', 'performance', 'queueMicrotask'] },
      'Date is replaced',
    ],
    ['legacy', { legacyFakeTimers: true }, 'setTimeout, setInterval, setImmediate are replaced'],
  ] as const)('%s ones are refused, and it is said what to do', async (_, config, replaced) => {
    jest.useFakeTimers(config as Parameters<typeof jest.useFakeTimers>[0]);
    const message = await messageOf(() => pair({}, () => undefined));
    jest.useRealTimers();
    expect(message).toContain(`pair does not run under fake timers (${replaced}): `);
    expect(message).toContain('Call jest.useRealTimers()');
  });

  test('a simulation refuses them too', async () => {
    jest.useFakeTimers();
    await expect(simulate({ seed: 1 })).toRejectWith('ERR_FAKE_TIMERS');
  });

  test('real ones after fake ones are well', async () => {
    jest.useFakeTimers();
    jest.useRealTimers();
    expect((await pair({}, () => undefined)).dialer).toBeInstanceOf(TraceView);
  });
});

describe('simulate', () => {
  test('a world that the test drives itself', async () => {
    let protocols: readonly string[] = [];
    const { failure } = await simulate({ seed: 3, nodes: 2 }, async (world) => {
      const { address } = world.node('n1');
      ({ protocols } = await world.during(world.node('n0').run((host) => host.identify(address))));
    });
    expect(failure).toBeUndefined();
    expect(protocols).toContain('/ipfs/ping/1.0.0');
  });

  test('runs a seed', async () => {
    const { failure } = await simulate({ seed: 3, nodes: 3 });
    expect(failure).toBeUndefined();
  });
});

describe('fields', () => {
  const names = async (security: 'secio' | 'noise' | 'plaintext', side: 'dialer' | 'listener'): Promise<string[]> => {
    const traces = await handshake({ security: [security] });
    const [bytes = new Uint8Array()] = traces[side].bytes('sent').values();
    const fields = fieldsOf(bytes);
    expect(fields[0]?.start).toBe(0);
    expect(fields.at(-1)?.end).toBe(bytes.length);
    for (const [index, { end }] of fields.slice(0, -1).entries()) expect(fields[index + 1]?.start).toBe(end);
    return fields.map(({ start, end, name }) => `${end - start} ${name}`);
  };
  const opening = (id: string, length: number): string[] => [
    '1 multistream length',
    '19 multistream line "/multistream/1.0.0"',
    '1 multistream length',
    `${length} multistream line "${id}"`,
  ];

  test('of secio', async () => {
    expect((await names('secio', 'dialer')).slice(0, 23)).toEqual([
      ...opening('/secio/1.0.0', 13),
      '4 secio length',
      '2 secio Propose.rand tag and length',
      '16 secio Propose.rand',
      '2 secio Propose.pubkey tag and length',
      '36 secio Propose.pubkey',
      '2 secio Propose.exchanges tag and length',
      '17 secio Propose.exchanges',
      '2 secio Propose.ciphers tag and length',
      '15 secio Propose.ciphers',
      '2 secio Propose.hashes tag and length',
      '13 secio Propose.hashes',
      '4 secio length',
      '2 secio Exchange.epubkey tag and length',
      '65 secio Exchange.epubkey',
      '2 secio Exchange.signature tag and length',
      '64 secio Exchange.signature',
      '4 secio length',
      '48 secio ciphertext and MAC',
      '4 secio length',
    ]);
  });

  test('of noise, either side', async () => {
    expect((await names('noise', 'dialer')).slice(0, 13)).toEqual([
      ...opening('/noise', 7),
      '2 noise length',
      '32 noise e',
      '2 noise length',
      '48 noise s (encrypted)',
      '120 noise payload (encrypted)',
      '16 noise tag',
      '2 noise length',
      expect.stringMatching(/^\d+ noise ciphertext$/),
      '16 noise tag',
    ]);
    expect((await names('noise', 'listener')).slice(0, 9)).toEqual([
      ...opening('/noise', 7),
      '2 noise length',
      '32 noise e',
      '48 noise s (encrypted)',
      '120 noise payload (encrypted)',
      '16 noise tag',
    ]);
  });

  test('of plaintext, with lines and yamux headers behind it', async () => {
    expect((await names('plaintext', 'dialer')).slice(0, 18)).toEqual([
      ...opening('/plaintext/2.0.0', 17),
      '1 plaintext length',
      '2 plaintext Exchange.id tag and length',
      '38 plaintext Exchange.id',
      '2 plaintext Exchange.pubkey tag and length',
      '36 plaintext Exchange.pubkey',
      ...opening('/yamux/1.0.0', 13),
      '1 yamux version',
      '1 yamux type ping',
      '2 yamux flags SYN',
      '4 yamux stream 0',
      '4 yamux length 0',
    ]);
  });

  test('what is none of a layer is bytes, wherever it is cut', async () => {
    const [whole = new Uint8Array()] = (await handshake({ security: ['plaintext'] })).dialer.bytes('sent').values();
    for (let end = 0; end <= whole.length; end++) {
      expect(fieldsOf(whole.subarray(0, end)).at(-1)?.end ?? 0).toBe(end);
    }
    expect(fieldsOf(Uint8Array.of(0xff, 0xff))).toEqual([{ start: 0, end: 2, name: 'bytes' }]);
    expect(fieldsOf(new Uint8Array())).toEqual([]);
  });
});
