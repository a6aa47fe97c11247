/** Key stretching and sealing against libp2p-crypto's numbers and whole sessions of libp2p-secio. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Opener, Sealer } from '../../src/crypto/encrypt-then-mac.js';
import { verifyWith } from '../../src/crypto/keys.js';
import { peerIdFromPublicKey } from '../../src/crypto/peer-id.js';
import { channelKeys, stretchKeys, type ChannelKeys } from '../../src/crypto/secio-keys.js';
import {
  chooseSuite,
  exchangeCorpus,
  preferenceOrder,
  SECIO_OFFER,
  type SecioCipher,
  type SecioCurve,
  type SecioHash,
} from '../../src/crypto/secio-suite.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { decodeExchange, decodePropose, decodeSecioFrame } from '../../src/wire/secio.js';
import { concat, hex, toHex, utf8 } from '../support/decoding.js';

type Hexed = { readonly [Part in keyof ChannelKeys]: string };
interface Stretching {
  readonly vectors: readonly {
    readonly name: string;
    readonly cipher: SecioCipher;
    readonly hash: SecioHash;
    readonly secret: string;
    readonly k1: Hexed;
    readonly k2: Hexed;
  }[];
}
interface Session {
  readonly name: string;
  readonly curve: SecioCurve;
  readonly cipher: SecioCipher;
  readonly hash: SecioHash;
  readonly secret: string;
  readonly sides: readonly [Side, Side];
}
interface Side {
  readonly peerId: string;
  readonly preferred: boolean;
  /** Everything this side sent, frames and all. */
  readonly sent: string;
  /** The texts that it sent inside the channel after the nonce, one a frame. */
  readonly data: readonly string[];
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/secio/${name}.json`, import.meta.url), 'utf8'));
const { vectors } = read('key-stretching') as Stretching;
const { sessions } = read('js-sessions') as { readonly sessions: readonly Session[] };

const inHex = ({ iv, cipherKey, macKey }: ChannelKeys): Hexed => ({
  iv: toHex(iv),
  cipherKey: toHex(cipherKey),
  macKey: toHex(macKey),
});

test.each(vectors)('stretches as libp2p-crypto does: $name', ({ cipher, hash, secret, k1, k2 }) => {
  expect(stretchKeys(nodeCiphers, { cipher, hash }, hex(secret)).map(inHex)).toEqual([k1, k2]);
});

test('the preferred side seals with the first set', () => {
  const sets = stretchKeys(nodeCiphers, { cipher: 'AES-128', hash: 'SHA256' }, hex('01'));
  expect(channelKeys(1, sets)).toEqual({ local: sets[0], remote: sets[1] });
  expect(channelKeys(-1, sets)).toEqual({ local: sets[1], remote: sets[0] });
});

describe.each(sessions)('a session of libp2p-secio: $name', (session) => {
  const frames = session.sides.map(({ sent }) => framesOf(hex(sent)));
  const proposes = frames.map(([first]) => decodePropose(first!));
  const exchanges = frames.map(([, second]) => decodeExchange(second!));

  test.each([0, 1])('side %i: peer id, order, suite and signature are what it used', (side) => {
    const other = 1 - side;
    const [own, peer] = [proposes[side]!, proposes[other]!];
    expect(peerIdFromPublicKey(own.publicKey)).toBe(session.sides[side]?.peerId);
    const order = preferenceOrder(nodeCiphers, own, peer);
    expect(order > 0).toBe(session.sides[side]?.preferred);
    expect(chooseSuite(order, own as never, peer)).toEqual({
      curve: session.curve,
      cipher: session.cipher,
      hash: session.hash,
    });
    const corpus = exchangeCorpus(own, peer, exchanges[side]!);
    expect(verifyWith(nodeCiphers, own.publicKey, corpus, exchanges[side]!.signature)).toBe(true);
    const wrong = exchangeCorpus(peer, own, exchanges[side]!);
    expect(verifyWith(nodeCiphers, own.publicKey, wrong, exchanges[side]!.signature)).toBe(false);
  });

  test.each([0, 1])('side %i: its frames open to the other nonce and its texts, and seal to the same bytes', (side) => {
    const order = preferenceOrder(nodeCiphers, proposes[side]!, proposes[1 - side]!);
    const { local } = channelKeys(order, stretchKeys(nodeCiphers, session, hex(session.secret)));
    const opener = new Opener(nodeCiphers, session, local, 64);
    const sealer = new Sealer(nodeCiphers, session, local);
    const plaintexts = [proposes[1 - side]!.rand, ...session.sides[side]!.data.map(utf8)];
    const sealed = frames[side]!.slice(2);
    expect(sealed).toHaveLength(plaintexts.length);
    for (const [index, plaintext] of plaintexts.entries()) {
      expect(opener.open([sealed[index]!])).toEqual([plaintext]);
      expect(concat(...sealer.seal([plaintext]))).toEqual(sealed[index]);
    }
  });
});

describe('encrypt-then-MAC', () => {
  const suite = { ...SECIO_OFFER, curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' } as const;
  const [keys] = stretchKeys(nodeCiphers, suite, hex('0102030405060708'));
  const sealer = (): Sealer => new Sealer(nodeCiphers, suite, keys);
  const opener = (replayFrames = 4): Opener => new Opener(nodeCiphers, suite, keys, replayFrames);
  const text = utf8('a text of some forty bytes, cut in pieces');
  const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );

  test.each([1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 64, 1000])(
    'pieces of %i bytes seal to and open from the same',
    (size) => {
      const whole = concat(...sealer().seal([text]));
      expect(whole).toHaveLength(text.length + 32);
      expect(concat(...sealer().seal(cut(text, size)))).toEqual(whole);
      const opened = opener().open(cut(whole, size));
      expect(concat(...(opened as readonly Uint8Array[]))).toEqual(text);
    },
  );

  test('the key stream runs on: equal texts differ, and open in order', () => {
    const sending = sealer();
    const [first, second] = [concat(...sending.seal([text])), concat(...sending.seal([text]))];
    expect(first).not.toEqual(second);
    const receiving = opener();
    expect(receiving.open([first])).toEqual([text]);
    expect(receiving.open([second])).toEqual([text]);
  });

  test.each([0, 20, 40, 41, 60, 72])('a flipped bit at %i is refused, and the opener stands as before', (at) => {
    const frame = concat(...sealer().seal([text]));
    const flipped = frame.slice();
    flipped[at]! ^= 0x10;
    const receiving = opener();
    expect(receiving.open([flipped])).toBe('mac');
    expect(receiving.open(cut(flipped, 13))).toBe('mac');
    expect(receiving.open([frame])).toEqual([text]);
  });

  test('a frame of the other direction is refused', () => {
    const [, other] = stretchKeys(nodeCiphers, suite, hex('0102030405060708'));
    expect(new Opener(nodeCiphers, suite, other, 4).open(sealer().seal([text]))).toBe('mac');
  });

  test('a frame shorter than its MAC is refused', () => {
    expect(opener().open([new Uint8Array(31)])).toBe('mac');
    expect(opener().open([])).toBe('mac');
  });

  test('an empty frame is its MAC alone, as often as it comes', () => {
    const sending = sealer();
    const receiving = opener();
    for (let times = 0; times < 3; times++) {
      const frame = sending.seal([]);
      expect(concat(...frame)).toHaveLength(32);
      expect(receiving.open(frame)).toEqual([]);
    }
  });

  test('a replayed frame is known among the last, and only among them', () => {
    const sending = sealer();
    const frames = Array.from({ length: 6 }, () => concat(...sending.seal([text])));
    const receiving = opener(4);
    for (const frame of frames.slice(0, 4)) expect(receiving.open([frame])).toEqual([text]);
    for (const frame of frames.slice(0, 4)) expect(receiving.open([frame])).toBe('replay');
    expect(receiving.open([frames[4]!])).toEqual([text]);
    expect(receiving.open([frames[1]!])).toBe('replay');
    // The first is forgotten: its MAC still verifies, and it opens to noise.
    const noise = receiving.open([frames[0]!]);
    expect(noise).not.toBe('replay');
    expect(noise).not.toEqual([text]);
  });

  test('short frames repeat by chance and are no replay', () => {
    const sending = sealer();
    const receiving = opener(64);
    for (let times = 0; times < 2000; times++) {
      const byte = Uint8Array.of(times & 0xff);
      expect(receiving.open([concat(...sending.seal([byte]))])).toEqual([byte]);
    }
  });
});

function framesOf(stream: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < stream.length;) {
    const frame = decodeSecioFrame(stream, 8 * 1024 * 1024, at);
    if (frame === undefined) throw new Error(`the vector ends in the middle of a frame at ${at}`);
    frames.push(frame.value);
    at += frame.size;
  }
  return frames;
}
