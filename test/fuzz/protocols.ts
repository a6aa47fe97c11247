/**
 * Protocol handlers on a stream whose other end says anything: each exchange ends, well or by name, when the peer ends or
 * breaks the stream and, where it has a deadline, when the peer goes silent; and nothing is left.
 */
import assert from 'node:assert/strict';
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import fc from 'fast-check';
import { Environment } from '../../src/actors/environment.js';
import { echo } from '../../src/actors/protocols/echo-handler.js';
import { answerIdentify, receiveIdentifyPush, requestIdentify } from '../../src/actors/protocols/identify-handler.js';
import { answerPerf, requestPerf } from '../../src/actors/protocols/perf-handler.js';
import { answerPing, pingPeer } from '../../src/actors/protocols/ping-handler.js';
import { answerRelayV1 } from '../../src/actors/protocols/relay-v1-handler.js';
import { requestRendezvous } from '../../src/actors/rendezvous/request.js';
import { RendezvousPoint } from '../../src/actors/rendezvous/server.js';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import type { EngineError } from '../../src/errors.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { encodeRelayV1Status } from '../../src/wire/circuit-v1.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { hex } from '../support/decoding.js';
import { fakeStreamPair } from '../support/fake-stream.js';
import { vectors } from '../support/vectors.js';
import { cut, cutting, hexIn, nearly } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

/** One side of one protocol. */
interface ProtocolRow {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  run(environment: Environment, stream: ProtocolStream): Promise<unknown>;
  /** Whether it waits no longer than a deadline for a peer that is silent: to its end, or until it has answered. */
  readonly deadline: 'to the end' | 'until answered' | 'none';
  readonly codes: RegExp;
}

const [{ peer: remotePeer }] = vectors('identify/captured.json') as [{ readonly peer: string }];
const identifies = hexIn('identify/captured.json');
const rendezvous = hexIn('rendezvous/rust-libp2p.json');
const address = 'conn:1/yamux/1/protocol';
const ping = [new Uint8Array(32), new Uint8Array(64), new Uint8Array(33)];
const STREAM = 'STREAM_(RESET|CLOSED|ENDED|QUEUE_FULL)';

/** One row for each side of each protocol. */
const PROTOCOLS: readonly ProtocolRow[] = [
  {
    name: 'ping answer',
    samples: ping,
    run: answerPing,
    deadline: 'none',
    codes: RegExp(`^ERR_(PING_\\w+|${STREAM})$`),
  },
  {
    name: 'ping ask',
    samples: ping,
    run: async (environment, stream) => {
      for await (const roundTripMs of pingPeer(environment, stream, { count: 2 })) assert(roundTripMs >= 0);
    },
    deadline: 'to the end',
    codes: RegExp(`^ERR_(PING_\\w+|${STREAM})$`),
  },
  {
    name: 'identify ask',
    samples: identifies,
    run: (environment, stream) => requestIdentify(environment, stream, { remotePeer, address }),
    deadline: 'to the end',
    codes: RegExp(`^ERR_(IDENTIFY_\\w+|KEY_\\w+|${STREAM})$`),
  },
  {
    name: 'identify answer',
    samples: [new Uint8Array(0), hex('00')],
    run: (environment, stream) =>
      answerIdentify(environment, stream, { listenAddresses: [], protocols: ['/a'], agentVersion: 'a' }),
    deadline: 'none',
    codes: RegExp(`^ERR_(${STREAM})$`),
  },
  {
    name: 'identify push',
    samples: identifies,
    run: (environment, stream) => receiveIdentifyPush(environment, stream, { remotePeer, address }),
    deadline: 'to the end',
    codes: RegExp(`^ERR_(IDENTIFY_\\w+|KEY_\\w+|${STREAM})$`),
  },
  {
    name: 'relay 0.1.0 answer',
    samples: [encodeRelayV1Status(270), ...['0801', '0802', '0804'].map((text) => encodeVarintPrefixed(hex(text)))],
    run: answerRelayV1,
    deadline: 'until answered',
    codes: RegExp(`^ERR_(RELAY_V1_\\w+|${STREAM})$`),
  },
  {
    name: 'rendezvous ask',
    samples: rendezvous,
    run: (environment, stream) => requestRendezvous(environment, stream, { type: 'DISCOVER' }),
    deadline: 'to the end',
    codes: RegExp(`^ERR_(RENDEZVOUS_\\w+|${STREAM})$`),
  },
  {
    name: 'rendezvous answer',
    samples: rendezvous,
    run: (environment, stream) => new RendezvousPoint(environment).handler(stream),
    deadline: 'to the end',
    codes: RegExp(`^ERR_(RENDEZVOUS_\\w+|${STREAM})$`),
  },
  { name: 'echo answer', samples: ping, run: echo, deadline: 'none', codes: RegExp(`^ERR_(${STREAM})$`) },
  {
    name: 'perf answer',
    samples: [hex('0000000000000400'), hex('ffffffffffffffff 0102')],
    run: answerPerf,
    deadline: 'none',
    codes: RegExp(`^ERR_(${STREAM})$`),
  },
  {
    name: 'perf ask',
    samples: [new Uint8Array(100), new Uint8Array(101)],
    run: (environment, stream) => requestPerf(environment, stream, { sendBytes: 200, receiveBytes: 100 }),
    deadline: 'none',
    codes: RegExp(`^ERR_(WIRE_TOO_LARGE|${STREAM})$`),
  },
];

