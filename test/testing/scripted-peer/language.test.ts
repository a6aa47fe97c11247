/** The language itself: scripts as values and as text, failures that tell everything, time and ends. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createServer, type AddressInfo } from 'node:net';
import { MemoryNetwork } from '../../../src/sim/memory-transport.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { differences, inWords } from '../../../src/testing/scripted-peer/match.js';
import { cutUp, framed } from '../../../src/testing/scripted-peer/play/cutting.js';
import {
  decodeFields,
  encodeFields,
  withoutSchema,
  type Fields,
} from '../../../src/testing/scripted-peer/protobuf-fields.js';
import {
  dial,
  listen,
  saved,
  ScriptFailure,
  scriptedPeer,
  tcp,
  where,
  type Command,
  type Steps,
} from '../../../src/testing/scripted-peer/index.js';
import { hex, thrownCode, toHex } from '../../support/decoding.js';
import { during, newWorld, type World } from '../../support/sim-nodes.js';
import { pattern } from '../../support/streams.js';
import { accepted, dialed } from './upgraded.js';
import { scene } from './world.js';

const none = scriptedPeer({ over: dial(new MemoryNetwork({ clock: new VirtualClock() }).transport, '/memory/nobody') });

/** Two scripts that play with each other. */
async function duet(
  listening: (script: Steps) => Steps,
  dialing: (script: Steps) => Steps,
): Promise<[unknown, unknown]> {
  const world = newWorld();
  const { clock, network } = world;
  const shared = { clock, timeoutMs: 1000 };
  const left = listening(
    scriptedPeer({ ...shared, over: listen(network.transport, '/memory/left'), random: new SeededRandom('left') }),
  );
  const right = dialing(scriptedPeer({ ...shared, over: dial(network.transport, '/memory/left') }));
  return during(world, Promise.all([left, right].map((script) => caught(script.run()))) as Promise<[unknown, unknown]>);
}

function caught(outcome: Promise<unknown>): Promise<unknown> {
  return outcome.catch((error: unknown) => error);
}

async function failing(world: World, script: Steps): Promise<ScriptFailure> {
  const thrown = await during(world, caught(script.run()));
  expect(thrown).toBeInstanceOf(ScriptFailure);
  return thrown as ScriptFailure;
}

describe('scripts as values', () => {
  test('a step leaves the script before it as it was', () => {
    const begun = none.multistream.sendHeader();
    const noise = begun.propose('/noise');
    const secio = begun.propose('/secio/1.0.0');
    expect([begun, noise, secio].map(({ commands }) => commands.length)).toEqual([1, 2, 2]);
    expect(secio.commands[1]).toEqual({ type: 'multistream.propose', args: ['/secio/1.0.0', {}] });
  });

  test('a script prints as it is written', () => {
    const script = none.multistream
      .negotiate('/secio/1.0.0')
      .secio.sendPropose({ exchanges: ['P-256'] })
      .expectPropose({ exchanges: where('offers P-256', (names) => names.includes('P-256')) })
      .sendExchange({ signature: 'wrong' })
      .yamux.open('kad')
      .sendFields([[1, 4]], { cut: 'prefix' })
      .sendBytes(saved('echo'))
      .multistream.echo()
      .expectNothingFor(50)
      .sendRaw(hex('0102'));
    expect(String(script).split('\n')).toEqual([
      ' 1  multistream.sendHeader()',
      " 2  multistream.propose('/secio/1.0.0')",
      ' 3  multistream.expectHeader()',
      " 4  multistream.expectEcho('/secio/1.0.0')",
      " 5  secio.sendPropose({ exchanges: ['P-256'] })",
      ' 6  secio.expectPropose({ exchanges: (offers P-256) })',
      " 7  secio.sendExchange({ signature: 'wrong' })",
      " 8  yamux.open('kad')",
      " 9  stream('kad').sendFields([[1, 4]], { cut: 'prefix' })",
      "10  stream('kad').sendBytes(saved('echo'))",
      "11  stream('kad').multistream.echo()",
      "12  stream('kad').expectNothingFor(50)",
      '13  sendRaw(bytes(2: 0102))',
    ]);
  });

  test('without functions a script is plain data', () => {
    const { commands } = dialed(none).yamux.open('ping').negotiate('/ipfs/ping/1.0.0').fin();
    expect(JSON.parse(JSON.stringify(commands)) as Command[]).toEqual(commands);
  });
});

