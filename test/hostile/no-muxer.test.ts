/** What a peer may do wrong on a connection without a muxer, against a node over TCP. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { createNode } from '../../src/create-node.js';
import { lines, propose, upgradeToSecured, type SecurePipe } from '../support/hostile-peer.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, startTarget, type Target } from '../support/hostile-target.js';

const ECHO = '/echo/1.0.0';
const STALL = '/stall/1.0.0';

async function start(limits: Partial<Limits> = {}): Promise<Target> {
  const target = await startTarget({ muxers: ['none'], limits });
  target.node.registerHandle(STALL, (stream) => stream.closed);
  return target;
}

/** An honest peer without a muxer has its bytes echoed. */
async function expectServing({ address }: Target): Promise<void> {
  const honest = await createNode({ listen: [], muxers: ['none'] });
  const stream = await honest.openStream(address, ECHO);
  stream.write(Buffer.from('still serving'));
  stream.closeWrite();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('still serving');
  await honest.stop();
}

interface Act {
  readonly name: string;
  readonly act: (pipe: SecurePipe) => void | Promise<void>;
  readonly code: ErrorCode;
  readonly machine: string;
  readonly state: string;
  readonly limits?: Partial<Limits>;
}

const ACTS: readonly Act[] = [
  {
    name: 'garbage where a protocol is proposed',
    act: (pipe) => pipe.send(new Uint8Array(64).fill(0xff)),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    machine: 'multistreamListener',
    state: 'awaitingHeader',
  },
  {
    name: 'silence',
    act: () => undefined,
    code: 'ERR_MULTISTREAM_TIMEOUT',
    machine: 'multistreamListener',
    state: 'awaitingHeader',
    limits: { multistreamTimeoutMs: 200 },
  },
  {
    name: 'the end before a protocol',
    act: ({ raw }) => raw.end(),
    code: 'ERR_MULTISTREAM_ENDED',
    machine: 'multistreamListener',
    state: 'awaitingHeader',
  },
  {
    name: 'a muxer, and the end when it is declined',
    act: async (pipe) => {
      pipe.send(lines('/multistream/1.0.0', '/yamux/1.0.0'));
      expect([await pipe.readLine(), await pipe.readLine()]).toEqual(['/multistream/1.0.0', 'na']);
      pipe.raw.end();
    },
    code: 'ERR_MULTISTREAM_ENDED',
    machine: 'multistreamListener',
    state: 'awaitingProposal',
  },
];

describe('before a protocol is agreed', () => {
  test.each(ACTS)('$name', async ({ act, code, machine, state, limits }) => {
    const target = await start(limits);
    const pipe = await upgradeToSecured(target.address);
    await act(pipe);
    await expectFailure(target, { event: 'stream.failed', code, machine, state });
    await pipe.raw.expectClosed();
    await eventually('it is gone', () => target.node.connections().length === 0);
    await expectServing(target);
  });
});

describe('once a protocol is agreed', () => {
  test('bytes for a reader that stalls stop at the transport', async () => {
    const target = await start();
    const pipe = await upgradeToSecured(target.address);
    await propose(pipe, STALL);
    const piece = new Uint8Array(1024 * 1024);
    for (let count = 0; count < 32; count++) pipe.send(piece);
    await eventually('it comes to a halt', () => (target.node.connections()[0]?.bytesIn ?? 0) > 256 * 1024);
    await expectServing(target);
    const before = target.node.connections()[0]?.bytesIn ?? 0;
    await expectServing(target);
    expect(target.node.connections()[0]?.bytesIn).toBe(before);
    // The mark, and what one read of the socket may bring beyond it.
    expect(before).toBeLessThan(LIMITS.soleStreamHighWaterBytes + 512 * 1024);
  });

  test('a frame that does not open ends stream and connection', async () => {
    const target = await start();
    const pipe = await upgradeToSecured(target.address);
    await propose(pipe, STALL);
    pipe.raw.send(Uint8Array.of(0, 20, ...new Uint8Array(20)));
    await pipe.raw.expectClosed();
    const failed = await eventually('told', () => target.events.find(({ type }) => type === 'connection.closed'));
    expect(failed).toMatchObject({ error: { code: 'ERR_NOISE_BAD_FRAME', blame: 'remote' } });
    await expectServing(target);
  });

  test('the connection drops: the stream is lost with it', async () => {
    const target = await start();
    const pipe = await upgradeToSecured(target.address);
    await propose(pipe, STALL);
    pipe.raw.socket.resetAndDestroy();
    const failed = await eventually('told', () => target.events.find(({ type }) => type === 'stream.failed'));
    expect(failed).toMatchObject({ error: { code: 'ERR_TRANSPORT_ENDED' } });
    expect(target.node.streams()).toEqual([]);
    await expectServing(target);
  });
});

describe('connections without end', () => {
  test('as many as a peer may have are served, the next is closed, and others are served', async () => {
    const target = await start();
    const pipes = [];
    for (let count = 0; count < LIMITS.connectionsPerPeer; count++) {
      const pipe = await upgradeToSecured(target.address);
      await propose(pipe, STALL);
      pipes.push(pipe);
    }
    const ninth = await upgradeToSecured(target.address);
    await ninth.raw.expectClosed();
    expect(target.node.connections().length).toBe(LIMITS.connectionsPerPeer);
    expect(pipes.filter(({ raw }) => raw.isOver)).toEqual([]);
    await expectServing(target);
  });
});
