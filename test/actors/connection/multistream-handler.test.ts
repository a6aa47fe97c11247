import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import {
  createMultistreamHandler,
  type MultistreamOptions,
} from '../../../src/actors/connection/multistream-handler.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import type { ConnectionMessage, MessageEvent } from '../../../src/messages.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeMultistreamList, encodeMultistreamMessage } from '../../../src/wire/multistream.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../../support/decoding.js';

const ID = '/multistream/1.0.0';
const NOISE = '/noise';
const SECIO = '/secio/1.0.0';
const lines = (...texts: string[]): Uint8Array => concat(...texts.map((text) => encodeMultistreamMessage(text)));
const PAYLOAD = hex('00000010 0a0e');

interface Outcome {
  readonly protocol?: string;
  readonly leftover?: string;
  readonly error?: EngineError;
}

/** A handler with everything that it says and does written down. */
function rig(
  options: Partial<MultistreamOptions> & Pick<MultistreamOptions, 'role' | 'protocols'>,
  limits: Partial<Limits> = {},
) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never, limits });
  const broken: EngineError[] = [];
  environment.broken$.subscribe((error) => broken.push(error));
  const outcomes: Outcome[] = [];
  const sent: ConnectionMessage[] = [];
  const seen: (MessageEvent | undefined)[] = [];
  let consumed = 0;
  const handler = createMultistreamHandler({
    environment,
    address: 'conn:1/multistream',
    connection: 'conn:1',
    onSelected: (protocol, leftover) => {
      outcomes.push({ protocol, leftover: toHex(concat(...leftover)) });
      handler.dispose();
    },
    onFailed: (error) => outcomes.push({ error }),
    onConsumed: (size) => (consumed += size),
    ...options,
  });
  handler.outbound$.subscribe((message) => sent.push(message));
  handler.inbound$.subscribe((message) => seen.push(message.event));
  return {
    clock,
    environment,
    handler,
    broken,
    outcomes,
    sent,
    seen,
    consumed: () => consumed,
    written: () => toHex(concat(...sent.flatMap((message) => message.chunks))),
    receive: (...chunks: Uint8Array[]) =>
      environment.turns.post(() =>
        handler.receive(
          environment.message({ direction: 'inbound', layer: 'transport', connection: 'conn:1', chunks }),
        ),
      ),
    tell: (type: string, error?: EngineError) =>
      environment.turns.post(() =>
        handler.receive(
          environment.message({
            direction: 'inbound',
            layer: 'transport',
            connection: 'conn:1',
            event: { type },
            error,
          }),
        ),
      ),
  };
}

/** Ways to cut the same bytes. */
const chunkings: { name: string; cut: (bytes: Uint8Array) => Uint8Array[] }[] = [
  { name: 'whole', cut: (bytes) => [bytes] },
  { name: 'byte by byte', cut: (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)) },
  ...[1, 2, 19, 20, 21, 25].map((size) => ({
    name: `cut after ${size}`,
    cut: (bytes: Uint8Array) => [bytes.slice(0, size), bytes.slice(size)],
  })),
];

