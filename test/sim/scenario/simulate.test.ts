/** Whole runs: what goes wrong is told by name, what goes well stays well, and the same seed is the same run. */
/* eslint-disable @typescript-eslint/unbound-method -- methods are taken out to be put back, and called with their own `this` */
import { describe, expect, test } from '@jest/globals';
import { YamuxStream } from '../../../src/actors/stream/yamux/stream.js';
import { FrameOpener } from '../../../src/actors/connection/noise/channel.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import { FAULT_KINDS, generate, NEUTRAL_NETWORK, simulate, type Scenario } from '../../../src/sim/scenario/index.js';
import { traceHeader } from '../../../src/trace/header.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { TraceWriter } from '../../../src/trace/writer.js';

const quiet: Scenario = {
  ...generate(1, { nodes: 3, muxers: ['yamux'] }),
  security: 'noise',
  network: NEUTRAL_NETWORK,
  faults: [],
};

/** A run with its trace. */
async function traced(scenario: Scenario) {
  const lines: string[] = [];
  const header = traceHeader({
    title: 'test',
    vantagePoint: 'world',
    class: 'replayable',
    detail: 'digests',
    clock: 'virtual',
    versions: {},
    config: {},
  });
  const result = await simulate({ scenario, trace: new TraceWriter(header, { write: (line) => lines.push(line) }) });
  return { result, text: lines.join('') };
}

describe('a run', () => {
  test('without faults every operation succeeds, and nothing is left for the calm', async () => {
    const { failure, outcomes, calmMs } = await simulate({ scenario: quiet });
    expect(failure).toBeUndefined();
    expect(calmMs).toBe(0);
    for (const { failed, skipped, lost } of Object.values(outcomes)) {
      expect({ failed, skipped, lost }).toEqual({ failed: 0, skipped: 0, lost: 0 });
    }
  });

  test.each(FAULT_KINDS)('a storm of %s: the network comes to rest', async (kind) => {
    for (const seed of [11, 12, 13]) {
      const { failure } = await simulate({ seed, nodes: 4, faults: [kind], durationMs: 20_000 });
      expect({ seed, failure }).toEqual({ seed, failure: undefined });
    }
  });

  // Streams of these have ids of their own kind, and are counted by them: nothing may stay counted.
  test.each(['mplex', 'spdy', 'none'] as const)(
    'a storm of everything over %s: the network comes to rest',
    async (muxer) => {
      for (const seed of [21, 22, 23]) {
        const { failure, seen } = await simulate({ seed, nodes: 4, durationMs: 20_000, muxers: [muxer] });
        expect({ seed, failure }).toEqual({ seed, failure: undefined });
        expect(seen.messages).toBeGreaterThan(100);
      }
    },
  );

  test.each(['noise', 'secio', 'tls', 'plaintext'] as const)(
    'the same scenario over %s gives the same trace, byte for byte',
    async (security) => {
      const scenario: Scenario = { ...generate(5, { nodes: 4, durationMs: 20_000 }), security };
      const [one, other] = [await traced(scenario), await traced(scenario)];
      expect(one.text === other.text).toBe(true);
      expect(one.result).toEqual(other.result);
      // It is a trace like any other, with a node in each address, and the scenario in front.
      const { records } = parseTrace(one.text);
      expect(records[0]).toMatchObject({ name: 'simulation:scenario', actor: '/world', data: { scenario } });
      expect(new Set(records.map(({ actor }) => actor.split('/')[1]))).toEqual(
        new Set(['world', 'n0', 'n1', 'n2', 'n3']),
      );
    },
  );

  test('watching and tracing change nothing', async () => {
    const scenario = generate(6, { nodes: 4, durationMs: 20_000 });
    expect((await traced(scenario)).result).toEqual(await simulate({ scenario }));
  });
});

