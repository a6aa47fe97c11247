/** Every matcher: what passes, what fails, and to the letter what it says; and the same of the plain functions. */
import { describe, expect, test } from '@jest/globals';
import { EngineError } from '../../src/errors.js';
import '../../src/testing/jest.js';
import { assertTrace, TraceAssertionError, TraceView } from '../../src/testing/index.js';
import { MACHINES } from '../../src/machines/index.js';
import { edgesOf } from '../../src/actors/chart/edges.js';
import { frame, life, messageOf, opened, rejected, sent, traceOf } from './traces.js';

const secio = life(
  'conn:1/secio',
  'secioHandshake',
  ['awaitingPropose', 'start', 10],
  ['selectingSuite', 'wire.propose', 12],
  ['awaitingExchange.sent', 'crypto.localPreferred', 12],
  ['badSignature', 'crypto.failed', 30],
);
const connection = life(
  'conn:1',
  'connection',
  ['upgrading.connecting', 'start'],
  ['open', 'multistream.selected', 40],
);
const yamux = life('conn:1/yamux', 'yamuxSession', ['live.streams.open|live.keepAlive.resting', 'start', 41]);
const states = traceOf(opened('conn:1'), connection, secio, yamux);

describe('toReachState', () => {
  test('a state, an outer one, one of several regions, of some actor or of those named, in time', () => {
    expect(states).toReachState('open');
    expect(states).toReachState('awaitingExchange');
    expect(states).toReachState('live.keepAlive');
    expect(states).toReachState('open', { actor: 'conn:*', within: 40 });
    expect(states).not.toReachState('open', { within: 39 });
    expect(states).not.toReachState('awaiting');
    expect(TraceView.of(states).actor('conn:1/secio')).not.toReachState('open');
  });

  test('says where each actor went', async () => {
    expect(await messageOf(() => expect(states).toReachState('closed'))).toMatchInlineSnapshot(`
     "expected the trace to reach state "closed"

       connection of /node/swarm/conn:1
         upgrading.connecting > open
       secioHandshake of /node/swarm/conn:1/secio
         awaitingPropose > selectingSuite > awaitingExchange.sent > badSignature
       yamuxSession of /node/swarm/conn:1/yamux
         live.streams.open|live.keepAlive.resting"
    `);
    expect(await messageOf(() => expect(states).toReachState('open', { actor: 'conn:1', within: 5 })))
      .toMatchInlineSnapshot(`
     "expected conn:1 to reach state "open" within 5 ms; it was reached after 40 ms

       connection of /node/swarm/conn:1
         upgrading.connecting > open"
    `);
    expect(await messageOf(() => expect(states).not.toReachState('badSignature', { actor: 'conn:1/secio' })))
      .toMatchInlineSnapshot(`
     "expected conn:1/secio to never reach state "badSignature"; it was reached after 20 ms

       secioHandshake of /node/swarm/conn:1/secio
         awaitingPropose > selectingSuite > awaitingExchange.sent > badSignature"
    `);
  });

  test('an actor that there is not is named, with those that there are', async () => {
    expect(await messageOf(() => expect(states).toReachState('open', { actor: 'conn:7' }))).toMatchInlineSnapshot(`
     "no actor of the trace is "conn:7"; there are
       /node/swarm/conn:1
       /node/swarm/conn:1/secio
       /node/swarm/conn:1/yamux"
    `);
  });
});

describe('toEnterState', () => {
  test('machine and state, or pieces of them', () => {
    expect(states).toEnterState('secioHandshake.badSignature');
    expect(states).toEnterState('secioHandshake.awaiting*');
    expect(states).toEnterState('secioHandshake.awaitingExchange');
    expect(states).toEnterState('*.open');
    expect(states).not.toEnterState('noiseHandshake.*');
    expect(states).not.toEnterState('secioHandshake.bad');
  });

  test('says who entered it, or where all went', async () => {
    expect(await messageOf(() => expect(states).not.toEnterState('*.bad*'))).toMatchInlineSnapshot(`
     "expected the trace never to enter a state "*.bad*"

       secioHandshake of /node/swarm/conn:1/secio: badSignature  <- crypto.failed at 30 ms (record 6)"
    `);
    expect(await messageOf(() => expect(traceOf(secio)).toEnterState('secioHandshake.secured'))).toMatchInlineSnapshot(`
     "expected the trace to enter a state "secioHandshake.secured"

       secioHandshake of /node/swarm/conn:1/secio
         awaitingPropose > selectingSuite > awaitingExchange.sent > badSignature"
    `);
  });
});

