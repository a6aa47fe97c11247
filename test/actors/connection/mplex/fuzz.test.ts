/** Any order of operations and any bytes: what arrives is a prefix of what was sent, bounds hold, and nothing is left. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mplexProtocol } from '../../../../src/actors/connection/mplex/muxer.js';
import type { ProtocolStream } from '../../../../src/actors/stream/protocol-stream.js';
import type { Limits } from '../../../../src/limits.js';
import { encodeMplexHeader } from '../../../../src/wire/mplex.js';
import { MplexWithPeer } from '../../../support/mplex-peer.js';
import { MuxerPair, NOTHING_LEFT, randomChunking } from '../../../support/muxer-pair.js';
import { pattern } from '../../../support/streams.js';

/** Small queues and messages, so that few bytes reach every edge. */
const SMALL: Partial<Limits> = {
  mplexSendMessageBytes: 150,
  mplexMessageBytes: 1000,
  mplexStreamQueueBytes: 1200,
  mplexSessionQueueBytes: 3000,
  mplexInboundStreams: 8,
  pumpBytes: 300,
  streamSendQueueBytes: 500,
  streamSendQueueMaxBytes: 2000,
  outboxHighWaterBytes: 700,
  outboxLowWaterBytes: 200,
};

/** One end of a stream: what it wrote, and what it read of the other end. */
class End {
  written = 0;
  read = 0;
  toConsume = 0;

  constructor(readonly stream: ProtocolStream) {
    stream.data$.subscribe({
      next: (chunk) => {
        for (const [at, byte] of chunk.entries()) if (byte !== byteAt(this.read + at)) throw new Error('another byte');
        this.read += chunk.length;
        this.toConsume += chunk.length;
      },
      error: () => (this.toConsume = 0),
    });
  }

  write(size: number): void {
    try {
      const bytes = Uint8Array.from({ length: size }, (_, at) => byteAt(this.written + at));
      this.stream.write(bytes);
      this.written += size;
    } catch (thrown) {
      const allowed = ['ERR_STREAM_CLOSED', 'ERR_STREAM_RESET', 'ERR_STREAM_QUEUE_FULL'];
      expect(allowed).toContain((thrown as { code: string }).code);
    }
  }

  consume(size: number): void {
    const consumed = Math.min(size, this.toConsume);
    this.toConsume -= consumed;
    this.stream.consume(consumed);
  }
}

const byteAt = (at: number): number => (at * 7 + (at >> 8)) % 251;

const operation = fc.record({
  name: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('open') },
    { weight: 12, arbitrary: fc.constantFrom('write', 'consume', 'step') },
    { weight: 2, arbitrary: fc.constantFrom('closeWrite', 'reset') },
  ),
  side: fc.boolean(),
  which: fc.nat(20),
  size: fc.oneof(fc.nat(30), fc.nat(900)),
});

describe('mplex under random operations', () => {
  test('a pair of sessions', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(operation, { minLength: 10, maxLength: 250 }), (seed, operations) => {
        const options = { limits: SMALL, chunking: randomChunking(seed), pipeBytes: 900, latencyMs: 3 };
        const pair = new MuxerPair(mplexProtocol, options);
        const ends = { dialer: new Map<number, End>(), listener: new Map<number, End>() };
        const meet = (): void => {
          for (const side of ['dialer', 'listener'] as const) {
            for (const stream of pair[side].accepted.splice(0)) ends[side].set(stream.id, new End(stream));
          }
        };
        for (const { name, side: isDialer, which, size } of operations) {
          const side = isDialer ? 'dialer' : 'listener';
          const own = [...ends[side].values()];
          const end = own[which % Math.max(own.length, 1)];
          if (name === 'open') {
            const stream = pair[side].open();
            ends[side].set(stream.id, new End(stream));
          }
          if (name === 'step') for (let left = size % 5; left > 0; left--) pair.step();
          if (name === 'write') end?.write(size);
          if (name === 'consume') end?.consume(size);
          if (name === 'closeWrite') end?.stream.closeWrite();
          if (name === 'reset') end?.stream.reset();
          meet();
          for (const { muxer, outbox } of pair.ends) {
            expect(outbox.queuedBytes).toBeLessThan(20_000);
            const waiting = [...muxer.streams.values()].map(({ unconsumedBytes }) => unconsumedBytes);
            expect(Math.max(0, ...waiting)).toBeLessThanOrEqual(SMALL.mplexStreamQueueBytes!);
            expect(waiting.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(SMALL.mplexSessionQueueBytes!);
          }
        }
        // In the end everybody reads everything: what nobody reset arrives whole.
        for (let quiet = 0; quiet < 3; quiet++) {
          pair.settle();
          meet();
          for (const end of [...ends.dialer.values(), ...ends.listener.values()]) {
            if (end.toConsume > 0) quiet = 0;
            end.consume(end.toConsume);
          }
        }
        for (const [id, end] of ends.dialer) {
          const other = ends.listener.get(id);
          if (other === undefined) continue;
          expect(end.read).toBeLessThanOrEqual(other.written);
          expect(other.read).toBeLessThanOrEqual(end.written);
          if (end.stream.error !== undefined || other.stream.error !== undefined) continue;
          expect([end.read, other.read]).toEqual([other.written, end.written]);
        }
        expect(pair.close()).toEqual(NOTHING_LEFT);
        expect(pair.ends.flatMap(({ broken }) => broken)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('any bytes from a peer end in a named failure of the session, or in nothing', () => {
    const header = fc
      .record({ flag: fc.nat(7), id: fc.nat(4), length: fc.oneof(fc.nat(40), fc.nat(2000)) })
      .map(({ flag, id, length }) => encodeMplexHeader(flag, id, length));
    const piece = fc.oneof(
      { weight: 4, arbitrary: header },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      { weight: 2, arbitrary: fc.nat(40).map((size) => pattern(size, 0)) },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, accept) => {
        const peer = new MplexWithPeer('listener', { limits: SMALL, accept });
        peer.end.open();
        for (const bytes of pieces) peer.end.receive([bytes]);
        if (peer.ended !== undefined && peer.ended !== 'well') expect(peer.ended).toMatch(/^ERR_MPLEX_/);
        expect(peer.end.broken).toEqual([]);
        expect(peer.close()).toEqual(NOTHING_LEFT);
      }),
      { numRuns: 500 },
    );
  });
});
