/** The Noise objects against the vectors that cacophony, noise-c and snow publish, and at their limits. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { CipherState } from '../../src/crypto/noise-cipher-state.js';
import { HandshakeState, NOISE_PROTOCOL_NAME, type ChannelCiphers } from '../../src/crypto/noise-state.js';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { Ciphers, KeyAgreement } from '../../src/ports.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

interface Vector {
  readonly origin: string;
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly resp_prologue: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const file = new URL('../vectors/noise/xx-25519-chachapoly-sha256.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] };
const EMPTY = new Uint8Array(0);

function keyPair(secret: string, ciphers: Ciphers = nodeCiphers): KeyAgreement {
  return ciphers.keyAgreement('x25519', hex(secret));
}

function handshake(
  initiator: boolean,
  staticKey: string,
  ephemeralKey: string,
  prologue = '',
  ciphers: Ciphers = nodeCiphers,
): HandshakeState {
  return new HandshakeState({
    ciphers,
    initiator,
    staticKey: keyPair(staticKey, ciphers),
    ephemeralKey: keyPair(ephemeralKey, ciphers),
    prologue: hex(prologue),
  });
}

const PROVIDERS = [
  { provider: 'node:crypto', ciphers: nodeCiphers },
  { provider: 'the portable ciphers', ciphers: portableCiphers },
];
const VECTORS = PROVIDERS.flatMap((provider) =>
  vectors.map((vector) => ({ ...provider, origin: vector.origin, vector })),
);

describe.each(VECTORS)('the vector of $origin on $provider', ({ ciphers, vector }) => {
  test('both sides write and read it byte for byte', () => {
    expect(vector.protocol_name).toBe(NOISE_PROTOCOL_NAME);
    const initiator = handshake(true, vector.init_static, vector.init_ephemeral, vector.init_prologue, ciphers);
    const responder = handshake(false, vector.resp_static, vector.resp_ephemeral, vector.resp_prologue, ciphers);
    let channels: [ChannelCiphers, ChannelCiphers] | undefined;
    for (const [index, { payload, ciphertext }] of vector.messages.entries()) {
      const fromInitiator = index % 2 === 0;
      if (index < 3) {
        const [writer, reader] = fromInitiator ? [initiator, responder] : [responder, initiator];
        expect(toHex(writer.writeMessage(hex(payload)))).toBe(ciphertext);
        expect(toHex(reader.readMessage(hex(ciphertext)))).toBe(payload);
      } else {
        channels ??= [initiator.split(), responder.split()];
        const [first, second] = channels;
        const [writer, reader] = fromInitiator ? [first, second] : [second, first];
        expect(toHex(concat(...writer.sending.encryptWithAd(EMPTY, [hex(payload)])))).toBe(ciphertext);
        expect(toHex(reader.receiving.decryptWithAd(EMPTY, hex(ciphertext)) ?? EMPTY)).toBe(payload);
      }
    }
    expect(toHex(initiator.handshakeHash)).toBe(toHex(responder.handshakeHash));
    if (vector.handshake_hash !== undefined) expect(toHex(initiator.handshakeHash)).toBe(vector.handshake_hash);
    expect(toHex(responder.remoteStaticKey ?? EMPTY)).toBe(toHex(keyPair(vector.init_static).publicKey));
    expect(toHex(initiator.remoteStaticKey ?? EMPTY)).toBe(toHex(keyPair(vector.resp_static).publicKey));
  });

  test('another prologue shares no key', () => {
    const initiator = handshake(true, vector.init_static, vector.init_ephemeral, vector.init_prologue, ciphers);
    const responder = handshake(false, vector.resp_static, vector.resp_ephemeral, `${vector.resp_prologue}00`, ciphers);
    responder.readMessage(initiator.writeMessage(EMPTY));
    const reply = responder.writeMessage(EMPTY);
    expect(thrownCode(() => initiator.readMessage(reply))).toBe('ERR_NOISE_BAD_MESSAGE');
  });
});

const A = '11'.repeat(32);
const B = '22'.repeat(32);
const C = '33'.repeat(32);
const D = '44'.repeat(32);

/** Messages of a good handshake and, for each, a reader that is about to read it. */
function messages(): readonly { name: string; bytes: Uint8Array; reader: () => HandshakeState }[] {
  const initiator = handshake(true, A, B);
  const responder = handshake(false, C, D);
  const first = initiator.writeMessage(EMPTY);
  responder.readMessage(first);
  const second = responder.writeMessage(utf8('payload of two'));
  initiator.readMessage(second);
  const third = initiator.writeMessage(utf8('payload of three'));
  const atSecond = (): HandshakeState => {
    const state = handshake(true, A, B);
    state.writeMessage(EMPTY);
    return state;
  };
  const atThird = (): HandshakeState => {
    const state = handshake(false, C, D);
    state.readMessage(first);
    state.writeMessage(utf8('payload of two'));
    return state;
  };
  return [
    { name: 'message 1', bytes: first, reader: () => handshake(false, C, D) },
    { name: 'message 2', bytes: second, reader: atSecond },
    { name: 'message 3', bytes: third, reader: atThird },
  ];
}

describe.each(messages())('$name', ({ bytes, reader }) => {
  test('reads as it was written', () => {
    expect(() => reader().readMessage(bytes)).not.toThrow();
  });

  test('cut at any length is refused', () => {
    for (let length = 0; length < bytes.length; length++) {
      const code = thrownCode(() => reader().readMessage(bytes.subarray(0, length)));
      expect({ length, code }).toEqual({ length, code: 'ERR_NOISE_BAD_MESSAGE' });
    }
  });
});

