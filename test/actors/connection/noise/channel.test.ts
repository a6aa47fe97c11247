/** The noise channel: what is sealed into how many frames, what opens, and what a bad frame ends in. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noiseProtocolWith } from '../../../../src/actors/connection/noise/handler.js';
import { signNoiseStaticKey } from '../../../../src/crypto/noise-identity.js';
import type { EngineError } from '../../../../src/errors.js';
import { decodeNoiseFrame, encodeNoisePayload } from '../../../../src/wire/noise.js';
import { concat, hex, toHex, utf8 } from '../../../support/decoding.js';
import { NoiseForger } from '../../../support/noise-forger.js';
import {
  cutAt,
  exchange,
  NoiseSide,
  securedPair,
  testIdentity,
  type SideOptions,
} from '../../../support/noise-side.js';

/** Lengths of the frames in `wire`, tags included. */
function frameLengths(wire: Uint8Array): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < wire.length;) {
    const frame = decodeNoiseFrame(wire, at);
    if (frame === undefined) throw new RangeError(`${wire.length - at} bytes are no frame`);
    lengths.push(frame.value.length);
    at += frame.size;
  }
  return lengths;
}

const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => (index * 31) >> 3);

/** It failed once, as a channel, and is silent since. */
function expectChannelFailed(side: NoiseSide, code: string): EngineError {
  expect(side.failed?.code).toBe(code);
  const error = side.failed as EngineError;
  expect([side.failures, side.broken]).toEqual([1, []]);
  expect(error.details).toMatchObject({ machine: 'noiseHandshake', state: 'secured', lastEvent: 'crypto.verified' });
  expect(error.details.peer).toMatch(/^12D3Koo/);
  return error;
}

describe('sealing', () => {
  const cases = [
    { name: 'a byte', sizes: [1], frames: [17] },
    { name: 'what a turn says is one frame', sizes: [12, 100, 12, 5000], frames: [5140] },
    { name: 'nothing', sizes: [0, 0], frames: [] },
    { name: 'a full frame', sizes: [65_519], frames: [65_535] },
    { name: 'one byte more than a frame', sizes: [65_520], frames: [65_535, 17] },
    { name: 'a frame that fills in the middle of a piece', sizes: [60_000, 60_000], frames: [65_535, 54_497] },
    { name: 'many small pieces over a border', sizes: Array<number>(7000).fill(10), frames: [65_535, 4497] },
    { name: 'two full frames and no empty third', sizes: [131_038], frames: [65_535, 65_535] },
  ];

  test.each(cases)('$name', ({ sizes, frames }) => {
    const [dialer, listener] = securedPair();
    const pieces = sizes.map(pattern);
    dialer.say(...pieces);
    expect(dialer.outbound.length).toBeLessThanOrEqual(1);
    const wire = dialer.takeWire();
    expect(frameLengths(wire)).toEqual(frames);
    for (const chunk of cutAt(10_000)(wire)) listener.hear(chunk);
    expect(toHex(listener.takePlaintext())).toBe(toHex(concat(...pieces)));
  });

  test('several sends of one turn are sealed once, at its end; each turn has its own frame', () => {
    const [dialer] = securedPair();
    const { environment, handler } = dialer;
    const message = (text: string) =>
      environment.message({ direction: 'outbound', layer: 'yamux', connection: 'conn:1', chunks: [utf8(text)] });
    environment.turns.post(() => {
      handler.send(message('one'));
      handler.send(message('two'));
      expect(dialer.outbound).toEqual([]);
      environment.turns.post(() => handler.send(message('three')));
    });
    expect(frameLengths(dialer.takeWire())).toEqual([11 + 16]);
    dialer.say(utf8('a'));
    dialer.say(utf8('b'));
    expect(frameLengths(dialer.takeWire())).toEqual([17, 17]);
  });

  test('the frame limit of the node: at it one frame, one past it two', () => {
    const limits = { noiseFrameBytes: 100 };
    const [dialer] = securedPair({ limits });
    dialer.say(pattern(84));
    expect(frameLengths(dialer.takeWire())).toEqual([100]);
    dialer.say(pattern(85));
    expect(frameLengths(dialer.takeWire())).toEqual([100, 17]);
  });
});

