/**
 * Two muxers of one kind under any order of operations on both ends, on virtual time: what arrives is a prefix of what was
 * sent, within credit; what nobody broke off arrives whole; and nothing is left.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mplexProtocol } from '../../src/actors/connection/mplex/muxer.js';
import type { MuxerProtocol } from '../../src/actors/connection/muxer.js';
import { yamuxProtocol } from '../../src/actors/connection/yamux/muxer.js';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import type { Limits } from '../../src/limits.js';
import { concat } from '../support/decoding.js';
import { MuxerPair, NOTHING_LEFT, randomChunking, type MuxerEnd } from '../support/muxer-pair.js';
import { pattern } from '../support/streams.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

/** Small windows, queues and frames, so that few bytes reach every edge. */
const SMALL: Partial<Limits> = {
  yamuxInitialWindowBytes: 400,
  yamuxMaxWindowBytes: 3200,
  yamuxWindowGrowthBytes: 4000,
  yamuxSendFrameBytes: 150,
  pumpBytes: 300,
  yamuxAckBacklog: 6,
  yamuxInboundStreams: 8,
  streamSendQueueBytes: 500,
  streamSendQueueMaxBytes: 2000,
  outboxHighWaterBytes: 700,
  outboxLowWaterBytes: 200,
  mplexSendMessageBytes: 150,
  mplexStreamQueueBytes: 3200,
  mplexInboundStreams: 8,
};

/** One muxer, and what it may hold for a stream that is not read. */
interface MuxerRow {
  readonly name: string;
  readonly protocol: MuxerProtocol;
  readonly unreadBytes: number;
  /** Why it may open no stream, and why a stream may end that nobody broke off. */
  readonly full: RegExp;
  readonly overrun: RegExp;
}

/** One row for each muxer with streams on the wire. */
const MUXERS: readonly MuxerRow[] = [
  {
    name: 'yamux',
    protocol: yamuxProtocol,
    unreadBytes: 3200,
    full: /^ERR_YAMUX_(BACKLOG|TOO_MANY_STREAMS)$/,
    overrun: /^$/,
  },
  {
    name: 'mplex',
    protocol: mplexProtocol,
    unreadBytes: 3200,
    full: /^ERR_MPLEX_TOO_MANY_STREAMS$/,
    overrun: /^ERR_MPLEX_QUEUE_FULL$/,
  },
];

/** One direction of one stream, and what is known of it. */
class Flow {
  sent = new Uint8Array(0);
  got: Uint8Array[] = [];
  toConsume = 0;
  subscription: { unsubscribe(): void } | undefined;

  /** `reader` is absent while the peer has not seen the stream. */
  constructor(
    readonly writer: ProtocolStream,
    public reader: ProtocolStream | undefined,
  ) {}

  check(): void {
    const got = concat(...this.got);
    assert(got.length <= this.sent.length, 'more came than was sent');
    assert.equal(Buffer.compare(got, this.sent.subarray(0, got.length)), 0, 'other bytes came than were sent');
  }
}

/** A pair of sessions under random operations. */
class Fuzz {
  readonly pair: MuxerPair;
  readonly flows: Flow[] = [];

  constructor(
    readonly row: MuxerRow,
    seed: number,
  ) {
    this.pair = new MuxerPair(row.protocol, {
      limits: SMALL,
      chunking: randomChunking(seed),
      pipeBytes: 900,
      latencyMs: 3,
    });
  }

  run({ name, side, which, size }: Operation): void {
    const [end, other] = side ? this.pair.ends : [this.pair.listener, this.pair.dialer];
    const flow = this.flows[which % Math.max(this.flows.length, 1)];
    if (name === 'open') this.#open(end, other);
    if (name === 'step') for (let left = size % 5; left > 0; left--) this.pair.step();
    if (name === 'wait') this.pair.clock.advance(size);
    if (flow === undefined) return;
    if (name === 'write') this.#write(flow, size);
    if (name === 'consume' && flow.reader !== undefined) this.#consume(flow, flow.reader, size);
    if (name === 'closeWrite') flow.writer.closeWrite();
    if (name === 'close') void flow.writer.close();
    if (name === 'reset') flow.writer.reset(size);
    if (name === 'leave') flow.subscription?.unsubscribe();
  }

  /** Links streams that the peer has seen by now, and checks what must always hold. */
  check(): void {
    for (const flow of this.flows) {
      if (flow.reader === undefined) this.#meet(flow);
      flow.check();
    }
    for (const end of this.pair.ends) {
      assert.deepEqual(end.broken, []);
      assert.deepEqual(end.ended, [], 'the session ended');
      assert(end.maxOutboxBytes < 20_000, `${end.maxOutboxBytes} bytes waited in the outbox`);
      for (const stream of end.muxer.streams.values()) {
        assert(stream.unconsumedBytes <= this.row.unreadBytes, `${stream.unconsumedBytes} bytes are unread`);
        assert(stream.queuedBytes <= SMALL.streamSendQueueMaxBytes!, `${stream.queuedBytes} bytes are queued`);
      }
    }
  }

