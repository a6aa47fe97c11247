/**
 * What a peer may do wrong in multistream, against a node over TCP, in the three places where it is spoken: on the raw
 * connection, in the secure channel, and on a stream. On a stream only the stream is lost.
 */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { lines, SecurePipe, upgradeToSecured } from '../support/hostile-peer.js';
import { as, connectRaw, eventually, listenRaw, RawPeer, type BytePipe } from '../support/hostile-pipe.js';
import {
  expectFailure,
  expectRejected,
  expectStillServing,
  startTarget,
  type ExpectedFailure,
  type Target,
} from '../support/hostile-target.js';
import { HostileStream, upgradeToYamux } from '../support/hostile-yamux.js';
import { concat, hex, utf8 } from '../support/decoding.js';

const HEADER = lines('/multistream/1.0.0');
const LIMIT = LIMITS.multistreamMessageBytes;

/** A line of `size` bytes, newline included, with its length in front. */
function lineOf(size: number): Uint8Array {
  return concat(Uint8Array.of((size & 127) | 128, size >> 7), utf8(`/${'x'.repeat(size - 2)}\n`));
}

interface Act {
  readonly name: string;
  readonly act: (pipe: BytePipe) => void | Promise<void>;
  readonly code: ErrorCode;
  readonly state: string;
  readonly limits?: { readonly multistreamTimeoutMs: number };
  /** A dialer that only hurried: its `na` reaches it, on a stream too. */
  readonly isDeclined?: boolean;
}

async function askForEver(pipe: BytePipe, question: string, answers: number): Promise<void> {
  pipe.send(HEADER);
  await pipe.readLine();
  for (let asked = 0; asked < answers; asked++) {
    pipe.send(lines(question));
    const answer = await pipe.readLine();
    if (question !== 'ls' && answer !== 'na') throw new Error(`the node answered ${answer}`);
  }
  pipe.send(lines(question));
}

