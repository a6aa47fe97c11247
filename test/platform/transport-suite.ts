/** What every transport has to do, whatever carries its bytes: the same tests for all of them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { EngineError } from '../../src/errors.js';
import type { Transport, TransportConnection, TransportListener } from '../../src/ports.js';
import { eventually } from '../support/hostile-pipe.js';
import { pattern } from '../support/streams.js';

/** A transport under test. */
export interface TransportCase {
  readonly name: string;
  /** A new one for each test, with an address that can be listened on and one on which nothing listens. */
  readonly make: () => Promise<TransportUnderTest>;
  /** Whether an end of our side leaves the other side able to write. */
  readonly hasHalfClose: boolean;
  /** Texts with what `handles` says of them. */
  readonly addresses: readonly (readonly [address: string, handled: boolean])[];
}

export interface TransportUnderTest {
  readonly transport: Transport;
  readonly listenOn: string;
  readonly nobodyAt: string;
  /** What addresses of both ends look like. */
  readonly ends: RegExp;
  /** Lets time pass where it does not by itself. */
  readonly step?: () => void;
  readonly close?: () => void;
}

/** Everything that one end heard. */
class End {
  readonly chunks: Uint8Array[] = [];
  readonly heard: string[] = [];
  error: EngineError | undefined;
  bytes = 0;

  constructor(readonly connection: TransportConnection) {
    connection.open({
      onChunk: (chunk) => this.#take(chunk),
      onChunks: (chunks) => chunks.forEach((chunk) => this.#take(chunk)),
      onDrained: () => this.heard.push('drained'),
      onEnded: () => this.heard.push('ended'),
      onClosed: (error) => {
        this.error = error;
        this.heard.push('closed');
      },
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  #take(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.chunks.push(chunk);
  }
}

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUp.splice(0).reverse()) clean();
});

