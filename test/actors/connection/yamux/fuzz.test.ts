/** Any order of operations and any bytes: what arrives is a prefix of what was sent, within credit, and nothing is left. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { yamuxProtocol } from '../../../../src/actors/connection/yamux/muxer.js';
import type { ProtocolStream } from '../../../../src/actors/stream/protocol-stream.js';
import type { Limits } from '../../../../src/limits.js';
import { concat } from '../../../support/decoding.js';
import { MuxerPair, NOTHING_LEFT, randomChunking, type MuxerEnd } from '../../../support/muxer-pair.js';
import { pattern } from '../../../support/streams.js';
import { YamuxWithPeer } from '../../../support/yamux-peer.js';

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
};

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
    expect(got.length).toBeLessThanOrEqual(this.sent.length);
    expect(Buffer.compare(got, this.sent.subarray(0, got.length))).toBe(0);
  }
}

/** A pair of sessions under random operations. */
class Fuzz {
  readonly pair: MuxerPair;
  readonly flows: Flow[] = [];

  constructor(seed: number) {
    this.pair = new MuxerPair(yamuxProtocol, {
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
      expect(end.broken).toEqual([]);
      expect(end.ended).toEqual([]);
      expect(end.maxOutboxBytes).toBeLessThan(20_000);
      for (const stream of end.muxer.streams.values()) {
        expect(stream.unconsumedBytes).toBeLessThanOrEqual(SMALL.yamuxMaxWindowBytes!);
        expect(stream.queuedBytes).toBeLessThanOrEqual(SMALL.streamSendQueueMaxBytes!);
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
      expect(['ERR_YAMUX_BACKLOG', 'ERR_YAMUX_TOO_MANY_STREAMS']).toContain((thrown as { code: string }).code);
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
      const allowed = ['ERR_STREAM_CLOSED', 'ERR_STREAM_RESET', 'ERR_STREAM_QUEUE_FULL'];
      expect(allowed).toContain((thrown as { code: string }).code);
    }
  }

  #consume(flow: Flow, reader: ProtocolStream, size: number): void {
    const consumed = Math.min(size, flow.toConsume);
    flow.toConsume -= consumed;
    try {
      reader.consume(consumed);
    } catch (thrown) {
      // The reader has left: everything was consumed for it.
      expect((thrown as { code: string }).code).toBe('ERR_INVALID_ARGUMENT');
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

describe('yamux under random operations', () => {
  test('a pair of sessions', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(operation, { minLength: 10, maxLength: 250 }), (seed, operations) => {
        const fuzz = new Fuzz(seed);
        for (const each of operations) {
          fuzz.run(each);
          fuzz.check();
        }
        // In the end everybody reads everything: what was not reset or left arrives whole.
        for (let quiet = 0; quiet < 3; quiet++) {
          fuzz.pair.settle();
          fuzz.check();
          for (const flow of fuzz.flows) {
            if (flow.toConsume > 0) quiet = 0;
            if (flow.reader !== undefined)
              fuzz.run({ name: 'consume', side: true, which: fuzz.flows.indexOf(flow), size: flow.toConsume });
          }
        }
        const untouched = (flow: Flow) =>
          flow.writer.error === undefined && flow.subscription?.unsubscribe !== undefined;
        const left = new Set(
          operations.filter(({ name }) => name === 'leave' || name === 'close').map(({ which }) => which),
        );
        if (left.size === 0) {
          for (const flow of fuzz.flows.filter(untouched)) {
            if (flow.reader?.error === undefined) expect(concat(...flow.got).length).toBe(flow.sent.length);
          }
        }
        expect(fuzz.pair.close()).toEqual(NOTHING_LEFT);
        expect(fuzz.pair.ends.flatMap(({ broken }) => broken)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('any bytes from a peer end in a named failure of the session, or in nothing', () => {
    const header = fc
      .record({
        version: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
        type: fc.nat(4),
        flags: fc.nat(15),
        id: fc.nat(8),
        length: fc.oneof(fc.nat(40), fc.nat(0xffff_ffff)),
      })
      .map(({ version, type, flags, id, length }) =>
        Uint8Array.from([version, type, 0, flags, 0, 0, 0, id, length >>> 24, length >>> 16, length >>> 8, length]),
      );
    const piece = fc.oneof(
      { weight: 4, arbitrary: header },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, accept) => {
        const peer = new YamuxWithPeer('listener', { limits: SMALL, accept });
        peer.end.open();
        for (const bytes of pieces) peer.end.receive([bytes]);
        if (peer.ended !== undefined && peer.ended !== 'well') expect(peer.ended).toMatch(/^ERR_YAMUX_/);
        expect(peer.end.broken).toEqual([]);
        expect(peer.close()).toEqual(NOTHING_LEFT);
      }),
      { numRuns: 500 },
    );
  });
});