/** What a hostile dialer does where a proposal is due; each ends the negotiation. */
const ACTS: readonly Act[] = [
  {
    name: 'HTTP',
    act: (pipe) => pipe.send(utf8(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: ${'browser '.repeat(10)}\r\n\r\n`)),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    state: 'awaitingHeader',
  },
  {
    name: 'a length that never ends',
    act: (pipe) => pipe.send(hex('ff'.repeat(64))),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    state: 'awaitingHeader',
  },
  {
    name: 'a line that is not UTF-8',
    act: (pipe) => pipe.send(HEADER, hex('04 2f ff fe 0a')),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    state: 'awaitingProposal',
  },
  {
    name: 'an empty line',
    act: (pipe) => pipe.send(HEADER, hex('01 0a')),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    state: 'awaitingProposal',
  },
  {
    name: 'the length of a line of 1025 bytes, and nothing of the line',
    act: (pipe) => pipe.send(HEADER, lineOf(LIMIT + 1).subarray(0, 2)),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    state: 'awaitingProposal',
  },
  {
    name: 'a first line of 1025 bytes',
    act: (pipe) => pipe.send(lineOf(LIMIT + 1)),
    code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    state: 'awaitingHeader',
  },
  {
    name: 'another version',
    act: (pipe) => pipe.send(lines('/multistream/2.0.0')),
    code: 'ERR_MULTISTREAM_BAD_HEADER',
    state: 'awaitingHeader',
  },
  {
    name: 'na where a proposal is due',
    act: (pipe) => pipe.send(HEADER, lines('na')),
    code: 'ERR_MULTISTREAM_UNEXPECTED',
    state: 'awaitingProposal',
  },
  {
    name: 'an unknown protocol with bytes behind it',
    act: (pipe) => pipe.send(HEADER, lines('/unknown/1.0.0', '/noise')),
    code: 'ERR_MULTISTREAM_UNEXPECTED',
    state: 'awaitingProposal',
    isDeclined: true,
  },
  {
    name: 'proposals without end: 1000 are answered, one more is not',
    act: (pipe) => askForEver(pipe, '/unknown/1.0.0', LIMITS.multistreamProposals),
    code: 'ERR_MULTISTREAM_TOO_MANY',
    state: 'awaitingProposal',
  },
  {
    name: 'ls without end: 4 lists are given, one more is not',
    act: (pipe) => askForEver(pipe, 'ls', LIMITS.multistreamLists),
    code: 'ERR_MULTISTREAM_TOO_MANY',
    state: 'awaitingProposal',
  },
  {
    name: 'a thousand ls at once',
    act: (pipe) => pipe.send(HEADER, ...Array.from({ length: 1000 }, () => lines('ls'))),
    code: 'ERR_MULTISTREAM_TOO_MANY',
    state: 'awaitingProposal',
  },
  {
    name: 'silence from the start',
    act: () => undefined,
    code: 'ERR_MULTISTREAM_TIMEOUT',
    state: 'awaitingHeader',
    limits: { multistreamTimeoutMs: 200 },
  },
  {
    name: 'silence in the middle of a line',
    act: (pipe) => pipe.send(HEADER, lines('/noise').subarray(0, 4)),
    code: 'ERR_MULTISTREAM_TIMEOUT',
    state: 'awaitingProposal',
    limits: { multistreamTimeoutMs: 200 },
  },
];

/** Where multistream is spoken: how to get there, how the peer leaves, and how the failure is told. */
const PLACES: readonly {
  readonly place: string;
  readonly event: ExpectedFailure['event'];
  readonly enter: (target: Target) => Promise<BytePipe>;
  readonly leave: (pipe: BytePipe) => void;
  /** The node dropped what was at fault, and only that. */
  readonly after: (pipe: BytePipe, act?: Act) => Promise<void>;
}[] = [
  {
    place: 'the raw connection',
    event: 'connection.failed',
    enter: ({ address }) => connectRaw(address),
    leave: (pipe) => as(RawPeer, pipe).end(),
    after: (pipe) => as(RawPeer, pipe).expectClosed(),
  },
  {
    place: 'the secure channel',
    event: 'connection.failed',
    enter: ({ address }) => upgradeToSecured(address),
    leave: (pipe) => as(SecurePipe, pipe).raw.end(),
    after: (pipe) => as(SecurePipe, pipe).raw.expectClosed(),
  },
  {
    place: 'a stream',
    event: 'stream.failed',
    enter: async ({ address }) => (await upgradeToYamux(address)).open(),
    leave: (pipe) => as(HostileStream, pipe).end(),
    after: async (pipe, act) => {
      const stream = as(HostileStream, pipe);
      if (act?.isDeclined === true) await eventually('the node half-closes', () => pipe.isOver && !stream.wasReset);
      else await stream.expectReset();
      await as(HostileStream, pipe).yamux.expectEcho('the other streams go on');
    },
  },
];

describe.each(PLACES)('on $place', ({ place, event, enter, leave, after }) => {
  test.each(ACTS)('$name', async (one) => {
    const { act, code, state, limits, isDeclined = false } = one;
    const target = await startTarget(limits === undefined ? {} : { limits: { ...limits } });
    const pipe = await enter(target);
    await act(pipe);
    await expectFailure(target, { event, code, machine: 'multistreamListener', state });
    // Inside a secure channel the `na` would have to be sealed first: the connection is gone before.
    if (isDeclined && place !== 'the secure channel')
      expect([await pipe.readLine(), await pipe.readLine()]).toEqual(['/multistream/1.0.0', 'na']);
    await after(pipe, one);
    await expectStillServing(target);
  });

  test.each([
    { name: 'nothing', bytes: hex(''), state: 'awaitingHeader' },
    { name: 'half a header', bytes: HEADER.subarray(0, 7), state: 'awaitingHeader' },
    { name: 'the header', bytes: HEADER, state: 'awaitingProposal' },
    { name: 'half a proposal', bytes: concat(HEADER, lines('/noise').subarray(0, 3)), state: 'awaitingProposal' },
    { name: 'an unknown proposal', bytes: concat(HEADER, lines('/unknown/1.0.0')), state: 'awaitingProposal' },
  ])('the peer closes after $name', async ({ bytes, state }) => {
    const target = await startTarget();
    const pipe = await enter(target);
    if (bytes.length > 0) pipe.send(bytes);
    leave(pipe);
    await expectFailure(target, { event, code: 'ERR_MULTISTREAM_ENDED', machine: 'multistreamListener', state });
    await expectStillServing(target);
  });

  test('a line of 1024 bytes is read and declined, and the negotiation goes on', async () => {
    const target = await startTarget();
    const pipe = await enter(target);
    pipe.send(HEADER, lineOf(LIMIT));
    expect([await pipe.readLine(), await pipe.readLine()]).toEqual(['/multistream/1.0.0', 'na']);
    pipe.send(lines('/also/unknown'));
    expect(await pipe.readLine()).toBe('na');
    const known = { 'connection.failed': '/yamux/1.0.0', 'connection.closed': '', 'stream.failed': '/echo/1.0.0' }[
      event
    ];
    const offered = pipe instanceof HostileStream || 'raw' in pipe ? known : '/noise';
    pipe.send(lines(offered));
    expect(await pipe.readLine()).toBe(offered);
    expect(target.events.filter(({ type }) => type.endsWith('failed'))).toEqual([]);
    await expectStillServing(target);
  });
});

describe('a node that dials', () => {
  const replies: readonly {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly code: ErrorCode;
    readonly state: string;
  }[] = [
    {
      name: 'na for ever',
      bytes: concat(HEADER, ...Array.from({ length: 5000 }, () => lines('na'))),
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      state: 'awaitingReply',
    },
    { name: 'na before the header', bytes: lines('na'), code: 'ERR_MULTISTREAM_BAD_HEADER', state: 'awaitingHeader' },
    {
      name: 'garbage',
      bytes: utf8('SSH-2.0-OpenSSH_9.6 '.repeat(10)),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
      state: 'awaitingHeader',
    },
    {
      name: 'another protocol than the proposed',
      bytes: concat(HEADER, lines('/tls/1.0.0')),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      state: 'awaitingReply',
    },
    {
      name: 'a proposal where an answer is due',
      bytes: concat(HEADER, lines('ls')),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      state: 'awaitingReply',
    },
    {
      name: 'a line of 1025 bytes',
      bytes: concat(HEADER, lineOf(LIMIT + 1)),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
      state: 'awaitingReply',
    },
    {
      name: 'a line of 1024 bytes that is not the proposed',
      bytes: concat(HEADER, lineOf(LIMIT)),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      state: 'awaitingReply',
    },
    { name: 'silence', bytes: hex(''), code: 'ERR_MULTISTREAM_TIMEOUT', state: 'awaitingHeader' },
    { name: 'silence after the header', bytes: HEADER, code: 'ERR_MULTISTREAM_TIMEOUT', state: 'awaitingReply' },
  ];

  test.each(replies)('and is answered with $name', async ({ bytes, code, state }) => {
    const silent = code === 'ERR_MULTISTREAM_TIMEOUT';
    const target = await startTarget({
      security: ['noise', 'secio'],
      ...(silent ? { limits: { multistreamTimeoutMs: 200 } } : {}),
    });
    const { address, peer } = await listenRaw();
    const dial = target.node.dial(address);
    dial.catch(() => undefined);
    const raw = await peer;
    raw.send(bytes);
    await expectRejected(dial, { code, machine: 'multistreamDialer', state });
    await expectFailure(target, { event: 'connection.failed', code, machine: 'multistreamDialer', state });
    await raw.expectClosed();
    await expectStillServing(target);
  });

  test.each(replies.filter(({ code }) => code !== 'ERR_MULTISTREAM_NO_OVERLAP'))(
    'and, having begun its handshake behind the proposal, is answered with $name',
    async ({ bytes, code, state: waiting }) => {
      const silent = code === 'ERR_MULTISTREAM_TIMEOUT';
      const target = await startTarget(silent ? { limits: { multistreamTimeoutMs: 200 } } : {});
      const { address, peer } = await listenRaw();
      const dial = target.node.dial(address);
      dial.catch(() => undefined);
      const raw = await peer;
      raw.send(bytes);
      const where = { machine: 'multistreamLazyDialer', state: waiting.replace('awaitingReply', 'awaitingEcho') };
      await expectRejected(dial, { code, ...where });
      await expectFailure(target, { event: 'connection.failed', code, ...where });
      await raw.expectClosed();
      await expectStillServing(target);
    },
  );

  test('and, having begun its handshake behind the proposal, is refused', async () => {
    const target = await startTarget();
    const { address, peer } = await listenRaw();
    const dial = target.node.dial(address);
    dial.catch(() => undefined);
    const raw = await peer;
    raw.send(concat(HEADER, lines('na')));
    const where = { machine: 'multistreamLazyDialer', state: 'awaitingEcho' };
    await expectRejected(dial, { code: 'ERR_MULTISTREAM_NO_OVERLAP', ...where });
    await raw.expectClosed();
    await expectStillServing(target);
  });

  test.each([hex(''), HEADER.subarray(0, 5), concat(HEADER, lines('/noise').subarray(0, 2))])(
    'and is closed on in the middle: %#',
    async (bytes) => {
      const target = await startTarget({ lazyNegotiation: false });
      const { address, peer } = await listenRaw();
      const dial = target.node.dial(address);
      dial.catch(() => undefined);
      const raw = await peer;
      raw.send(bytes);
      raw.end();
      const state = bytes.length > 5 ? 'awaitingReply' : 'awaitingHeader';
      await expectRejected(dial, { code: 'ERR_MULTISTREAM_ENDED', machine: 'multistreamDialer', state });
      await expectStillServing(target);
    },
  );
});