const inputsOf = (samples: readonly Uint8Array[]) =>
  fc.record({
    bytes: nearly(samples),
    sizes: cutting,
    /** Sends back what it hears, too. */
    echoes: fc.boolean(),
    end: fc.constantFrom('closes', 'resets', 'is silent'),
  });
type Input = ReturnType<typeof inputsOf> extends fc.Arbitrary<infer Value> ? Value : never;

/** What the other end reads before it stops: a peer may be asked for more than there will ever be. */
const READ_BYTES = 20_000;
/** And what it sends back, so that two that echo come to an end. */
const ECHO_BYTES = 1000;
const LONG_MS = 300_000;

async function judge(row: ProtocolRow, { bytes, sizes, echoes, end }: Input): Promise<void> {
  const clock = new VirtualClock();
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: nodeCiphers,
    onBroken: (error) => broken.push(error),
  });
  const [ours, theirs] = fakeStreamPair(environment, { windowBytes: 4096, queueBytes: 4096 });
  let readBytes = 0;
  theirs.data$.subscribe({
    next: (chunk) => {
      readBytes += chunk.length;
      if (readBytes > READ_BYTES) return;
      theirs.consume(chunk.length);
      if (echoes && readBytes <= ECHO_BYTES && !theirs.writeClosed && theirs.error === undefined) theirs.write(chunk);
    },
    error: () => undefined,
  });
  let isOver = false;
  let outcome: unknown;
  const exchange = row
    .run(environment, ours)
    .catch((thrown: unknown) => (outcome = thrown))
    .finally(() => (isOver = true));
  await settled();
  for (const chunk of cut(bytes, sizes)) {
    // It was reset by now.
    if (theirs.error !== undefined) break;
    theirs.write(chunk);
  }
  await settled();
  if (end === 'closes') theirs.closeWrite();
  if (end === 'resets') theirs.reset();
  if (end === 'is silent') clock.advance(LONG_MS);
  await settled();
  if (end === 'closes') clock.advance(LONG_MS);
  await settled();
  const isDue = row.deadline === 'to the end' || (row.deadline === 'until answered' && readBytes === 0);
  const mustEnd = end === 'resets' || isDue;
  if (mustEnd) assert(isOver, `it still waits for a peer that ${end}`);
  // The connection goes.
  ours.reset();
  await settled();
  assert(isOver, 'it waits for a stream that is gone');
  await exchange;
  if (outcome !== undefined) assertNamed(outcome, ['remote', 'local'], row.codes);
  assert(ours.maxUnconsumedBytes <= 4096 && ours.maxQueuedBytes <= 4096 + 65_536, 'more is held than it may');
  assert.deepEqual(broken, []);
  assert.deepEqual([environment.liveActors, clock.pendingTimers], [0, 0], 'something is left');
}

/** Lets promises that are due run; no time passes. */
async function settled(): Promise<void> {
  await nextMacrotask();
  await nextMacrotask();
}

export const PROTOCOL_TARGETS: readonly FuzzTarget[] = PROTOCOLS.map((row) =>
  target(row.name, inputsOf(row.samples), (input) => judge(row, input)),
);