describe('failures', () => {
  test('tell step, expectation, what came in fields and bytes, and all that passed before', async () => {
    const { world, dialer } = await scene();
    const failure = await failing(
      world,
      dialer()
        .multistream.negotiate('/secio/1.0.0')
        .secio.sendPropose()
        .expectPropose({ exchanges: ['P-521'] })
        .sendExchange(),
    );
    expect(failure).toMatchObject({ step: 6, command: "secio.expectPropose({ exchanges: ['P-521'] })" });
    expect(failure.expected).toBe("Propose\nexchanges  ['P-521']");
    expect(failure.received).toContain("exchanges  ['P-256', 'P-384', 'P-521']");
    expect(failure.received).toContain("! exchanges[0] is 'P-256'");
    expect(failure.exchanged.map(({ direction, layer, message }) => `${direction} ${layer} ${message}`)).toEqual([
      'sent multistream /multistream/1.0.0',
      'sent multistream /secio/1.0.0',
      'received multistream header',
      'received multistream echo',
      'sent secio Propose',
      'received secio Propose',
    ]);
    const lines = failure.message.split('\n');
    expect(lines[0]).toBe("step 6 of 7: secio.expectPropose({ exchanges: ['P-521'] })");
    expect(lines).toContain("  ok   2  multistream.propose('/secio/1.0.0')");
    expect(lines).toContain("  ->   6  secio.expectPropose({ exchanges: ['P-521'] })");
    expect(lines).toContain('       7  secio.sendExchange()');
    expect(failure.message).toContain('-> multistream: /secio/1.0.0 (step 2, 14 bytes)');
    expect(failure.message).toContain('0000  0d 2f 73 65 63 69 6f 2f 31 2e 30 2e 30 0a        ./secio/1.0.0.');
  });

  const cases: readonly {
    name: string;
    listening: (script: Steps) => Steps;
    dialing: (script: Steps) => Steps;
    step: number;
    expected: string;
    received: string | RegExp;
    bytes?: string;
  }[] = [
    {
      name: 'silence',
      listening: (script) => script.multistream.sendHeader().wait(5000),
      dialing: (script) => script.multistream.expectHeader().expectNa(),
      step: 2,
      expected: "na 'na'",
      received: 'nothing within 1000 ms',
    },
    {
      name: 'too little',
      listening: (script) => script.sendRaw(hex('0102')).wait(5000),
      dialing: (script) => script.expectRaw(3),
      step: 1,
      expected: '3 bytes',
      received: 'only 2 bytes that are not enough, or not asked for, within 1000 ms',
      bytes: '0102',
    },
    {
      name: 'a time of its own',
      listening: (script) => script.wait(5000),
      dialing: (script) => script.expectRaw(1, { withinMs: 30 }),
      step: 1,
      expected: '1 bytes',
      received: 'nothing within 30 ms',
    },
    {
      name: 'other bytes',
      listening: (script) => script.sendRaw(hex('010203')),
      dialing: (script) => script.expectRaw(hex('010204')),
      step: 1,
      expected: 'bytes bytes(3: 010204)',
      received: 'bytes(3: 010203)\n! it differs from byte 2 on',
      bytes: '010203',
    },
    {
      name: 'the end instead of a message',
      listening: (script) => script.sendRaw(hex('13')).end().wait(10),
      dialing: (script) => script.multistream.expectHeader(),
      step: 1,
      expected: "header '/multistream/1.0.0'",
      received: 'the peer closed its side of the connection\n1 bytes came before that',
      bytes: '13',
    },
    {
      name: 'a dropped connection instead of a message',
      listening: (script) => script.drop(),
      dialing: (script) => script.multistream.expectHeader(),
      step: 1,
      expected: "header '/multistream/1.0.0'",
      received: 'the connection is gone: memory: the peer dropped the connection',
    },
    {
      name: 'a message that does not decode',
      listening: (script) => script.multistream.sendLine('x', { flip: -1 }),
      dialing: (script) => script.multistream.expectLine(/./),
      step: 1,
      expected: 'line /./',
      received: 'multistream: the message does not end in a newline',
      bytes: '02780b',
    },
    {
      name: 'something where nothing was due',
      listening: (script) => script.wait(20).sendRaw(hex('aa')),
      dialing: (script) => script.expectNothingFor(19).expectNothingFor(10),
      step: 2,
      expected: 'nothing for 10 ms',
      received: '1 bytes',
      bytes: 'aa',
    },
    {
      name: 'the end where nothing was due',
      listening: (script) => script.end(),
      dialing: (script) => script.expectNothingFor(10),
      step: 1,
      expected: 'nothing for 10 ms',
      received: 'the end of the connection',
    },
    {
      name: 'no end where one was due',
      listening: (script) => script.sendRaw(hex('aa')).wait(5000),
      dialing: (script) => script.expectClose({ withinMs: 40 }),
      step: 1,
      expected: 'the peer closes the connection',
      received: 'only 1 bytes that are not enough, or not asked for, within 40 ms',
      bytes: 'aa',
    },
    {
      name: 'an orderly end where a drop was due',
      listening: (script) => script.end(),
      dialing: (script) => script.expectClose().end().expectDrop(),
      step: 3,
      expected: 'the peer drops the connection',
      received: 'the peer closed it in order',
    },
    {
      name: 'an action that throws',
      listening: (script) => script.wait(10),
      dialing: (script) =>
        script.call('break', () => {
          throw new RangeError('broken');
        }),
      step: 1,
      expected: 'a step that can be done',
      received: 'broken',
    },
    {
      name: 'an action that is rejected later',
      listening: (script) => script.wait(10),
      dialing: (script) => script.call('break', () => Promise.reject(new RangeError('broken later'))).wait(5),
      step: 2,
      expected: 'a step that can be done',
      received: 'broken later',
    },
    {
      name: 'a step before what it needs',
      listening: (script) => script.wait(10),
      dialing: (script) => script.secio.sendExchange(),
      step: 1,
      expected: 'a step that can be done',
      received: 'script: our Propose has not been sent yet',
    },
    {
      name: 'bytes that no step saved',
      listening: (script) => script.wait(10),
      dialing: (script) => script.sendRaw(saved('nothing')),
      step: 1,
      expected: 'a step that can be done',
      received: "script: nothing was saved as 'nothing'",
    },
    {
      name: 'a stream that nobody opened',
      listening: (script) => script.wait(10),
      dialing: (script) => script.stream('none').fin(),
      step: 1,
      expected: 'a step that can be done',
      received: "script: no stream is called 'none' yet",
    },
    {
      name: 'a signature that does not verify',
      listening: (script) => script.secio.sendPropose().expectPropose().sendExchange({ signature: 'wrong' }),
      dialing: (script) => script.secio.sendPropose().expectPropose().sendExchange().expectExchange(),
      step: 4,
      expected: 'Exchange\nverified  true',
      received: /verified {6}false\n! verified is false$/,
    },
    {
      name: 'a sealed frame that was changed',
      listening: (script) => script.noise.handshake().sendSealed(hex('aabb'), { flip: 3 }),
      dialing: (script) => script.noise.handshake().expectSealed(hex('aabb')),
      step: 4,
      expected: 'sealed frame bytes(2: aabb)',
      received: 'a sealed frame does not open: its tag is wrong',
    },
    {
      name: 'a replayed nonce',
      listening: (script) => script.secio.handshake().sendAgain(),
      dialing: (script) => script.secio.handshake().expectSealed(),
      step: 7,
      expected: 'sealed frame',
      received: 'a sealed frame does not open: it came before',
    },
    {
      name: 'a reset instead of bytes',
      listening: (script) => accepted(script).yamux.accept('/x', { name: 'x' }).reset(5),
      dialing: (script) => dialed(script).yamux.open('x').negotiate('/x').expectBytes(4),
      step: 17,
      expected: '4 bytes',
      received: /^the peer reset the stream\n(?:.*\n)*length +5/,
    },
    {
      name: 'a half-close instead of a message',
      listening: (script) =>
        accepted(script).yamux.accept('/x', { name: 'x' }).sendMessage(pattern(9, 1), { truncateTo: 3 }).fin(),
      dialing: (script) => dialed(script).yamux.open('x').negotiate('/x').expectMessage(),
      step: 17,
      expected: 'message',
      received: /^the peer half-closed the stream/,
      bytes: '090108',
    },
    {
      name: 'data before the end of a stream',
      listening: (script) => accepted(script).yamux.accept('/x', { name: 'x' }).sendBytes(hex('aa'), { flags: 'FIN' }),
      dialing: (script) => dialed(script).yamux.open('x').negotiate('/x').expectFin(),
      step: 17,
      expected: 'FIN',
      received: '1 bytes of data before it',
      bytes: 'aa',
    },
  ];
  test.each(cases)('$name', async ({ listening, dialing, step, expected, received, bytes }) => {
    const [, failure] = await duet(listening, dialing);
    expect(failure).toBeInstanceOf(ScriptFailure);
    const told = failure as ScriptFailure;
    expect({ step: told.step, expected: told.expected }).toEqual({ step, expected });
    if (typeof received === 'string') expect(told.received).toBe(received);
    else expect(told.received).toMatch(received);
    if (bytes !== undefined) expect(toHex(told.bytes)).toBe(bytes);
  });

  test('nobody to dial, and nobody who dials', async () => {
    const world = newWorld();
    const { clock, network } = world;
    const refused = scriptedPeer({ clock, over: dial(network.transport, '/memory/nobody') }).multistream.sendHeader();
    expect(await during(world, caught(refused.run()))).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
    const waiting = scriptedPeer({
      clock,
      timeoutMs: 70,
      over: listen(network.transport, '/memory/a'),
    }).multistream.sendHeader();
    expect((await failing(world, waiting)).received).toBe('no connection within 70 ms');
    expect(clock.pendingTimers).toBe(0);
    const taken = scriptedPeer({ clock, over: listen(network.transport, '/memory/b') })
      .wait(1)
      .start();
    const second = scriptedPeer({ clock, over: listen(network.transport, '/memory/b') }).wait(1);
    expect(await during(world, caught(second.run()))).toMatchObject({ code: 'ERR_LISTEN_FAILED' });
    taken.stop();
    expect(await during(world, caught(taken.outcome))).toMatchObject({ received: 'it was stopped' });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('time and ends', () => {
  test('steps wait on the clock, and nothing is left of them', async () => {
    const world = newWorld();
    const { clock, network } = world;
    const times: number[] = [];
    const left = scriptedPeer({ clock, over: listen(network.transport, '/memory/left') })
      .wait(120)
      .call('note', () => times.push(clock.now()))
      .sendRaw(hex('01'))
      .expectDrop();
    const right = scriptedPeer({ clock, over: dial(network.transport, '/memory/left') })
      .expectNothingFor(100)
      .expectRaw(1)
      .drop();
    const outcomes = await during(world, Promise.all([left.run(), right.run()]));
    expect(times).toEqual([120]);
    expect(outcomes[1].exchanged).toMatchObject([{ direction: 'received', layer: 'wire', timeMs: 120, step: 2 }]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a peer that does not close is left after two seconds', async () => {
    const world = newWorld();
    const { clock, network } = world;
    const left = scriptedPeer({ clock, over: listen(network.transport, '/memory/left') })
      .wait(60_000)
      .start();
    await during(
      world,
      scriptedPeer({ clock, over: dial(network.transport, '/memory/left') })
        .multistream.sendHeader()
        .run(),
    );
    expect(clock.now()).toBe(2000);
    left.stop();
  });

  test('a script plays on timers alone: whoever moves the clock need not wait for promises', async () => {
    const clock = new VirtualClock();
    const { transport } = new MemoryNetwork({ clock });
    const steps: number[] = [];
    const left = accepted(scriptedPeer({ clock, over: listen(transport, '/memory/left') }))
      .yamux.accept('/x', { name: 'x' })
      .call('note', () => steps.push(1));
    const right = dialed(scriptedPeer({ clock, over: dial(transport, '/memory/left') }))
      .yamux.open('x')
      .negotiate('/x')
      .call('note', () => steps.push(2));
    const outcomes = [left.run(), right.run()];
    while (clock.fireNext());
    expect(steps).toEqual([1, 2]);
    await Promise.all(outcomes);
  });

  test('a reset of TCP is a drop, its end is none', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await scriptedPeer({ over: tcp('127.0.0.1', port) })
      .sendRaw(hex('00'))
      .expectDrop()
      .run();
    await new Promise((resolve) => server.close(resolve));
  });

  test('the same scripts exchange the same bytes, run after run', async () => {
    const run = async (): Promise<string> => {
      const both = await duet(
        (script) => accepted(script).yamux.accept('/x', { name: 'x' }).expectBytes(500).sendBytes(pattern(500, 2)),
        (script) =>
          dialed(script.chunking({ wire: 11, stream: 'prefix' }))
            .yamux.open('x')
            .negotiate('/x')
            .sendBytes(pattern(500, 1))
            .expectBytes(500),
      );
      return both.map(String).join('\n');
    };
    const first = await run();
    expect(first).toContain("stream 'x': bytes");
    expect(await run()).toBe(first);
  });
});

describe('frames made wrong', () => {
  const body = pattern(5, 1);
  test.each([
    { prefix: 'varint', options: {}, bytes: '0501080f161d' },
    { prefix: 'uint16', options: {}, bytes: '000501080f161d' },
    { prefix: 'uint32', options: {}, bytes: '0000000501080f161d' },
    { prefix: 'varint', options: { length: 300 }, bytes: 'ac0201080f161d' },
    { prefix: 'uint16', options: { length: 65_535 }, bytes: 'ffff01080f161d' },
    { prefix: 'uint32', options: { length: 4_294_967_295 }, bytes: 'ffffffff01080f161d' },
    { prefix: 'varint', options: { flip: -1 }, bytes: '0501080f161c' },
    { prefix: 'varint', options: { flip: [0, 2] }, bytes: '0401090f161d' },
    { prefix: 'varint', options: { truncateTo: 3 }, bytes: '050108' },
    { prefix: 'uint16', options: { length: 9, flip: 2, truncateTo: 4 }, bytes: '00090008' },
  ] as const)('$prefix with $options', ({ prefix, options, bytes }) => {
    expect(toHex(framed(prefix, body, options).bytes)).toBe(bytes);
  });

  test('what cannot be made is refused', () => {
    expect(() => framed('uint16', body, { length: 65_536 })).toThrow('does not fit');
    expect(() => framed('uint32', body, { length: 2 ** 32 })).toThrow('does not fit');
    expect(() => framed('varint', body, { flip: 6 })).toThrow('no byte 6');
    expect(() => cutUp({ bytes: body, prefixBytes: 0 }, 0)).toThrow('cannot be cut');
  });

  test('every cut keeps the bytes and their order', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(60),
        fc.oneof(fc.constantFrom('whole', 'prefix', 'bytes'), fc.integer({ min: 1, max: 70 })),
        (bytes, prefixBytes, cut) => {
          const pieces = cutUp({ bytes, prefixBytes }, cut);
          expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytes));
          if (cut === 'bytes') expect(pieces.length).toBe(Math.max(1, bytes.length));
          if (cut === 'prefix' && prefixBytes > 0 && prefixBytes < bytes.length) {
            expect(pieces.map(({ length }) => length)).toEqual([prefixBytes, bytes.length - prefixBytes]);
          }
        },
      ),
    );
  });
});