describe('what is heard, and what is said', () => {
  const cases: {
    name: string;
    role: 'dialer' | 'listener';
    /** What the peer sends, each piece after it heard our answer to the one before. */
    heard: Uint8Array[];
    said: Uint8Array;
    outcome: Outcome | undefined;
    state: string;
  }[] = [
    {
      name: 'dialer: first proposal agreed, next protocol in the same segment',
      role: 'dialer',
      heard: [concat(lines(ID, NOISE), PAYLOAD)],
      said: lines(ID, NOISE),
      outcome: { protocol: NOISE, leftover: toHex(PAYLOAD) },
      state: 'selected',
    },
    {
      name: 'dialer: second proposal agreed',
      role: 'dialer',
      heard: [lines(ID, 'na'), concat(lines(SECIO), PAYLOAD)],
      said: lines(ID, NOISE, SECIO),
      outcome: { protocol: SECIO, leftover: toHex(PAYLOAD) },
      state: 'selected',
    },
    {
      name: 'dialer: still waiting',
      role: 'dialer',
      heard: [lines(ID)],
      said: lines(ID, NOISE),
      outcome: undefined,
      state: 'awaitingReply',
    },
    {
      name: 'listener: header, proposal and payload at once',
      role: 'listener',
      heard: [concat(lines(ID, SECIO), PAYLOAD)],
      said: lines(ID, SECIO),
      outcome: { protocol: SECIO, leftover: toHex(PAYLOAD) },
      state: 'selected',
    },
    {
      name: 'listener: header first, as before 0.27',
      role: 'listener',
      heard: [lines(ID), lines(SECIO)],
      said: lines(ID, SECIO),
      outcome: { protocol: SECIO, leftover: '' },
      state: 'selected',
    },
    {
      name: 'listener: unknown, then known',
      role: 'listener',
      heard: [lines(ID, '/tls/1.0.0'), concat(lines(NOISE), PAYLOAD)],
      said: lines(ID, 'na', NOISE),
      outcome: { protocol: NOISE, leftover: toHex(PAYLOAD) },
      state: 'selected',
    },
    {
      name: 'listener: ls, then a proposal',
      role: 'listener',
      heard: [lines(ID, 'ls', NOISE)],
      said: concat(lines(ID), encodeMultistreamList([NOISE, SECIO]), lines(NOISE)),
      outcome: { protocol: NOISE, leftover: '' },
      state: 'selected',
    },
  ];

  for (const { name: how, cut } of chunkings) {
    test.each(cases)(`$name, ${how}`, ({ role, heard, said, outcome, state }) => {
      const one = rig({ role, protocols: [NOISE, SECIO] });
      one.handler.start();
      const behind: Uint8Array[] = [];
      for (const chunk of heard.flatMap(cut)) {
        // After the agreement the link is taken apart: what still comes goes to the next handler.
        if (one.outcomes.length > 0) behind.push(chunk);
        else one.receive(chunk);
      }
      const { protocol, leftover = '' } = one.outcomes[0] ?? {};
      expect(protocol).toBe(outcome?.protocol);
      expect(leftover + toHex(concat(...behind))).toBe(outcome?.leftover ?? '');
      expect(one.outcomes.length).toBe(outcome === undefined ? 0 : 1);
      expect(one.written()).toBe(toHex(said));
      expect(one.handler.stays.at(-1)?.state).toBe(state);
      expect(one.broken).toEqual([]);
    });
  }

  test('the dialer writes header and proposal as one message, the listener header and echo', () => {
    const dialer = rig({ role: 'dialer', protocols: [NOISE] });
    dialer.handler.start();
    expect(dialer.sent.map((message) => [message.direction, message.layer, message.length])).toEqual([
      ['outbound', 'multistream', 28],
    ]);
    const listener = rig({ role: 'listener', protocols: [NOISE] });
    listener.handler.start();
    expect(listener.sent).toEqual([]);
    listener.receive(lines(ID, NOISE));
    expect(listener.sent.length).toBe(1);
    expect(listener.written()).toBe(dialer.written());
  });

  test('what was used is told, what is left over is not; every message and the agreement can be seen', () => {
    const one = rig({
      role: 'listener',
      protocols: [],
      supports: (protocol) => protocol.startsWith('/chat/'),
      stream: 5,
    });
    one.handler.start();
    one.receive(concat(lines(ID, '/chat/2'), PAYLOAD));
    expect(one.consumed()).toBe(lines(ID, '/chat/2').length);
    expect(one.outcomes).toEqual([{ protocol: '/chat/2', leftover: toHex(PAYLOAD) }]);
    expect(one.sent.map(({ stream }) => stream)).toEqual([5]);
    expect(one.seen).toEqual([
      { type: 'multistream.message', text: ID },
      { type: 'multistream.message', text: '/chat/2' },
      { type: 'multistream.selected', protocol: '/chat/2' },
    ]);
  });

  test('nothing is left when it is over: no actor, no timer, no word', () => {
    for (const end of ['agree', 'fail', 'dispose']) {
      const one = rig({ role: 'dialer', protocols: [NOISE] });
      one.handler.start();
      expect([one.environment.liveActors, one.clock.pendingTimers]).toEqual([1, 1]);
      if (end === 'agree') one.receive(lines(ID, NOISE));
      if (end === 'fail') one.receive(lines('na'));
      if (end === 'dispose') one.handler.dispose();
      const { length } = one.outcomes;
      one.receive(lines(ID, NOISE));
      one.tell('transport.ended');
      one.clock.advance(60_000);
      expect([one.environment.liveActors, one.clock.pendingTimers, one.outcomes.length]).toEqual([0, 0, length]);
      expect(one.broken).toEqual([]);
    }
  });
});