/** Declares the suite for one transport. */
export function transportSuite({ name, make, hasHalfClose, addresses }: TransportCase): void {
  let step: (() => void) | undefined;

  /** Waits until `condition` holds, letting the world happen. */
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    await eventually(what, () => {
      step?.();
      return condition();
    });
  };
  const settle = async (rounds = 50): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      step?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const start = async (): Promise<TransportUnderTest> => {
    const made = await make();
    step = made.step;
    cleanUp.push(() => made.close?.());
    return made;
  };
  const listen = async (made: TransportUnderTest) => {
    const accepted: TransportConnection[] = [];
    let listener: TransportListener | undefined;
    let failure: EngineError | undefined;
    made.transport.listen(
      made.listenOn,
      (connection) => accepted.push(connection),
      (listening) => (listener = listening),
      (error) => (failure = error),
    );
    await until('listening', () => listener !== undefined || failure !== undefined);
    if (listener === undefined) throw failure as EngineError;
    const listening = listener;
    let closed = false;
    const stop = (): void => {
      if (!closed) listening.close(() => undefined);
      closed = true;
    };
    cleanUp.push(stop);
    return {
      accepted,
      address: listening.addresses[0] as string,
      close: (done: () => void): void => {
        closed = true;
        listening.close(done);
      },
    };
  };
  const dial = async (made: TransportUnderTest, address: string): Promise<TransportConnection> => {
    let connection: TransportConnection | undefined;
    let failure: EngineError | undefined;
    made.transport.dial(
      address,
      (connected) => (connection = connected),
      (error) => (failure = error),
    );
    await until('connected', () => connection !== undefined || failure !== undefined);
    if (connection === undefined) throw failure as EngineError;
    const connected = connection;
    cleanUp.push(() => connected.destroy());
    return connected;
  };
  const connect = async () => {
    const made = await start();
    const listening = await listen(made);
    const near = new End(await dial(made, listening.address));
    await until('accepted', () => listening.accepted.length === 1);
    const far = new End(listening.accepted[0] as TransportConnection);
    cleanUp.push(() => far.connection.destroy());
    return { made, listening, near, far };
  };

  describe(`transport ${name}`, () => {
    test.each(addresses)('%s is handled: %s', async (address, handled) => {
      expect((await start()).transport.handles(address)).toBe(handled);
    });

    test('both ends have addresses of this transport', async () => {
      const { near, far, made, listening } = await connect();
      expect(made.transport.handles(listening.address)).toBe(true);
      for (const { connection } of [near, far]) {
        expect(connection.remoteAddress).toMatch(made.ends);
        expect(connection.localAddress).toMatch(made.ends);
      }
    });

    test('an address with a peer id at its end leads to the same place', async () => {
      const made = await start();
      const listening = await listen(made);
      const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
      await dial(made, `${listening.address}/p2p/${peer}`);
      await until('accepted', () => listening.accepted.length === 1);
    });

    test.each(['at once', 'when its end is on the way', 'when its end has left'])(
      'a reset %s closes it, and nothing throws',
      async (when) => {
        const { near, far } = await connect();
        near.connection.write([pattern(100, 1)]);
        if (when !== 'at once') near.connection.end();
        if (when === 'when its end has left') await settle();
        if (near.connection.reset === undefined) near.connection.destroy();
        else near.connection.reset();
        await until('gone', () => near.heard.includes('closed'));
        far.connection.destroy();
        await until('gone on the other side', () => far.heard.includes('closed'));
      },
    );

    test.each([0, 1000])('an end after %i bytes that came before it was opened is told when it is', async (size) => {
      const made = await start();
      const listening = await listen(made);
      const near = new End(await dial(made, listening.address));
      await until('accepted', () => listening.accepted.length === 1);
      const bytes = pattern(size, 5);
      near.connection.write([bytes]);
      near.connection.end();
      // It waits, as connections do for which there is no upgrade yet.
      await settle();
      const far = new End(listening.accepted[0] as TransportConnection);
      await until('the end', () => far.heard.some((what) => what === 'ended' || what === 'closed'));
      expect(Buffer.compare(far.received, bytes)).toBe(0);
      far.connection.end();
      await until('closed', () => far.heard.includes('closed') && near.heard.includes('closed'));
      expect(far.heard.filter((what) => what === 'ended').length).toBeLessThanOrEqual(1);
    });

    test.each([0, 1, 2, 125, 126, 127, 16_384, 65_535, 65_536, 65_537, 1_000_001])(
      'a write of %i bytes arrives whole, both ways',
      async (size) => {
        const { near, far } = await connect();
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          const bytes = pattern(size, 7);
          from.connection.write([bytes]);
          await until('arrived', () => to.bytes >= size);
          expect(Buffer.compare(to.received, bytes)).toBe(0);
        }
      },
    );

    test('a gathered write keeps the order of its chunks, and chunks stay what they were', async () => {
      const { near, far } = await connect();
      const sizes = [0, 1, 3, 100, 0, 70_000, 2, 20_000];
      const chunks = sizes.map((size, index) => pattern(size, index + 1));
      near.connection.write(chunks);
      near.connection.write([]);
      near.connection.write([Buffer.from('after')]);
      const whole = Buffer.concat([...chunks, Buffer.from('after')]);
      await until('arrived', () => far.bytes >= whole.length);
      const copies = far.chunks.map((chunk) => Buffer.from(chunk));
      near.connection.write([pattern(300_000, 99)]);
      await until('more arrived', () => far.bytes >= whole.length + 300_000);
      expect(Buffer.compare(Buffer.concat(copies), whole)).toBe(0);
      expect(Buffer.compare(Buffer.concat(far.chunks.slice(0, copies.length)), whole)).toBe(0);
    });

    test('what is sent before an owner is attached waits for it', async () => {
      const made = await start();
      const listening = await listen(made);
      const near = new End(await dial(made, listening.address));
      near.connection.write([Buffer.from('early')]);
      await until('accepted', () => listening.accepted.length === 1);
      await settle();
      const far = new End(listening.accepted[0] as TransportConnection);
      cleanUp.push(() => far.connection.destroy());
      await until('arrived', () => far.bytes === 5);
      expect(far.received.toString()).toBe('early');
    });

    test('a reader that pauses hears nothing; the writer is told to wait, and to go on', async () => {
      const { near, far } = await connect();
      far.connection.pause();
      await settle();
      const heldBack = far.bytes;
      let written = 0;
      const chunk = pattern(65_536, 5);
      for (;;) {
        written += chunk.length;
        expect(written).toBeLessThan(64 * 1024 * 1024);
        if (near.connection.write([chunk])) continue;
        await settle();
        // The system's buffers had room: go on until they are full too.
        if (near.heard.splice(0).length === 0) break;
      }
      expect(far.bytes - heldBack).toBe(0);
      expect(near.heard).toEqual([]);
      far.connection.resume();
      await until('all arrived', () => far.bytes === written);
      await until('drained', () => near.heard.includes('drained'));
      expect(near.heard).toEqual(['drained']);
      expect(far.chunks.length).toBeGreaterThan(0);
    });

    test('pausing in the middle of a delivery stops it there', async () => {
      const { near, far } = await connect();
      const { connection } = far;
      let bytes = 0;
      far.chunks.push = (...chunks: Uint8Array[]) => {
        for (const { length } of chunks) bytes += length;
        connection.pause();
        return 0;
      };
      for (let count = 0; count < 20; count++) near.connection.write([pattern(1000, count)]);
      await until('the first', () => bytes > 0);
      await settle();
      const first = bytes;
      for (let resumed = 0; bytes < 20_000; resumed++) {
        expect(resumed).toBeLessThanOrEqual(20);
        const before = bytes;
        connection.resume();
        await until('more', () => bytes > before);
      }
      expect(first).toBeLessThanOrEqual(20_000);
      expect(bytes).toBe(20_000);
    });

    if (hasHalfClose) {
      test('half-close: the other side reads to the end and can still answer', async () => {
        const { near, far } = await connect();
        near.connection.write([Buffer.from('question')]);
        near.connection.end();
        await until('ended', () => far.heard.includes('ended'));
        expect(far.received.toString()).toBe('question');
        far.connection.write([pattern(100_000, 2)]);
        far.connection.end();
        await until('both closed', () => near.heard.includes('closed') && far.heard.includes('closed'));
        expect(near.bytes).toBe(100_000);
        expect(near.heard).toEqual(['ended', 'closed']);
        expect(far.heard).toEqual(['ended', 'closed']);
        expect([near.error, far.error]).toEqual([undefined, undefined]);
      });
    } else {
      test('an end closes both ways, after what was written before it', async () => {
        const { near, far } = await connect();
        near.connection.write([pattern(300_000, 2)]);
        near.connection.end();
        await until('both closed', () => near.heard.includes('closed') && far.heard.includes('closed'));
        expect(Buffer.compare(far.received, pattern(300_000, 2))).toBe(0);
        expect(far.heard).toEqual(['ended', 'closed']);
        expect(near.heard.filter((what) => what !== 'drained')).toEqual(['ended', 'closed']);
        expect([near.error, far.error]).toEqual([undefined, undefined]);
      });
    }

    test('writing after an end is no error and sends nothing', async () => {
      const { near, far } = await connect();
      near.connection.end();
      expect(near.connection.write([Buffer.from('late')])).toBe(true);
      await until('ended', () => far.heard.includes('ended'));
      await settle();
      expect(far.bytes).toBe(0);
    });

    test('dropped at once: our side hears a clean end, the other one learns of it', async () => {
      const { near, far } = await connect();
      near.connection.write([Buffer.from('x')]);
      await until('arrived', () => far.bytes === 1);
      near.connection.destroy();
      await until('both told', () => near.heard.includes('closed') && far.heard.length > 0);
      expect(near.heard).toEqual(['closed']);
      expect(near.error).toBeUndefined();
      far.connection.end();
      await until('closed', () => far.heard.includes('closed'));
    });

    test('dropped while paused: the end is told all the same', async () => {
      const { near, far } = await connect();
      near.connection.pause();
      far.connection.write([pattern(200_000, 1)]);
      await settle();
      near.connection.destroy();
      await until('closed', () => near.heard.includes('closed'));
      await settle();
      expect(near.heard).toEqual(['closed']);
      expect(near.bytes).toBe(0);
    });

    test('nobody listens: refused, once', async () => {
      const made = await start();
      await expect(dial(made, made.nobodyAt)).rejects.toMatchObject({
        code: 'ERR_TRANSPORT_REFUSED',
        message: expect.stringContaining(made.nobodyAt) as unknown,
      });
    });

    test('a cancelled dial calls nothing back', async () => {
      const made = await start();
      const { address, accepted } = await listen(made);
      const called: string[] = [];
      const cancel = made.transport.dial(
        address,
        () => called.push('connected'),
        () => called.push('failed'),
      );
      cancel();
      await settle();
      for (const connection of accepted) connection.destroy();
      expect(called).toEqual([]);
    });

    test('an address that is taken cannot be listened on', async () => {
      const made = await start();
      const { address } = await listen(made);
      await expect(listen({ ...made, listenOn: address })).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
    });

    test('a listener that closes takes no more, and leaves what is open', async () => {
      const { made, listening, near, far } = await connect();
      let isFree = false;
      listening.close(() => (isFree = true));
      await settle();
      await expect(dial(made, listening.address)).rejects.toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' });
      near.connection.write([Buffer.from('still')]);
      await until('arrived', () => far.bytes === 5);
      far.connection.write([Buffer.from('here')]);
      await until('arrived', () => near.bytes === 4);
      near.connection.destroy();
      far.connection.destroy();
      await until('free', () => isFree);
    });
  });
}