describe('toTakePath', () => {
  const path = ['awaitingPropose', 'selectingSuite', 'awaitingExchange.sent', 'badSignature'];

  test.each([
    [path],
    [['awaitingPropose', '...', 'badSignature']],
    [['...', 'badSignature']],
    [['awaitingPropose', '...']],
    [['...', 'selectingSuite', '...', 'bad*']],
    [['awaitingPropose', '...', 'selectingSuite', '...', 'awaitingExchange.sent', '...', 'badSignature', '...']],
  ])('%j is the way it went', (expected) => {
    expect(states).toTakePath(expected, { machine: 'secioHandshake' });
  });

  test.each([
    [[]],
    [path.slice(1)],
    [path.slice(0, -1)],
    [[...path, 'closed']],
    [['awaitingPropose', '...', 'badSignature', '...', 'selectingSuite', '...']],
    [['...', 'selectingSuite']],
    [['awaitingExchange', '...']],
  ])('%j is not', (expected) => {
    expect(states).not.toTakePath(expected, { machine: 'secioHandshake' });
  });

  test('edges instead of states', () => {
    const trace = traceOf(life('conn:1', 'connection', ['a', 'start'], ['b', 'x', 1, 'a x'], ['b', 'y', 2, 'b y 2']));
    expect(trace).toTakePath(['a x', 'b y 2'], { by: 'edges' });
    expect(trace).not.toTakePath(['a x'], { by: 'edges' });
  });

  test('shows both ways side by side, the first difference marked', async () => {
    expect(
      await messageOf(() => expect(states).toTakePath([...path.slice(0, 3), 'secured'], { machine: 'secioHandshake' })),
    ).toMatchInlineSnapshot(`
     "secioHandshake of /node/swarm/conn:1/secio took another path

       expected              | actual
       ----------------------+------------------------------------------------
       awaitingPropose       | awaitingPropose  <- start
       selectingSuite        | selectingSuite  <- wire.propose
       awaitingExchange.sent | awaitingExchange.sent  <- crypto.localPreferred
     > secured               | badSignature  <- crypto.failed"
    `);
    expect(
      await messageOf(() =>
        expect(states).toTakePath(['awaitingPropose', '...', 'secured', 'done'], { actor: 'conn:1/secio' }),
      ),
    ).toMatchInlineSnapshot(`
     "secioHandshake of /node/swarm/conn:1/secio took another path

       expected        | actual
       ----------------+------------------------------------------------
       awaitingPropose | awaitingPropose  <- start
       ...             | selectingSuite  <- wire.propose
       ...             | awaitingExchange.sent  <- crypto.localPreferred
       ...             | badSignature  <- crypto.failed
     > secured         | (not found)
       done            |"
    `);
    expect(await messageOf(() => expect(states).toTakePath(['idle'], { machine: 'noiseHandshake' })))
      .toMatchInlineSnapshot(`
     "expected an actor of the trace to take this path, but no noiseHandshake lived in it

       idle"
    `);
    expect(await messageOf(() => expect(states).not.toTakePath(path))).toMatchInlineSnapshot(`
     "expected no actor of the trace to take this path; secioHandshake of /node/swarm/conn:1/secio took it

       awaitingPropose
       selectingSuite
       awaitingExchange.sent
       badSignature"
    `);
  });
});

const header = '13 2f6d756c746973747265616d2f312e302e300a';
const proposal = '0d 2f736563696f2f312e302e300a';