describe('failures', () => {
  const garbage = utf8('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n');
  const cases: {
    name: string;
    role: 'dialer' | 'listener';
    act: (one: ReturnType<typeof rig>) => void;
    code: string;
    state: string;
    lastEvent: string;
    message: RegExp;
    lastBytesHex: string | undefined;
    said?: Uint8Array;
  }[] = [
    {
      name: 'a web server answers',
      role: 'dialer',
      act: (one) => one.receive(garbage),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
      state: 'awaitingHeader',
      lastEvent: 'wire.invalid',
      message: /no multistream message, while offering \/noise, \/secio\/1\.0\.0$/,
      lastBytesHex: toHex(garbage.subarray(0, 64)),
    },
    {
      name: 'a line of 1025 bytes',
      role: 'listener',
      act: (one) => one.receive(hex('8108')),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
      state: 'awaitingHeader',
      lastEvent: 'wire.invalid',
      message: /waiting for a proposal$/,
      lastBytesHex: '8108',
    },
    {
      name: 'none of the offered',
      role: 'dialer',
      act: (one) => {
        one.receive(lines(ID, 'na'));
        one.receive(lines('na'));
      },
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      state: 'awaitingReply',
      lastEvent: 'wire.na',
      message: /speaks none of \/noise, \/secio\/1\.0\.0$/,
      lastBytesHex: '036e610a',
      said: lines(ID, NOISE, SECIO),
    },
    {
      name: 'another header',
      role: 'dialer',
      act: (one) => one.receive(lines('/multistream/2.0.0')),
      code: 'ERR_MULTISTREAM_BAD_HEADER',
      state: 'awaitingHeader',
      lastEvent: 'wire.protocol',
      message: /began with "\/multistream\/2\.0\.0", not with \/multistream\/1\.0\.0$/,
      lastBytesHex: toHex(lines('/multistream/2.0.0')),
    },
    {
      name: 'echo of something not proposed',
      role: 'dialer',
      act: (one) => one.receive(lines(ID, '/tls/1.0.0')),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      state: 'awaitingReply',
      lastEvent: 'wire.protocol',
      message: /sent "\/tls\/1\.0\.0" in awaitingReply, while offering/,
      lastBytesHex: toHex(lines('/tls/1.0.0')),
    },
    {
      name: 'payload behind a declined proposal',
      role: 'listener',
      act: (one) => one.receive(lines(ID, '/tls/1.0.0', NOISE)),
      code: 'ERR_MULTISTREAM_UNEXPECTED',
      state: 'awaitingProposal',
      lastEvent: 'wire.surplus',
      message: /sent "\/tls\/1\.0\.0" in awaitingProposal/,
      lastBytesHex: toHex(lines(NOISE)),
      said: lines(ID, 'na'),
    },
    {
      name: 'the transport ends',
      role: 'listener',
      act: (one) => {
        one.receive(lines(ID).slice(0, 5));
        one.tell('transport.ended');
      },
      code: 'ERR_MULTISTREAM_ENDED',
      state: 'awaitingHeader',
      lastEvent: 'transport.ended',
      message: /closed while waiting for a proposal$/,
      lastBytesHex: toHex(lines(ID).slice(0, 5)),
    },
    {
      name: 'silence',
      role: 'dialer',
      act: (one) => one.clock.advance(10_000),
      code: 'ERR_MULTISTREAM_TIMEOUT',
      state: 'awaitingHeader',
      lastEvent: 'deadline',
      message: /nothing was agreed within 10000 ms/,
      lastBytesHex: undefined,
    },
  ];

  test.each(cases)('$name -> $code', ({ role, act, code, state, lastEvent, message, lastBytesHex, said }) => {
    const one = rig({ role, protocols: [NOISE, SECIO] });
    one.handler.start();
    act(one);
    expect(one.outcomes.length).toBe(1);
    const error = one.outcomes[0]?.error;
    expect(error).toMatchObject({ code, blame: 'remote', details: { state, lastEvent } });
    expect(error?.message).toMatch(message);
    expect(error?.details.machine).toBe(role === 'dialer' ? 'multistreamDialer' : 'multistreamListener');
    expect(error?.details.lastBytesHex).toBe(lastBytesHex);
    expect(error?.details.timeline?.at(-1)?.event).toBe(lastEvent);
    if (said !== undefined) expect(one.written()).toBe(toHex(said));
    expect([one.environment.liveActors, one.clock.pendingTimers]).toEqual([0, 0]);
  });

  test.each(['transport.failed', 'stream.remoteClosed', 'stream.reset'])('%s ends it', (type) => {
    const one = rig({ role: 'dialer', protocols: [NOISE] });
    one.handler.start();
    one.receive(lines(ID));
    one.tell(type);
    expect(one.outcomes[0]?.error?.code).toBe('ERR_MULTISTREAM_ENDED');
  });

  test('the deadline counts to the millisecond, and trickling does not stretch it', () => {
    const one = rig({ role: 'listener', protocols: [NOISE] });
    one.handler.start();
    for (const byte of lines(ID).slice(0, 9)) {
      one.clock.advance(1_000);
      one.receive(Uint8Array.of(byte));
    }
    one.clock.advance(999);
    expect(one.outcomes).toEqual([]);
    one.clock.advance(1);
    expect(one.outcomes[0]?.error?.code).toBe('ERR_MULTISTREAM_TIMEOUT');
  });

  test('a dialer that proposes without end is told to stop after the limit', () => {
    const one = rig({ role: 'listener', protocols: [NOISE] });
    one.handler.start();
    one.receive(lines(ID));
    for (let count = 0; count < LIMITS.multistreamProposals; count++) one.receive(lines(`/${count}`));
    expect(one.outcomes).toEqual([]);
    one.receive(lines('/one-more'));
    expect(one.outcomes[0]?.error?.code).toBe('ERR_MULTISTREAM_TOO_MANY');
    expect(one.written()).toBe(
      toHex(concat(lines(ID), ...Array.from({ length: LIMITS.multistreamProposals }, () => lines('na')))),
    );
  });

  test('a line at the limit is read', () => {
    const longest = `/${'x'.repeat(LIMITS.multistreamMessageBytes - 2)}`;
    const one = rig({ role: 'listener', protocols: [longest] });
    one.handler.start();
    one.receive(lines(ID, longest));
    expect(one.outcomes).toEqual([{ protocol: longest, leftover: '' }]);
  });

  test("a dialer with nothing or something unreadable to propose is our caller's fault", () => {
    expect(thrownCode(() => rig({ role: 'dialer', protocols: [] }))).toBe('ERR_INVALID_ARGUMENT');
    expect(thrownCode(() => rig({ role: 'dialer', protocols: [NOISE, 'two\nlines'] }))).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('two handlers joined', () => {
  const cases = [
    { name: 'first choice', offers: [NOISE, SECIO], speaks: [SECIO, NOISE], agreed: NOISE },
    { name: 'last choice', offers: ['/tls/1.0.0', '/plaintext/2.0.0', SECIO], speaks: [SECIO], agreed: SECIO },
    { name: 'nothing in common', offers: ['/tls/1.0.0', NOISE], speaks: [SECIO], agreed: undefined },
  ];
  for (const chunkBytes of [1, 7, 1024]) {
    test.each(cases)(`$name, ${chunkBytes} bytes a chunk`, ({ offers, speaks, agreed }) => {
      const dialer = rig({ role: 'dialer', protocols: offers });
      const listener = rig({ role: 'listener', protocols: speaks });
      const join = (from: typeof dialer, to: typeof dialer): void => {
        from.handler.outbound$.subscribe((message) => {
          const bytes = concat(...message.chunks);
          for (let at = 0; at < bytes.length; at += chunkBytes) to.receive(bytes.slice(at, at + chunkBytes));
        });
      };
      join(dialer, listener);
      join(listener, dialer);
      listener.handler.start();
      dialer.environment.turns.post(() => dialer.handler.start());
      expect(dialer.outcomes.map(({ protocol, error }) => protocol ?? error?.code)).toEqual([
        agreed ?? 'ERR_MULTISTREAM_NO_OVERLAP',
      ]);
      expect(listener.outcomes.map(({ protocol }) => protocol)).toEqual(agreed === undefined ? [] : [agreed]);
      expect([...dialer.broken, ...listener.broken]).toEqual([]);
    });
  }
});