describe('what goes wrong is told by name', () => {
  test('a scenario that never converges ends, with what has not come true', async () => {
    // The only holder's links are so slow that no handshake ends in time.
    const { failure, endedAtMs } = await simulate({
      scenario: {
        ...quiet,
        nodes: 2,
        network: { ...NEUTRAL_NETWORK, latencyMs: 40_000 },
        operations: [
          { kind: 'add', atMs: 0, node: 0, file: 0, sizeBytes: 10 },
          { kind: 'fetch', atMs: 10, node: 1, file: 0 },
        ],
        durationMs: 1_000,
      },
    });
    expect(failure).toMatchObject({ node: 'n1', machine: 'fetch' });
    expect(failure?.invariant).toMatch(/^liveness\.(?:fetch|operation)$/);
    expect(endedAtMs).toBe(1_000 + quiet.calmMs);
  });

  test('an operation that hangs', async () => {
    const { closeWrite } = YamuxStream.prototype;
    YamuxStream.prototype.closeWrite = () => undefined;
    try {
      const { failure } = await simulate({
        scenario: {
          ...quiet,
          operations: [{ kind: 'echo', atMs: 0, node: 0, target: 1, sizeBytes: 10 }],
          durationMs: 1_000,
        },
      });
      expect(failure).toMatchObject({ invariant: 'liveness.operation', machine: 'echo', state: 'running', node: 'n0' });
    } finally {
      YamuxStream.prototype.closeWrite = closeWrite;
    }
  });

  test('a channel that takes changed bytes for good ones', async () => {
    const { open } = FrameOpener.prototype;
    // What comes out of the channel differs from what went in, and nothing noticed.
    FrameOpener.prototype.open = function (this: FrameOpener, buffer, plaintext) {
      const had = plaintext.length;
      open.call(this, buffer, plaintext);
      const body = plaintext.slice(had).find((piece) => piece.length > 1000);
      if (body !== undefined) body[900] = (body[900] ?? 0) ^ 1;
    };
    try {
      const { failure } = await simulate({
        scenario: {
          ...quiet,
          operations: [{ kind: 'echo', atMs: 0, node: 0, target: 1, sizeBytes: 5_000 }],
          durationMs: 1_000,
        },
      });
      expect(failure).toMatchObject({ invariant: 'stream.prefix', machine: 'yamuxStream', node: 'n1' });
    } finally {
      FrameOpener.prototype.open = open;
    }
  });

  test('a store that gives other bytes than it was given', async () => {
    const { getMany, get } = MemoryBlockStore.prototype;
    const spoilt = (bytes: Uint8Array | undefined) => bytes?.map((byte, index) => (index === 5 ? byte ^ 1 : byte));
    MemoryBlockStore.prototype.get = async function (this: MemoryBlockStore, cid) {
      return spoilt(await get.call(this, cid));
    };
    MemoryBlockStore.prototype.getMany = async function (this: MemoryBlockStore, cids) {
      return (await getMany.call(this, cids)).map(spoilt);
    };
    try {
      const { failure } = await simulate({
        scenario: {
          ...quiet,
          operations: [
            { kind: 'add', atMs: 0, node: 0, file: 0, sizeBytes: 100 },
            { kind: 'fetch', atMs: 10, node: 0, file: 0 },
          ],
          durationMs: 1_000,
        },
      });
      expect(failure).toMatchObject({ invariant: 'content.bytes', machine: 'fetch', node: 'n0' });
    } finally {
      MemoryBlockStore.prototype.get = get;
      MemoryBlockStore.prototype.getMany = getMany;
    }
  });
});

describe('with a body', () => {
  test('nothing happens but what it does, under the same watch', async () => {
    const { failure, seen } = await simulate({ seed: 7, nodes: 2 }, async (world) => {
      const [one, two] = [world.node('n0'), world.node('n1')];
      const said = await world.during(one.run((host) => host.identify(two.address)));
      expect(said.protocols).toContain('/echo/1.0.0');
    });
    expect(failure).toBeUndefined();
    expect(seen.messages).toBeGreaterThan(0);
  });

  test('what it throws comes out, and so does chance taken from the process', async () => {
    await expect(simulate({ seed: 7 }, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    const ambient = simulate({ seed: 7 }, async (world) => {
      world.at(5, () => void Math.random());
      await world.run({ untilMs: 10 });
    });
    await expect(ambient).rejects.toMatchObject({
      code: 'ERR_SIMULATION_AMBIENT',
      message: expect.stringMatching(/Math\.random.*simulate\.test/) as unknown,
    });
  });
});