describe('toSendBytes', () => {
  const bytes = traceOf(opened('conn:1'), sent('conn:1', header), sent('conn:1', proposal));

  test('the same bytes in other writes, as hex or as bytes, all of them or the beginning', () => {
    expect(bytes).toSendBytes(`${header} ${proposal}`);
    expect(bytes).toSendBytes(Buffer.from(`${header}${proposal}`.replaceAll(' ', ''), 'hex'));
    expect(bytes).toSendBytes(header, { beginning: true });
    expect(bytes).not.toSendBytes(header);
    expect(bytes).not.toSendBytes(`${header} ${proposal} 00`);
    expect(bytes).not.toSendBytes(`${header} ${proposal} 00`, { beginning: true });
  });

  test('shows hex of both with the names of fields', async () => {
    const noise = '07 2f6e6f6973650a';
    expect(await messageOf(() => expect(bytes).toSendBytes(`${header} ${noise}`))).toMatchInlineSnapshot(`
     "/node/swarm/conn:1 sent other bytes, from byte 20 on, in multistream length
     34 bytes were sent, 28 expected

       expected                                                             | actual
       ---------------------------------------------------------------------+---------------------------------------------------------------------
       0000  13                       multistream length                    | 0000  13                       multistream length
       0001  2f 6d 75 6c 74 69 73 74  multistream line "/multistream/1.0.0" | 0001  2f 6d 75 6c 74 69 73 74  multistream line "/multistream/1.0.0"
       0009  72 65 61 6d 2f 31 2e 30                                        | 0009  72 65 61 6d 2f 31 2e 30
       0011  2e 30 0a                                                       | 0011  2e 30 0a
     > 0014  07                       multistream length                    | 0014  0d                       multistream length
       0015  2f 6e 6f 69 73 65 0a     multistream line "/noise"             | 0015  2f 73 65 63 69 6f 2f 31  multistream line "/secio/1.0.0"
                                                                            | 001d  2e 30 2e 30 0a"
    `);
    expect(await messageOf(() => expect(bytes).toSendBytes(header))).toMatchInlineSnapshot(`
     "/node/swarm/conn:1 sent other bytes, from byte 20 on, in multistream length, where the end was expected
     34 bytes were sent, 20 expected

       expected                                                             | actual
       ---------------------------------------------------------------------+---------------------------------------------------------------------
       0000  13                       multistream length                    | 0000  13                       multistream length
       0001  2f 6d 75 6c 74 69 73 74  multistream line "/multistream/1.0.0" | 0001  2f 6d 75 6c 74 69 73 74  multistream line "/multistream/1.0.0"
       0009  72 65 61 6d 2f 31 2e 30                                        | 0009  72 65 61 6d 2f 31 2e 30
       0011  2e 30 0a                                                       | 0011  2e 30 0a
     >                                                                      | 0014  0d                       multistream length
                                                                            | 0015  2f 73 65 63 69 6f 2f 31  multistream line "/secio/1.0.0"
                                                                            | 001d  2e 30 2e 30 0a"
    `);
    expect(await messageOf(() => expect(bytes).not.toSendBytes(header, { beginning: true }))).toMatchInlineSnapshot(
      `"expected what /node/swarm/conn:1 sent not to begin with these 20 bytes"`,
    );
  });

  test('which connection, where there are several or none, and a redacted trace, are refused', async () => {
    const two = traceOf(sent('conn:1', '00'), sent('conn:2', '00'));
    expect(await messageOf(() => expect(two).toSendBytes('00'))).toMatchInlineSnapshot(
      `"the trace has 2 connections that sent bytes; narrow it with connection(...): /node/swarm/conn:1, /node/swarm/conn:2"`,
    );
    expect(TraceView.of(two).connection('conn:2')).toSendBytes('00');
    expect(await messageOf(() => expect(states).toSendBytes('00'))).toMatchInlineSnapshot(
      `"the trace has no connection that sent bytes"`,
    );
    const redacted = traceOf({ name: 'io:bytes_sent', actor: '/node/swarm/conn:1', data: { raw: { length: 3 } } });
    expect(await messageOf(() => expect(redacted).toSendBytes('00'))).toMatchInlineSnapshot(
      `"the trace is redacted: it holds lengths and no bytes (record one of class replayable)"`,
    );
  });
});

const frames = traceOf(
  frame(
    'sent',
    'multistream',
    { type: 'multistream.messages', lines: ['/multistream/1.0.0', '/noise'] },
    { length: 28 },
  ),
  frame('received', 'multistream', { type: 'multistream.message', text: '/noise' }),
  frame('received', 'multistream', { type: 'multistream.selected', protocol: '/noise' }),
  frame('sent', 'noise', { type: 'noise.handshake', message: 1, tokens: ['e'] }, { length: 34 }),
  frame('received', 'noise', { type: 'noise.handshake', message: 2, tokens: ['e', 'ee', 's', 'es'] }),
  frame('received', 'noise', { type: 'noise.secured', peer: '12D3', muxer: '/yamux/1.0.0' }),
  frame('sent', 'yamux', { type: 'yamux.windowUpdate', flags: 'SYN', length: 0 }, { length: 12, stream: 1 }),
  frame('sent', 'noise', undefined, { length: 30 }),
  frame('sent', 'yamux', undefined, { length: 20, stream: 1 }),
  frame('sent', 'transport', undefined, { length: 64 }),
  frame('received', 'multistream', { type: 'multistream.selected', protocol: '/echo/1.0.0' }, { stream: 1 }),
);

