/**
 * Peers that stop reading or never say anything, over TCP: what our side holds is bounded and counted in bytes, and
 * other streams and other connections go on.
 */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import { acceptSecured } from '../support/hostile-peer.js';
import { eventually, listenRaw } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { acceptYamux, upgradeToYamux } from '../support/hostile-yamux.js';
import { concat } from '../support/decoding.js';
import { pattern } from '../support/streams.js';

const { windowUpdate } = YAMUX_TYPE;
const STALL = '/stall/1.0.0';
const ECHO = '/echo/1.0.0';
const MIB = 1024 * 1024;
const HELD_MAX = 20 * MIB;

/** A source of 1 GiB, made as it is asked for. */
class Gibibyte {
  readonly #piece = pattern(64 * 1024, 5);
  leftBytes = 1024 * MIB;

  next(): Uint8Array {
    this.leftBytes -= this.#piece.length;
    // A copy for each: held ones must show in the memory that is counted.
    return this.#piece.slice();
  }

  get takenBytes(): number {
    return 1024 * MIB - this.leftBytes;
  }
}

/** Writes as long as `write` says so, and goes on whenever it may; what was taken from the source is counted there. */
function pour(source: Gibibyte, stream: ProtocolStream): void {
  const go = (): void => {
    while (source.leftBytes > 0) if (!stream.write(source.next())) return;
  };
  stream.writable$.subscribe({ next: go, error: () => undefined });
  go();
}

/** Sends `size` bytes through an echo on the connection that is there, and compares what comes back. */
async function echoes({ node }: Target, peer: string, size: number): Promise<void> {
  const stream = await node.openStream(peer, ECHO);
  const bytes = pattern(size, 9);
  let at = 0;
  const write = (): void => {
    while (at < size) {
      const piece = bytes.subarray(at, at + 65_536);
      at += piece.length;
      if (!stream.write(piece)) return;
    }
    stream.closeWrite();
  };
  stream.writable$.subscribe({ next: () => write(), error: () => undefined });
  write();
  let got = 0;
  for await (const chunk of stream) {
    if (Buffer.compare(chunk, bytes.subarray(got, got + chunk.length)) !== 0) throw new Error(`echo differs at ${got}`);
    got += chunk.length;
  }
  expect(got).toBe(size);
}

function memoryBytes(): number {
  return process.memoryUsage().arrayBuffers;
}