describe('matching', () => {
  test.each([
    { expected: { a: 1 }, actual: { a: 1, b: 2 }, found: [] },
    { expected: { a: { b: /x/ } }, actual: { a: { b: 'xy' } }, found: [] },
    { expected: { a: { b: /z/ } }, actual: { a: { b: 'xy' } }, found: ['a.b does not match /z/'] },
    { expected: ['p', 'q'], actual: ['p'], found: ['[1] is undefined', 'it has 1 entries, not 2'] },
    { expected: hex('0102'), actual: hex('010203'), found: ['it has 3 bytes, not 2'] },
    { expected: hex('0102'), actual: 'text', found: ['it is no bytes'] },
    { expected: { a: 1 }, actual: undefined, found: ['it is undefined'] },
    { expected: where('is even', (value) => Number(value) % 2 === 0), actual: 3, found: ['it fails (is even)'] },
    {
      expected: {
        n: where('is deep', () => {
          throw new Error('too shallow');
        }),
      },
      actual: { n: 1 },
      found: ['n fails (is deep): too shallow'],
    },
  ])('$expected against $actual', ({ expected, actual, found }) => {
    expect(differences(expected, actual)).toEqual(found);
  });

  test('values in words', () => {
    expect(inWords({ text: "it's", bytes: pattern(30, 1), list: [1, /x/], gone: undefined, of: saved('n') })).toBe(
      "{ text: 'it\\'s', bytes: bytes(30: 01080f161d242b323940474e555c636a71787f868d949ba2...), list: [1, /x/], of: saved('n') }",
    );
  });
});

describe('protobuf fields', () => {
  test.each<{ fields: Fields; bytes: string }>([
    { fields: [[1, 4]], bytes: '0804' },
    {
      fields: [
        [1, 3],
        [4, 270],
      ],
      bytes: '0803208e02',
    },
    {
      fields: [
        [2, 'kad'],
        [10, 1],
      ],
      bytes: '12036b61645001',
    },
    { fields: [[8, { fields: [[1, hex('ff')]] }]], bytes: '42030a01ff' },
    { fields: [], bytes: '' },
  ])('$bytes', ({ fields, bytes }) => {
    expect(toHex(encodeFields(fields))).toBe(bytes);
    expect(decodeFields(hex(bytes))).toEqual(withoutSchema(fields));
  });

  test.each(['08', '0d00000000', '0900000000000000ff', '12ff01', '08ffffffffffffffffff01', '00'])(
    '%s is refused',
    (bytes) => {
      expect(thrownCode(() => decodeFields(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
    },
  );
});