describe('toSendFrames', () => {
  const all = [
    'multistream /multistream/1.0.0',
    'multistream /noise',
    'noise e',
    'yamux 1 windowUpdate SYN',
    'yamux 1 data',
  ];

  test('in words, by layer, either way', () => {
    expect(frames).toSendFrames(all);
    expect(frames).toSendFrames(['...', 'noise e', '...', 'yamux * data']);
    expect(frames).toSendFrames(['noise e', 'noise data'], { layer: 'noise' });
    expect(frames).toSendFrames(['noise e', 'yamux 1 *', 'noise data', 'yamux 1 data'], { layer: ['noise', 'yamux'] });
    expect(frames).toSendFrames(['multistream /noise', 'noise e, ee, s, es'], { direction: 'received' });
    expect(frames).not.toSendFrames(all.slice(1));
  });

  test('shows both side by side', async () => {
    expect(await messageOf(() => expect(frames).toSendFrames([...all.slice(0, 2), 'noise e, ee, s, es', '...'])))
      .toMatchInlineSnapshot(`
     "the trace sent other frames

       expected                       | actual
       -------------------------------+-------------------------------------------
       multistream /multistream/1.0.0 | multistream /multistream/1.0.0  (28 bytes)
       multistream /noise             | multistream /noise  (28 bytes)
     > noise e, ee, s, es             | noise e  (34 bytes)
       ...                            | yamux 1 windowUpdate SYN  (12 bytes)
                                      | yamux 1 data  (20 bytes)"
    `);
    expect(await messageOf(() => expect(frames).not.toSendFrames(['noise e', '...'], { layer: 'noise' })))
      .toMatchInlineSnapshot(`
     "expected the trace to have sent other frames than these

       expected | actual
       ---------+-----------------------
       noise e  | noise e  (34 bytes)
       ...      | noise data  (30 bytes)"
    `);
  });
});

describe('toNegotiate', () => {
  test('security, an early muxer, the protocol of a stream', () => {
    expect(frames).toNegotiate('/noise');
    expect(frames).toNegotiate('/yamux/1.0.0');
    expect(frames).toNegotiate('/echo/1.0.0');
    expect(frames).not.toNegotiate('/secio/1.0.0');
  });

  test('says what was agreed', async () => {
    expect(await messageOf(() => expect(frames).toNegotiate('/secio/1.0.0'))).toMatchInlineSnapshot(`
     "expected the trace to agree on /secio/1.0.0; what was agreed:

       /noise  on /node/swarm/conn:1
       /yamux/1.0.0  on /node/swarm/conn:1
       /echo/1.0.0  on /node/swarm/conn:1, stream 1"
    `);
    expect(await messageOf(() => expect(frames).not.toNegotiate('/noise'))).toMatchInlineSnapshot(`
     "expected the trace not to agree on /noise; what was agreed:

       /noise  on /node/swarm/conn:1
       /yamux/1.0.0  on /node/swarm/conn:1
       /echo/1.0.0  on /node/swarm/conn:1, stream 1"
    `);
    expect(await messageOf(() => expect(states).toNegotiate('/noise'))).toMatchInlineSnapshot(`
     "expected the trace to agree on /noise; what was agreed:

       (nothing)"
    `);
  });
});

