/**
 * Muxers that hear anything: real frames that were changed, frames with fields at their bounds, and bytes that are none. The
 * session goes on or ends by name; no stream holds more than it may; and nothing is left.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mplexProtocol } from '../../src/actors/connection/mplex/muxer.js';
import type { MuxerProtocol } from '../../src/actors/connection/muxer.js';
import { noMuxer } from '../../src/actors/connection/none/muxer.js';
import { yamuxProtocol } from '../../src/actors/connection/yamux/muxer.js';
import type { Limits } from '../../src/limits.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { encodeMplexHeader } from '../../src/wire/mplex.js';
import { encodeYamuxHeader } from '../../src/wire/yamux.js';
import { concat } from '../support/decoding.js';
import { MuxerEnd } from '../support/muxer-pair.js';
import { cut, cutting, hexIn, nearly } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

/** Small windows, queues and numbers of streams, so that few bytes reach every edge. */
const SMALL: Partial<Limits> = {
  yamuxInitialWindowBytes: 400,
  yamuxMaxWindowBytes: 3200,
  yamuxAckBacklog: 6,
  yamuxInboundStreams: 8,
  streamSendQueueBytes: 500,
  streamSendQueueMaxBytes: 2000,
  outboxHighWaterBytes: 700,
  outboxLowWaterBytes: 200,
  mplexStreamQueueBytes: 400,
  mplexInboundStreams: 8,
};
/** What either may hold of one stream unread, and how many streams at all. */
const UNREAD_BYTES = 3200;
const STREAMS = 8 + 1;

const NUMBERS = fc.oneof(
  { weight: 6, arbitrary: fc.nat(12) },
  { weight: 2, arbitrary: fc.constantFrom(399, 400, 401, 3200, 65_536, 2 ** 20, 2 ** 20 + 1) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1) },
);
const BODY = fc.nat(500).map((size) => new Uint8Array(size).fill(size));

/** A yamux frame from its fields; the body of a data frame is as long as it says, most of the time. */
const yamuxFrame = fc
  .record({ type: fc.nat(3), flags: fc.nat(15), id: NUMBERS, length: NUMBERS, body: BODY, honest: fc.nat(9) })
  .map(({ type, flags, id, length, body, honest }) =>
    type === 0
      ? concat(encodeYamuxHeader(0, flags, id, honest > 0 ? body.length : length), body)
      : encodeYamuxHeader(type, flags, id, length),
  );

const mplexMessage = fc
  .record({ flag: fc.nat(6), id: NUMBERS, length: NUMBERS, body: BODY, honest: fc.nat(9) })
  .map(({ flag, id, length, body, honest }) =>
    concat(encodeMplexHeader(flag, id, honest > 0 ? body.length : length), body),
  );

/** One muxer. */
interface MuxerRow {
  readonly name: string;
  readonly protocol: MuxerProtocol;
  readonly piece: fc.Arbitrary<Uint8Array>;
  /** How a session may end that a peer ended. */
  readonly codes: RegExp;
}

/** One row for each muxer. */
const MUXERS: readonly MuxerRow[] = [
  {
    name: 'yamux',
    protocol: yamuxProtocol,
    piece: fc.oneof({ weight: 6, arbitrary: yamuxFrame }, { weight: 1, arbitrary: nearly(hexIn('yamux/frames.json')) }),
    codes: /^ERR_(YAMUX_\w+|TRANSPORT_ENDED|STREAM_RESET_FLOOD|OUTBOX_OVERFLOW)$/,
  },
  {
    name: 'mplex',
    protocol: mplexProtocol,
    piece: fc.oneof(
      { weight: 6, arbitrary: mplexMessage },
      { weight: 1, arbitrary: nearly(hexIn('mplex/messages.json')) },
    ),
    codes: /^ERR_(MPLEX_\w+|TRANSPORT_ENDED|STREAM_RESET_FLOOD|OUTBOX_OVERFLOW)$/,
  },
  {
    name: 'no muxer',
    protocol: noMuxer,
    piece: fc.uint8Array({ maxLength: 900 }),
    codes: /^ERR_(TRANSPORT_ENDED|STREAM_RESET)$/,
  },
];