describe('1 GiB to a reader that never reads', () => {
  test('both ends ours: sender and receiver together hold less than 20 MiB, other streams go on', async () => {
    const sender = await startTarget({ listen: [] });
    const receiver = await startTarget();
    const received: ProtocolStream[] = [];
    receiver.node.registerHandle(STALL, (stream) => void received.push(stream));
    const stalled = await sender.node.openStream(receiver.address, STALL);
    const before = memoryBytes();
    const source = new Gibibyte();
    pour(source, stalled);
    // 48 MiB each way beside it: time enough for anything to pile up.
    for (let round = 0; round < 3; round++) await echoes(sender, receiver.node.peerId, 16 * MIB);
    // What was taken is in the sender's queue, on the way, or in the receiver's window: none of it was read.
    expect(source.takenBytes).toBeGreaterThan(LIMITS.yamuxInitialWindowBytes);
    expect(source.takenBytes).toBeLessThanOrEqual(
      LIMITS.yamuxInitialWindowBytes + LIMITS.streamSendQueueBytes + 2 * 65_536,
    );
    // Loose, for the collector has its own time; the bytes above are what counts.
    expect(memoryBytes() - before).toBeLessThan(HELD_MAX + 64 * MIB);
    expect(sender.node.connections().length).toBe(1);
    expect(received.length).toBe(1);
    stalled.reset();
    await expectStillServing(receiver);
  });

  test('a reader that reads 64 MiB, so that its window grows, and then stops: held is less than 20 MiB', async () => {
    const sender = await startTarget({ listen: [] });
    const receiver = await startTarget();
    const readMax = 64 * MIB;
    let read = 0;
    receiver.node.registerHandle(STALL, (stream) => {
      stream.data$.subscribe({
        next: (chunk) => {
          if (read >= readMax) return;
          read += chunk.length;
          stream.consume(chunk.length);
        },
        error: () => undefined,
      });
    });
    const stalled = await sender.node.openStream(receiver.address, STALL);
    const source = new Gibibyte();
    pour(source, stalled);
    await eventually('64 MiB are read', () => read >= readMax);
    await echoes(sender, receiver.node.peerId, 16 * MIB);
    const held = source.takenBytes - read;
    expect(held).toBeLessThan(HELD_MAX);
    expect(held).toBeLessThanOrEqual(LIMITS.yamuxMaxWindowBytes + LIMITS.streamSendQueueBytes + 2 * 65_536);
    stalled.reset();
    await expectStillServing(receiver);
  });

  test('we receive, the sender is hostile: it gets one window, and beyond it the connection ends', async () => {
    const target = await startTarget();
    target.node.registerHandle(STALL, () => undefined);
    const yamux = await upgradeToYamux(target.address);
    const stalled = await yamux.openStream(STALL);
    const source = new Gibibyte();
    while (stalled.creditBytes >= 65_536) stalled.send(source.next());
    stalled.send(new Uint8Array(stalled.creditBytes));
    for (let round = 0; round < 20; round++) await yamux.expectEcho(`beside it, ${round}`);
    expect(stalled.creditBytes).toBe(0);
    expect(source.takenBytes).toBeLessThanOrEqual(LIMITS.yamuxInitialWindowBytes);
    // The rest of the gibibyte without credit: the first frame of it ends the session.
    stalled.send(source.next());
    await expectFailure(target, {
      event: 'connection.closed',
      code: 'ERR_YAMUX_WINDOW_EXCEEDED',
      machine: 'yamuxSession',
      state: expect.stringMatching(/^live\./) as unknown as string,
    });
    await expectStillServing(target);
  });

  test('we send, the peer grants 2 GiB and stops reading its socket: held is less than 20 MiB', async () => {
    const target = await startTarget();
    const { address, peer } = await listenRaw();
    const opening = target.node.openStream(address, STALL);
    const raw = await peer;
    const yamux = await acceptYamux(await acceptSecured(raw), [STALL]);
    const stream = await opening;
    const theirs = await yamux.accept(STALL);
    yamux.send(windowUpdate, 0, theirs.id, 2 ** 31);
    await eventually('the node has the credit', () => (target.node.connections()[0]?.bytesIn ?? 0) > 0);
    raw.socket.pause();
    const source = new Gibibyte();
    pour(source, stream);
    // It is quiet when no more is taken from the source while an honest peer is served.
    for (let last = -1; last !== source.takenBytes;) {
      last = source.takenBytes;
      await expectStillServing(target);
    }
    // This counts what the system holds in its socket buffers too.
    expect(source.takenBytes - raw.receivedBytes).toBeLessThan(HELD_MAX);
    expect(source.takenBytes).toBeGreaterThan(LIMITS.yamuxInitialWindowBytes + LIMITS.streamSendQueueBytes);
    expect(source.leftBytes).toBeGreaterThan(0);
    raw.socket.resume();
    const soFar = source.takenBytes;
    await eventually('it goes on when the peer reads', () => source.takenBytes > soFar);
    stream.reset();
  });
});

describe('a peer that asks without reading', () => {
  test('is dropped when more waits for it than the outbox holds', async () => {
    const target = await startTarget({
      limits: {
        yamuxInboundStreams: 8,
        outboxBytes: 256 * 1024,
        outboxHighWaterBytes: 128 * 1024,
        streamResetsBurst: 10_000_000,
      },
    });
    const yamux = await upgradeToYamux(target.address);
    for (let count = 0; count < 8; count++) yamux.open();
    const { raw } = yamux.pipe;
    raw.socket.pause();
    // Each of these streams is one too many, and is answered with a reset.
    let id = 17;
    const ask = (): void => {
      const frames: Uint8Array[] = [];
      for (let count = 0; count < 5000; count++, id += 2) {
        frames.push(encodeYamuxHeader(windowUpdate, YAMUX_FLAG.SYN, id, 0));
      }
      yamux.pipe.send(concat(...frames));
    };
    const closed = (): boolean => target.events.some(({ type }) => type === 'connection.closed');
    const end = 4_000_000;
    while (!closed() && id < end) {
      ask();
      await eventually('the node has read it', () => raw.socket.writableLength < 65_536 || closed());
    }
    expect(id).toBeLessThan(end);
    await expectFailure(target, {
      event: 'connection.closed',
      code: 'ERR_OUTBOX_OVERFLOW',
      machine: 'connection',
      state: 'open',
    });
    await expectStillServing(target);
  });

  test('an echo that is not read stops reading, and others go on', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const stream = await yamux.openStream(ECHO);
    stream.grants = false;
    let sent = 0;
    // Its credit comes back only as its echo leaves, and that is never granted.
    for (let quiet = 0; quiet < 5; quiet++) {
      while (stream.creditBytes > 0) {
        const piece = new Uint8Array(Math.min(stream.creditBytes, 65_536));
        sent += piece.length;
        stream.send(piece);
        quiet = 0;
      }
      await yamux.expectEcho('beside it');
    }
    expect(sent).toBeLessThan(4 * MIB);
    await expectStillServing(target);
  });
});