describe('toRejectWith', () => {
  const failing = () => Promise.reject(new EngineError('ERR_DIAL_TIMEOUT', 'remote', 'nothing came in 10 s'));
  const failed = traceOf(
    rejected('ERR_DIAL_FAILED', 'every address failed'),
    frame('received', 'secio', { type: 'transport.failed' }, { error: 'ERR_SECIO_BAD_MAC' }),
  );

  test('a promise, a function that throws, a trace', async () => {
    await expect(failing()).toRejectWith('ERR_DIAL_TIMEOUT');
    await expect(failing).toRejectWith('ERR_DIAL_TIMEOUT');
    await expect(failing()).not.toRejectWith('ERR_DIAL_FAILED');
    await expect(Promise.resolve(1)).not.toRejectWith('ERR_DIAL_FAILED');
    await expect(failed).toRejectWith('ERR_DIAL_FAILED');
    await expect(failed).toRejectWith('ERR_SECIO_BAD_MAC');
    await expect(states).not.toRejectWith('ERR_DIAL_FAILED');
  });

  test('shows both codes, or the errors of the trace', async () => {
    expect(await messageOf(() => expect(failing()).toRejectWith('ERR_DIAL_FAILED'))).toMatchInlineSnapshot(`
     "expected a rejection with another code

       expected  ERR_DIAL_FAILED: Every address failed: see the causes.
       actual    ERR_DIAL_TIMEOUT: nothing came in 10 s"
    `);
    expect(await messageOf(() => expect(Promise.reject(new Error('other'))).toRejectWith('ERR_DIAL_FAILED')))
      .toMatchInlineSnapshot(`
     "expected a rejection with another code

       expected  ERR_DIAL_FAILED: Every address failed: see the causes.
       actual    (no code): other"
    `);
    expect(await messageOf(() => expect(failing()).not.toRejectWith('ERR_DIAL_TIMEOUT'))).toMatchInlineSnapshot(
      `"expected anything but a rejection with ERR_DIAL_TIMEOUT: nothing came in 10 s"`,
    );
    expect(
      await messageOf(() => expect(Promise.resolve(frames)).toRejectWith('ERR_DIAL_FAILED')),
    ).toMatchInlineSnapshot(`"expected a rejection with ERR_DIAL_FAILED, but it resolved to Object"`);
    expect(await messageOf(() => expect(failed).toRejectWith('ERR_DIAL_SELF'))).toMatchInlineSnapshot(`
     "expected an error ERR_DIAL_SELF in the trace; errors in it:

       record 0  /node/api  ERR_DIAL_FAILED: every address failed
       record 1  /node/swarm/conn:1/secio  ERR_SECIO_BAD_MAC"
    `);
    expect(await messageOf(() => expect(failed).not.toRejectWith('ERR_DIAL_FAILED'))).toMatchInlineSnapshot(`
     "expected no error ERR_DIAL_FAILED in the trace; errors in it:

       record 0  /node/api  ERR_DIAL_FAILED: every address failed
       record 1  /node/swarm/conn:1/secio  ERR_SECIO_BAD_MAC"
    `);
    expect(await messageOf(() => expect(states).toRejectWith('ERR_DIAL_FAILED'))).toMatchInlineSnapshot(`
     "expected an error ERR_DIAL_FAILED in the trace; errors in it:

       (none)"
    `);
  });
});