describe.each(messages().filter(({ name }) => name !== 'message 1'))('$name', ({ bytes, reader }) => {
  test('with any byte changed is refused', () => {
    for (let index = 0; index < bytes.length; index++) {
      const changed = bytes.slice();
      changed[index] = (changed[index] ?? 0) ^ 0x01;
      const code = thrownCode(() => reader().readMessage(changed));
      expect({ index, code }).toEqual({ index, code: 'ERR_NOISE_BAD_MESSAGE' });
    }
  });
});

test('message 1 is not sealed: a changed key in it is noticed when message 2 does not decrypt', () => {
  const [initiator, responder] = [handshake(true, A, B), handshake(false, C, D)];
  const changed = initiator.writeMessage(EMPTY);
  changed[0] = (changed[0] ?? 0) ^ 0x01;
  responder.readMessage(changed);
  const reply = responder.writeMessage(EMPTY);
  expect(thrownCode(() => initiator.readMessage(reply))).toBe('ERR_NOISE_BAD_MESSAGE');
});

/** Points of small order on Curve25519 (RFC 7748, 6.1 asks to look for the all-zero secret that they give). */
const LOW_ORDER = [
  { name: 'zero', point: '00'.repeat(32) },
  { name: 'one', point: `01${'00'.repeat(31)}` },
  { name: 'order 8', point: 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800' },
  { name: 'order 8, the other', point: '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157' },
  { name: 'p - 1', point: `ec${'ff'.repeat(30)}7f` },
  { name: 'p', point: `ed${'ff'.repeat(30)}7f` },
  { name: 'p + 1', point: `ee${'ff'.repeat(30)}7f` },
];

describe.each(LOW_ORDER)('an ephemeral key of low order: $name', ({ point }) => {
  test('is refused in message 1', () => {
    expect(thrownCode(() => handshake(false, C, D).readMessage(hex(point)))).toBe('ERR_NOISE_BAD_MESSAGE');
  });

  test('is refused in message 2', () => {
    const initiator = handshake(true, A, B);
    initiator.writeMessage(EMPTY);
    expect(thrownCode(() => initiator.readMessage(concat(hex(point), new Uint8Array(64))))).toBe(
      'ERR_NOISE_BAD_MESSAGE',
    );
  });
});

describe('order', () => {
  test('a message that is not due is our own mistake', () => {
    expect(() => handshake(true, A, B).readMessage(new Uint8Array(32))).toThrow(RangeError);
    expect(() => handshake(false, A, B).writeMessage(EMPTY)).toThrow(RangeError);
    expect(() => handshake(true, A, B).split()).toThrow(RangeError);
  });

  test('there is no fourth message', () => {
    const [initiator, responder] = [handshake(true, A, B), handshake(false, C, D)];
    responder.readMessage(initiator.writeMessage(EMPTY));
    initiator.readMessage(responder.writeMessage(EMPTY));
    responder.readMessage(initiator.writeMessage(EMPTY));
    expect(() => responder.writeMessage(EMPTY)).toThrow(RangeError);
    expect(() => initiator.readMessage(new Uint8Array(64))).toThrow(RangeError);
  });
});

describe('nonces', () => {
  const key = hex('55'.repeat(32));

  test('n is 64 bits little-endian after 32 zero bits', () => {
    const seen: string[] = [];
    const recording = {
      ...nodeCiphers,
      chacha20Poly1305: () => ({
        seal: (nonce: Uint8Array) => {
          seen.push(toHex(nonce));
          return [];
        },
        open: () => undefined,
      }),
    };
    const starts = [
      { high: 0, low: 0 },
      { high: 0, low: 0x0000_00ff },
      { high: 0, low: 0xffff_fffe },
      { high: 0x0102_0304, low: 0xffff_ffff },
    ];
    for (const start of starts) {
      const cipher = new CipherState(recording, key, start);
      cipher.encryptWithAd(EMPTY, []);
      cipher.encryptWithAd(EMPTY, []);
    }
    expect(seen).toEqual([
      '000000000000000000000000',
      '000000000100000000000000',
      '00000000ff00000000000000',
      '000000000001000000000000',
      '00000000feffffff00000000',
      '00000000ffffffff00000000',
      '00000000ffffffff04030201',
      '000000000000000005030201',
    ]);
  });

  test('2^64 - 2 is the last; 2^64 - 1 is refused both ways', () => {
    const start = { high: 0xffff_ffff, low: 0xffff_fffe };
    const sending = new CipherState(nodeCiphers, key, start);
    const receiving = new CipherState(nodeCiphers, key, start);
    const last = concat(...sending.encryptWithAd(EMPTY, [utf8('last')]));
    expect(receiving.decryptWithAd(EMPTY, last)).toEqual(utf8('last'));
    expect(thrownCode(() => sending.encryptWithAd(EMPTY, [utf8('one more')]))).toBe('ERR_NOISE_NONCE_EXHAUSTED');
    expect(thrownCode(() => receiving.decryptWithAd(EMPTY, last))).toBe('ERR_NOISE_NONCE_EXHAUSTED');
  });

  test('a message that does not verify uses up no nonce', () => {
    const sending = new CipherState(nodeCiphers, key);
    const receiving = new CipherState(nodeCiphers, key);
    const sealed = concat(...sending.encryptWithAd(EMPTY, [utf8('one')]));
    const forged = sealed.slice();
    forged[0] = (forged[0] ?? 0) ^ 0x80;
    expect(receiving.decryptWithAd(EMPTY, forged)).toBeUndefined();
    expect(receiving.decryptWithAd(EMPTY, sealed)).toEqual(utf8('one'));
    expect(receiving.decryptWithAd(EMPTY, sealed)).toBeUndefined();
  });
});