const ACTS = ['open', 'write', 'read', 'close', 'reset', 'wait'] as const;

const inputsOf = (piece: fc.Arbitrary<Uint8Array>) =>
  fc.record({
    steps: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: piece },
        { weight: 1, arbitrary: fc.record({ act: fc.constantFrom(...ACTS), which: fc.nat(8) }) },
      ),
      { maxLength: 50 },
    ),
    sizes: cutting,
    role: fc.constantFrom('dialer' as const, 'listener' as const),
    accept: fc.boolean(),
    end: fc.constantFrom('leaves', 'ends', 'is silent'),
  });
type Input = ReturnType<typeof inputsOf> extends fc.Arbitrary<infer Value> ? Value : never;

function judge({ protocol, codes }: MuxerRow, { steps, sizes, role, accept, end }: Input): void {
  const clock = new VirtualClock();
  const ours = new MuxerEnd(protocol, clock, role, { limits: SMALL, accept, pipeBytes: Number.MAX_SAFE_INTEGER });
  ours.environment.turns.post(() => ours.muxer.start());
  for (const step of steps) {
    // A transport that is held brings nothing.
    if (!(step instanceof Uint8Array)) act(ours, clock, step);
    else if (!ours.isPaused) ours.receive(cut(step, sizes));
    check(ours);
  }
  if (end === 'ends') ours.tell({ type: 'transport.ended' });
  if (end === 'is silent') clock.advance(120_000);
  check(ours);
  for (const ended of [...ours.ended, ...ours.dropped]) {
    // What ends by our own reset is ours.
    if (ended !== 'well') assertNamed(ended, ended.code === 'ERR_STREAM_RESET' ? ['local'] : ['remote'], codes);
  }
  assert(ours.ended.length <= 1, 'the session ended twice');
  ours.environment.turns.post(() => ours.muxer.dispose());
  assert.deepEqual(ours.broken, []);
  const { liveActors } = ours.environment;
  assert.deepEqual([liveActors, ours.muxer.streams.size, clock.pendingTimers], [0, 0, 0], 'something is left');
}

/** What our side does meanwhile; it may be refused, by name. */
function act(
  ours: MuxerEnd,
  clock: VirtualClock,
  { act: what, which }: { readonly act: string; readonly which: number },
) {
  const stream = ours.accepted[which % Math.max(1, ours.accepted.length)];
  try {
    if (what === 'wait') clock.advance(5000);
    if (what === 'open') ours.accepted.push(ours.open());
    if (what === 'write') stream?.write(new Uint8Array(100 * which));
    if (what === 'read')
      stream?.data$.subscribe({ next: (chunk) => stream.consume(chunk.length), error: () => undefined });
    if (what === 'close') stream?.close().catch(() => undefined);
    if (what === 'reset') stream?.reset();
  } catch (thrown) {
    assertNamed(thrown, ['local', 'remote']);
  }
}

function check(ours: MuxerEnd): void {
  assert.deepEqual(ours.broken, []);
  assert(ours.muxer.streams.size <= 2 * STREAMS + 50, `${ours.muxer.streams.size} streams are open`);
  for (const { unconsumedBytes, queuedBytes } of ours.muxer.streams.values()) {
    assert(unconsumedBytes <= UNREAD_BYTES, `${unconsumedBytes} bytes are unread`);
    assert(queuedBytes <= SMALL.streamSendQueueMaxBytes!, `${queuedBytes} bytes are queued`);
  }
}

export const MUXER_TARGETS: readonly FuzzTarget[] = MUXERS.map((row) =>
  target(`${row.name} inbound`, inputsOf(row.piece), (input) => judge(row, input)),
);