describe('opening', () => {
  test('all frames of one chunk are one message, and an empty frame is none', () => {
    const [dialer, listener] = securedPair();
    for (const text of ['one', 'two', 'three']) dialer.say(utf8(text));
    listener.hear(dialer.takeWire());
    expect(listener.inbound.map(({ chunks }) => chunks.map((chunk) => toHex(chunk)))).toEqual([
      ['one', 'two', 'three'].map((text) => toHex(utf8(text))),
    ]);
  });

  test('the longest frame, in every chunking around its borders', () => {
    for (const cut of [1, 2, 3, 17, 18, 65_534, 65_535, 65_536]) {
      const [dialer, listener] = securedPair();
      dialer.say(pattern(65_519));
      const wire = dialer.takeWire();
      listener.hear(wire.subarray(0, cut));
      expect(listener.inbound).toEqual([]);
      listener.hear(wire.subarray(cut));
      expect(toHex(listener.takePlaintext())).toBe(toHex(pattern(65_519)));
    }
  });

  test('an empty frame is allowed and says nothing', () => {
    const side = new NoiseSide('dialer').start();
    const forger = new NoiseForger('listener');
    forger.read(side.takeWire());
    const { publicKeyProtobuf: identityKey, signer } = testIdentity('forger');
    const identitySignature = signNoiseStaticKey(signer, forger.staticPublicKey);
    side.hear(forger.write(encodeNoisePayload({ identityKey, identitySignature })));
    forger.read(side.takeWire());
    side.hear(forger.seal(new Uint8Array(0)));
    expect(side.inbound).toEqual([]);
    side.hear(forger.seal(utf8('more')));
    expect(side.takePlaintext()).toEqual(utf8('more'));
    expect(side.failed).toBeUndefined();
  });

  test('any data in any pieces arrives as it was, both ways', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 8 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 32, max: 4000 }),
        (turns, chunk, noiseFrameBytes) => {
          const options: SideOptions = { limits: { noiseFrameBytes } };
          const [dialer, listener] = [new NoiseSide('dialer', options).start(), new NoiseSide('listener').start()];
          exchange(dialer, listener, cutAt(chunk));
          const said: Uint8Array[] = [];
          for (const pieces of turns) {
            dialer.say(...pieces);
            said.push(...pieces);
          }
          exchange(dialer, listener, cutAt(chunk));
          expect(toHex(listener.takePlaintext())).toBe(toHex(concat(...said)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a bad frame', () => {
  test('with any bit of it changed: nothing of it is published', () => {
    const length = utf8('twelve bytes').length + 16;
    for (let bit = 16; bit < (2 + length) * 8; bit++) {
      const [dialer, listener] = securedPair();
      dialer.say(utf8('twelve bytes'));
      const wire = dialer.takeWire();
      wire[bit >> 3] = (wire[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      listener.hear(wire);
      expect(listener.inbound).toEqual([]);
      const error = expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
      expect(error.details.lastBytesHex).toBe(toHex(wire));
      expect(error.details.lastBytesDecoded).toBe('a frame of 28 bytes does not verify');
    }
  });

  test('a replayed frame', () => {
    const [dialer, listener] = securedPair();
    dialer.say(utf8('pay 1'));
    const wire = dialer.takeWire();
    listener.hear(wire);
    expect(listener.takePlaintext()).toEqual(utf8('pay 1'));
    listener.hear(wire);
    expect(listener.inbound).toEqual([]);
    expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
  });

  test('frames in another order', () => {
    const [dialer, listener] = securedPair();
    dialer.say(utf8('one'));
    const first = dialer.takeWire();
    dialer.say(utf8('two'));
    listener.hear(concat(dialer.takeWire(), first));
    expect(listener.inbound).toEqual([]);
    expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
  });

  test('a frame of ours sent back to us', () => {
    const [dialer] = securedPair();
    dialer.say(utf8('mirror'));
    dialer.hear(dialer.takeWire());
    expectChannelFailed(dialer, 'ERR_NOISE_BAD_FRAME');
  });

  test('good frames before it in the same chunk are published first', () => {
    const [dialer, listener] = securedPair();
    dialer.say(utf8('good'));
    const good = dialer.takeWire();
    listener.hear(concat(good, good));
    expect(listener.takePlaintext()).toEqual(utf8('good'));
    expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
  });

  test('nothing is heard or sent after it', () => {
    const [dialer, listener] = securedPair();
    listener.hear(hex('0000'));
    dialer.say(utf8('good'));
    listener.hear(dialer.takeWire());
    listener.hearEvent({ type: 'transport.ended' });
    listener.say(utf8('answer'));
    expect([listener.inbound, listener.outbound]).toEqual([[], []]);
    expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
  });

  test.each(Array.from({ length: 16 }, (_, length) => length))('of %i bytes is shorter than its tag', (length) => {
    const [, listener] = securedPair();
    listener.hear(Uint8Array.of(0, length));
    const { message } = expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
    expect(message).toBe(`noise: a frame of ${length} bytes, 16 to 65535 are allowed`);
  });

  test('over the limit of the node is refused by its length alone; at it, it is opened', () => {
    const limits = { noiseFrameBytes: 1000 };
    const [dialer, listener] = securedPair({}, { limits });
    dialer.say(pattern(984));
    listener.hear(dialer.takeWire());
    expect(listener.takePlaintext()).toEqual(pattern(984));
    dialer.say(pattern(985));
    listener.hear(dialer.takeWire().subarray(0, 2));
    expectChannelFailed(listener, 'ERR_NOISE_BAD_FRAME');
  });
});

describe('the last nonce', () => {
  const protocol = noiseProtocolWith({ nonceStart: { high: 0xffff_ffff, low: 0xffff_fffd } });

  test('two messages are left: they arrive, and one past them is refused by the sender', () => {
    const [dialer, listener] = securedPair({ protocol }, { protocol });
    dialer.say(utf8('first'));
    dialer.say(utf8('second'));
    exchange(dialer, listener);
    expect(listener.takePlaintext()).toEqual(utf8('firstsecond'));
    expect(dialer.failed).toBeUndefined();
    dialer.say(utf8('third'));
    expect(dialer.outbound).toEqual([]);
    expect(expectChannelFailed(dialer, 'ERR_NOISE_NONCE_EXHAUSTED').blame).toBe('local');
  });

  test('what a turn said before the limit still goes out', () => {
    const limits = { noiseFrameBytes: 32 };
    const [dialer, listener] = securedPair({ protocol, limits }, { protocol });
    dialer.say(pattern(48));
    listener.hear(dialer.takeWire());
    expect(listener.takePlaintext()).toEqual(pattern(32));
    expectChannelFailed(dialer, 'ERR_NOISE_NONCE_EXHAUSTED');
  });

  test('a sender that goes past it is refused by the receiver', () => {
    const [dialer, listener] = securedPair({}, { protocol });
    const [ended] = securedPair({ protocol }, { protocol });
    ended.say(utf8('first'));
    ended.say(utf8('second'));
    listener.hear(ended.takeWire());
    expect(listener.takePlaintext()).toEqual(utf8('firstsecond'));
    dialer.say(utf8('third'));
    listener.hear(dialer.takeWire());
    expect(expectChannelFailed(listener, 'ERR_NOISE_NONCE_EXHAUSTED').blame).toBe('remote');
  });
});

test('no machine hears of a frame: a megabyte each way makes no transition', () => {
  const [dialer, listener] = securedPair();
  const moves: string[] = [];
  for (const { environment } of [dialer, listener]) environment.transitions$.subscribe(({ to }) => moves.push(to));
  for (let turn = 0; turn < 16; turn++) {
    dialer.say(pattern(65_536));
    listener.say(pattern(65_536));
    exchange(dialer, listener, cutAt(30_000));
  }
  expect(listener.takePlaintext().length).toBe(16 * 65_536);
  expect(dialer.takePlaintext().length).toBe(16 * 65_536);
  expect(moves).toEqual([]);
});