describe('toMatchTrace', () => {
  const one = traceOf(
    secio,
    sent('conn:1', header),
    frame('sent', 'noise', { type: 'noise.handshake', tokens: ['e'] }),
  );

  test.each(['bytes', 'frames', 'states', 'final'] as const)('on the level of %s a trace is itself', (level) => {
    expect(one).toMatchTrace(one, { level });
    expect(TraceView.of(one)).toMatchTrace(one, { level: [level] });
  });

  test('each level sees its own difference and no other', () => {
    const otherBytes = traceOf(secio, sent('conn:1', '13'), one.records.slice(-1));
    expect(otherBytes).toMatchTrace(one, { level: ['frames', 'states', 'final'] });
    expect(otherBytes).not.toMatchTrace(one, { level: 'bytes' });
    const otherFrames = traceOf(secio, sent('conn:1', header));
    expect(otherFrames).toMatchTrace(one, { level: ['bytes', 'states', 'final'] });
    expect(otherFrames).not.toMatchTrace(one, { level: 'frames' });
    const otherWay = traceOf(secio.slice(0, 1), secio.slice(2), sent('conn:1', header), one.records.slice(-1));
    expect(otherWay).toMatchTrace(one, { level: ['bytes', 'frames', 'final'] });
    expect(otherWay).not.toMatchTrace(one);
    expect(traceOf(secio.slice(0, 3))).not.toMatchTrace(traceOf(secio), { level: 'final' });
    expect(traceOf(rejected('ERR_DIAL_SELF', ''))).not.toMatchTrace(traceOf(), { level: 'final' });
  });

  test('shows the first difference', async () => {
    expect(await messageOf(() => expect(traceOf(secio.slice(0, 3))).toMatchTrace(traceOf(secio))))
      .toMatchInlineSnapshot(`
     "the traces differ in the path of secioHandshake of /node/swarm/conn:1/secio

       expected                                        | actual
       ------------------------------------------------+------------------------------------------------
       awaitingPropose  <- start                       | awaitingPropose  <- start
       selectingSuite  <- wire.propose                 | selectingSuite  <- wire.propose
       awaitingExchange.sent  <- crypto.localPreferred | awaitingExchange.sent  <- crypto.localPreferred
     > badSignature  <- crypto.failed                  |"
    `);
    expect(await messageOf(() => expect(traceOf(sent('conn:1', '1300'))).toMatchTrace(traceOf(sent('conn:1', '1301')))))
      .toMatchInlineSnapshot(`
     "the traces differ in bytes sent on /node/swarm/conn:1, from byte 1 on, in bytes

       expected                             | actual
       -------------------------------------+-------------------------------------
     > 0000  13 01                    bytes | 0000  13 00                    bytes"
    `);
    expect(await messageOf(() => expect(traceOf()).toMatchTrace(frames, { level: 'frames' }))).toMatchInlineSnapshot(`
     "the traces differ in frames of /node/swarm/conn:1

       expected                          | actual
       ----------------------------------+-------
     > -> multistream /multistream/1.0.0 |
       -> multistream /noise             |
       <- multistream /noise             |
       -> noise e                        |
       <- noise e, ee, s, es             |
       -> yamux 1 windowUpdate SYN       |
       -> yamux 1 data                   |"
    `);
    expect(await messageOf(() => expect(one).not.toMatchTrace(one))).toMatchInlineSnapshot(
      `"expected the traces to differ in bytes or states; they are the same"`,
    );
  });
});

describe('toBeDeterministic', () => {
  const differing = () => {
    let count = 0;
    return () => traceOf(life('conn:1', 'connection', ['a', 'start', ++count]));
  };

  test('traces, several of them, text, values', async () => {
    await expect(() => states).toBeDeterministic();
    await expect(async () => ({ here: states, there: frames })).toBeDeterministic();
    await expect(() => 'a\nb').toBeDeterministic();
    await expect(() => [1, { b: 2 }]).toBeDeterministic();
    await expect(differing()).not.toBeDeterministic();
  });

  test('shows the first record that differs', async () => {
    expect(await messageOf(() => expect(differing()).toBeDeterministic())).toMatchInlineSnapshot(`
     "two runs differ at line 2; the first is shown as expected

       expected                                                        | actual
       ----------------------------------------------------------------+----------------------------------------------------------------
       {"file_schema":"urn:ietf:params:qlog:file:sequential","seria... | {"file_schema":"urn:ietf:params:qlog:file:sequential","seria...
     > {"seq":0,"time":1,"name":"actor:transition","group_id":"/nod... | {"seq":0,"time":2,"name":"actor:transition","group_id":"/nod...

     first:  {"seq":0,"time":1,"name":"actor:transition","group_id":"/node/swarm/conn:1","data":{"machine":"connection","from":"","to":"a","event":"start","edges":[]}}
     second: {"seq":0,"time":2,"name":"actor:transition","group_id":"/node/swarm/conn:1","data":{"machine":"connection","from":"","to":"a","event":"start","edges":[]}}"
    `);
    const shorter = ['a\nb\nc', 'a\nb'].values();
    expect(await messageOf(() => expect(() => shorter.next().value).toBeDeterministic())).toMatchInlineSnapshot(`
     "two runs differ at line 3; the first is shown as expected

       expected | actual
       ---------+-------
       a        | a
       b        | b
     > c        |

     first:  c
     second: (ended)"
    `);
    expect(await messageOf(() => expect(() => 'same').not.toBeDeterministic())).toMatchInlineSnapshot(
      `"expected two runs to differ; both gave the same 1 lines"`,
    );
    expect(await messageOf(() => expect(states).toBeDeterministic())).toMatchInlineSnapshot(
      `"a function that can be run twice is expected"`,
    );
  });
});

