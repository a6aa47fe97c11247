/** Peer ids against the spec's examples and what js-libp2p makes of the spec's keys. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { base16 } from 'multiformats/bases/base16';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import {
  parsePeerId,
  peerIdFromBytes,
  peerIdFromPublicKey,
  peerIdToBytes,
  publicKeyOfPeerId,
} from '../../src/crypto/peer-id.js';
import { LIMITS } from '../../src/limits.js';
import { encodePublicKey } from '../../src/wire/keys.js';
import { concat, hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Ids {
  readonly ofKeys: readonly {
    readonly type: string;
    readonly peerId: string;
    readonly multihash: string;
    readonly cid: string;
  }[];
}
interface Keys {
  readonly keys: readonly { readonly type: string; readonly publicKey: string }[];
}
const { keys } = vectors('keys/libp2p-specs.json') as Keys;
const ids = (vectors('peer-ids/peer-ids.json') as Ids).ofKeys.map((id) => ({
  ...id,
  publicKey: keys.find((key) => key.type === id.type)?.publicKey ?? '',
}));

describe('the keys of the spec', () => {
  test.each(ids)('$type is $peerId', ({ type, peerId, multihash, cid, publicKey }) => {
    expect(peerIdFromPublicKey(hex(publicKey))).toBe(peerId);
    expect(toHex(peerIdToBytes(peerId))).toBe(multihash);
    expect(peerIdFromBytes(hex(multihash))).toBe(peerId);
    expect(parsePeerId(peerId)).toBe(peerId);
    expect(parsePeerId(cid)).toBe(peerId);
    const inlined = publicKeyOfPeerId(peerId);
    expect(inlined === undefined ? undefined : toHex(inlined)).toBe(
      ['RSA', 'ECDSA'].includes(type) ? undefined : publicKey,
    );
  });

  test.each(ids)('$type as a CID in every base', ({ peerId, cid }) => {
    const parsed = CID.parse(cid);
    for (const base of [base16, base36, base58btc]) expect(parsePeerId(parsed.toString(base))).toBe(peerId);
  });

  test('a key written in another way has the same id', () => {
    const data = hex('01'.repeat(32));
    const peerId = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
    expect(peerIdFromPublicKey(hex(`1220${PUBLIC_OF_ONES}0801`))).toBe(peerId);
    expect(peerIdFromPublicKey(hex(`08011220${PUBLIC_OF_ONES}`))).toBe(peerId);
    expect(peerIdFromPublicKey(encodePublicKey({ type: 'Ed25519', data }))).not.toBe(peerId);
  });

  test('an unsupported key has none', () => {
    expect(thrownCode(() => peerIdFromPublicKey(hex('08041203010203')))).toBe('ERR_KEY_UNSUPPORTED');
    expect(thrownCode(() => peerIdFromPublicKey(hex('0801')))).toBe('ERR_KEY_INVALID');
  });
});

/** Ed25519 public key of the seed of 32 bytes 01, as RFC 8032 derives it. */
const PUBLIC_OF_ONES = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c';

describe('the examples of the spec', () => {
  test.each([
    {
      text: 'bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe',
      peerId: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    },
    {
      text: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      peerId: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    },
    {
      text: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA',
      peerId: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA',
    },
  ])('$text', ({ text, peerId }) => {
    expect(parsePeerId(text)).toBe(peerId);
    expect(peerIdFromBytes(peerIdToBytes(peerId))).toBe(peerId);
  });
});

const key = `08011220${PUBLIC_OF_ONES}`;
const digest = '22'.repeat(32);

describe('refused', () => {
  test.each([
    { name: 'nothing', text: '' },
    { name: 'a word', text: 'peer' },
    { name: 'a letter that base58 has not', text: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH0' },
    { name: 'one letter less', text: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH' },
    { name: 'one letter more', text: 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN' },
    { name: 'a CID of another codec', text: CID.createV1(0x55, CID.parse(ids[0]?.cid ?? '').multihash).toString() },
    { name: 'a CID of version 0 with a multibase prefix', text: 'zQmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N' },
    { name: 'a CID in a base that is not spoken', text: 'uAXASIA' },
    { name: 'a multiaddr', text: '/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N' },
    { name: 'spaces around', text: ' QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N ' },
  ])('as text: $name', ({ text }) => {
    expect(thrownCode(() => parsePeerId(text))).toBe('ERR_PEER_ID_INVALID');
  });

  test.each([
    { name: 'nothing', bytes: '' },
    { name: 'a code without a length', bytes: '12' },
    { name: 'sha2-256 of 31 bytes', bytes: `121f${digest.slice(2)}` },
    { name: 'sha2-256 with a byte behind it', bytes: `1220${digest}00` },
    { name: 'sha2-256 said in a longer way', bytes: `920020${digest}` },
    { name: 'sha2-512', bytes: `1340${digest}${digest}` },
    { name: 'an identity of nothing', bytes: '0000' },
    { name: 'an identity that is no key', bytes: '0003616263' },
    { name: 'an inlined key with its fields the other way round', bytes: `00241220${PUBLIC_OF_ONES}0801` },
    { name: 'an inlined key that has a field more', bytes: `0026${key}1801` },
    { name: 'an inlined key of 43 bytes', bytes: `002b${key}1a0561626364ff` },
    { name: 'a length written in a longer way', bytes: `00a400${key}` },
  ])('as bytes: $name', ({ bytes }) => {
    expect(thrownCode(() => peerIdFromBytes(hex(bytes)))).toBe('ERR_PEER_ID_INVALID');
  });

  test('text that was never parsed', () => {
    expect(thrownCode(() => peerIdToBytes('peer'))).toBe('ERR_PEER_ID_INVALID');
    expect(thrownCode(() => publicKeyOfPeerId('0'))).toBe('ERR_PEER_ID_INVALID');
  });
});

test('text of any length is judged by its length first', () => {
  const longest = 'f0172'.padEnd(LIMITS.peerIdTextChars, '0');
  expect(() => parsePeerId(longest)).toThrow(/^"f0172/);
  expect(() => parsePeerId(`${longest}0`)).toThrow('129 characters, the limit is 128');
  expect(thrownCode(() => parsePeerId('1'.repeat(1_000_000)))).toBe('ERR_PEER_ID_INVALID');
});

test('any key of 32 bytes has an id that leads back to it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (data) => {
      const publicKey = encodePublicKey({ type: 'Ed25519', data });
      const peerId = peerIdFromPublicKey(publicKey);
      expect(peerId).toMatch(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);
      expect(publicKeyOfPeerId(peerId)).toEqual(publicKey);
      expect(peerIdFromBytes(concat(hex('0024'), publicKey))).toBe(peerId);
    }),
  );
});

test('any text and any bytes are a peer id or refused by name', () => {
  const refused = expect.objectContaining({ code: 'ERR_PEER_ID_INVALID', blame: 'local' });
  const attempt = (run: () => string): void => {
    try {
      expect(parsePeerId(run())).toMatch(/^[1-9A-HJ-NP-Za-km-z]+$/);
    } catch (thrown) {
      expect(thrown).toEqual(refused);
    }
  };
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: 48 }), (text, bytes) => {
      attempt(() => parsePeerId(text));
      attempt(() => parsePeerId(`b${text}`));
      attempt(() => parsePeerId(`1${text}`));
      attempt(() => peerIdFromBytes(bytes));
    }),
  );
});