  #open(end: MuxerEnd, other: MuxerEnd): void {
    try {
      const stream = end.open();
      const flow = new Flow(stream, undefined);
      const back = new Flow(stream, undefined);
      this.flows.push(flow);
      this.#waiting.push({ flow, back, other });
    } catch (thrown) {
      assertNamed(thrown, ['local', 'remote'], this.row.full);
    }
  }

  readonly #waiting: { readonly flow: Flow; readonly back: Flow; readonly other: MuxerEnd }[] = [];

  #meet(flow: Flow): void {
    const index = this.#waiting.findIndex((waiting) => waiting.flow === flow);
    const waiting = this.#waiting[index];
    const accepted = waiting?.other.accepted.find(({ id }) => id === flow.writer.id);
    if (waiting === undefined || accepted === undefined) return;
    this.#waiting.splice(index, 1);
    flow.reader = accepted;
    const back = new Flow(accepted, flow.writer);
    this.flows.push(back);
    for (const each of [flow, back]) {
      each.subscription = each.reader!.data$.subscribe((chunk) => {
        each.got.push(chunk.slice());
        each.toConsume += chunk.length;
      });
    }
  }

  #write(flow: Flow, size: number): void {
    const bytes = pattern(size, flow.sent.length);
    try {
      flow.writer.write(bytes);
      flow.sent = new Uint8Array(concat(flow.sent, bytes));
    } catch (thrown) {
      assertNamed(thrown, ['local', 'remote'], /^ERR_(STREAM_(CLOSED|RESET|QUEUE_FULL)|MPLEX_QUEUE_FULL)$/);
    }
  }

  #consume(flow: Flow, reader: ProtocolStream, size: number): void {
    const consumed = Math.min(size, flow.toConsume);
    flow.toConsume -= consumed;
    try {
      reader.consume(consumed);
    } catch (thrown) {
      // The reader has left: everything was consumed for it.
      assertNamed(thrown, ['local'], /^ERR_INVALID_ARGUMENT$/);
    }
  }
}

const operation = fc.record({
  name: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('open') },
    { weight: 12, arbitrary: fc.constantFrom('write', 'consume', 'step') },
    { weight: 2, arbitrary: fc.constantFrom('wait', 'closeWrite') },
    { weight: 1, arbitrary: fc.constantFrom('close', 'reset', 'leave') },
  ),
  side: fc.boolean(),
  which: fc.nat(20),
  size: fc.oneof(fc.nat(30), fc.nat(900)),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

const inputs = fc.record({ seed: fc.nat(), operations: fc.array(operation, { minLength: 5, maxLength: 250 }) });
type Input = typeof inputs extends fc.Arbitrary<infer Value> ? Value : never;

function judge(row: MuxerRow, { seed, operations }: Input): void {
  const fuzz = new Fuzz(row, seed);
  for (const each of operations) {
    fuzz.run(each);
    fuzz.check();
  }
  // In the end everybody reads everything: what was not reset or left arrives whole.
  for (let quiet = 0; quiet < 3; quiet++) {
    fuzz.pair.settle();
    fuzz.check();
    for (const flow of fuzz.flows) {
      if (flow.toConsume === 0 || flow.reader === undefined) continue;
      quiet = 0;
      fuzz.run({ name: 'consume', side: true, which: fuzz.flows.indexOf(flow), size: flow.toConsume });
    }
  }
  const isBrokenOff = operations.some(({ name }) => ['leave', 'close', 'reset'].includes(name));
  for (const { writer, reader, got, sent, subscription } of fuzz.flows) {
    const errors = [writer.error, reader?.error].filter((error) => error !== undefined);
    for (const error of errors) assertNamed(error, ['local', 'remote'], /^ERR_(STREAM_RESET|MPLEX_QUEUE_FULL)$/);
    if (isBrokenOff || subscription === undefined) continue;
    if (errors.length === 0) assert.equal(concat(...got).length, sent.length, 'bytes are missing');
    else
      assert(
        errors.some(({ code }) => row.overrun.test(code)),
        'a stream ended that nobody broke off',
      );
  }
  assert.deepEqual(fuzz.pair.close(), NOTHING_LEFT);
  assert.deepEqual(
    fuzz.pair.ends.flatMap(({ broken }) => broken),
    [],
  );
}

export const OPERATION_TARGETS: readonly FuzzTarget[] = MUXERS.map((row) =>
  target(`${row.name} operations`, inputs, (input) => judge(row, input)),
);