describe('toCoverMachine', () => {
  const ping = MACHINES.find(({ machine }) => machine.id === 'ping')!.machine;
  /** Every state and edge of the chart, whatever leads where. */
  const everything = traceOf(
    Object.keys(ping.states).map((state) => life('ping', 'ping', [state, 'start'])[0]!),
    edgesOf(ping).map(({ id }) => life('ping', 'ping', [Object.keys(ping.states)[0]!, 'start', 0, id])[0]!),
  );
  const little = traceOf(life('ping', 'ping', [Object.keys(ping.states)[0]!, 'start']));

  test('by name or by machine, one trace or several together', () => {
    expect(everything).toCoverMachine('ping');
    expect(everything).toCoverMachine(ping, { states: 100, edges: 100 });
    expect(little).not.toCoverMachine('ping');
    expect(little).toCoverMachine('ping', { states: 1, edges: 0 });
    expect([little, everything]).toCoverMachine('ping');
  });

  test('names what was never seen', async () => {
    const most = traceOf(everything.records.slice(0, -1));
    expect(await messageOf(() => expect(most).toCoverMachine('ping', { edges: 100 }))).toMatchInlineSnapshot(`
     "expected ping to be covered: states 7 of 7 (100 %), asked 100 %; edges 7 of 8 (87 %), asked 100 %

       never seen: edge "resting after pingInterval""
    `);
    expect(await messageOf(() => expect(everything).not.toCoverMachine('ping'))).toMatchInlineSnapshot(
      `"expected ping not to be covered: states 7 of 7 (100 %), asked 100 %; edges 8 of 8 (100 %), asked 95 %"`,
    );
    expect(await messageOf(() => expect(everything).toCoverMachine('pong'))).toMatch(
      /^no machine "pong"; there are .*\bping\b/,
    );
  });

  test('a trace of another chart counts nothing, and it is said', async () => {
    const { header: head, records } = everything;
    const other = { header: { ...head, engine: { ...head.engine, machines: { ping: '00' } } }, records };
    expect((await messageOf(() => expect(other).toCoverMachine('ping'))).split('\n').slice(0, 3))
      .toMatchInlineSnapshot(`
     [
       "expected ping to be covered: states 0 of 7 (0 %), asked 100 %; edges 0 of 8 (0 %), asked 95 %",
       "",
       "  ping: recorded with another chart",
     ]
    `);
  });
});

describe('plain functions', () => {
  test('each is there, throws what the matcher says, and can be negated', async () => {
    expect(Object.keys(assertTrace)).toEqual([
      'toReachState',
      'toEnterState',
      'toTakePath',
      'toMatchTrace',
      'toSendBytes',
      'toSendFrames',
      'toNegotiate',
      'toRejectWith',
      'toBeDeterministic',
      'toCoverMachine',
      'not',
    ]);
    assertTrace.toReachState(states, 'open');
    assertTrace.not.toEnterState(states, '*.timedOut');
    expect(() => assertTrace.toReachState(states, 'closed')).toThrow(TraceAssertionError);
    const [plain, matcher] = [
      await messageOf(() => assertTrace.toNegotiate(frames, '/secio/1.0.0')),
      await messageOf(() => expect(frames).toNegotiate('/secio/1.0.0')),
    ];
    expect(plain).toBe(matcher);
    expect(await messageOf(() => assertTrace.not.toNegotiate(frames, '/noise'))).toBe(
      await messageOf(() => expect(frames).not.toNegotiate('/noise')),
    );
  });

  test('those that wait reject', async () => {
    await assertTrace.toBeDeterministic(() => 1);
    await assertTrace.not.toRejectWith(Promise.resolve(), 'ERR_ABORTED');
    await expect(Promise.resolve(assertTrace.toRejectWith(Promise.resolve(), 'ERR_ABORTED'))).rejects.toBeInstanceOf(
      TraceAssertionError,
    );
    expect(() => assertTrace.toRejectWith(states, 'ERR_ABORTED')).toThrow(TraceAssertionError);
  });

  test.each([undefined, null, 7, 'trace', {}, { header: 1 }])('%j is no trace', (value) => {
    expect(() => assertTrace.toReachState(value, 'open')).toThrow(/a trace or a view of one is expected, not/);
  });
});
