/** Hashes, MACs, AES-CTR and ChaCha20-Poly1305 of both twins against published vectors. */
import { describe, expect, test } from '@jest/globals';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { twins } from '../support/twins.js';
import { vectors } from '../support/vectors.js';

/** FIPS 180-4's examples, as NIST publishes them. */
const hashes = [
  {
    text: 'abc',
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    sha512:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  },
  {
    text: '',
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    sha512:
      'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  },
  {
    text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    sha256: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    sha512:
      '204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445',
  },
] as const;

/** RFC 4231, section 4; case 5 truncates its output and is left out. */
const macs = [
  {
    name: 'case 1',
    key: '0b'.repeat(20),
    data: toHex(utf8('Hi There')),
    sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    sha512:
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  },
  {
    name: 'case 2, a key shorter than the output',
    key: toHex(utf8('Jefe')),
    data: toHex(utf8('what do ya want for nothing?')),
    sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    sha512:
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  },
  {
    name: 'case 3, key and data longer than a block',
    key: 'aa'.repeat(20),
    data: 'dd'.repeat(50),
    sha256: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    sha512:
      'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
  },
  {
    name: 'case 4',
    key: '0102030405060708090a0b0c0d0e0f10111213141516171819',
    data: 'cd'.repeat(50),
    sha256: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    sha512:
      'b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd',
  },
  {
    name: 'case 6, a key longer than a block',
    key: 'aa'.repeat(131),
    data: toHex(utf8('Test Using Larger Than Block-Size Key - Hash Key First')),
    sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    sha512:
      '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  },
  {
    name: 'case 7, key and data longer than a block',
    key: 'aa'.repeat(131),
    data: toHex(
      utf8(
        'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
      ),
    ),
    sha256: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    sha512:
      'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58',
  },
] as const;

/** NIST SP 800-38A, F.5.1 and F.5.5. */
const counterMode = {
  counterBlock: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
  plaintext:
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  cases: [
    {
      name: 'AES-128',
      key: '2b7e151628aed2a6abf7158809cf4f3c',
      ciphertext:
        '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee',
    },
    {
      name: 'AES-256',
      key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
      ciphertext:
        '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
    },
  ],
} as const;

interface AeadCase {
  readonly id: number;
  readonly comment: string;
  readonly key: string;
  readonly nonce: string;
  readonly associatedData: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly valid: boolean;
}

describe.each(twins)('$name ciphers', ({ ciphers }) => {
  test.each(hashes)('hash of "$text", whole and in pieces', ({ text, sha256, sha512 }) => {
    const bytes = utf8(text);
    for (const pieces of [[bytes], [bytes.slice(0, 1), bytes.slice(1)], [utf8(''), bytes, utf8('')]]) {
      expect(toHex(ciphers.hash('sha256', pieces))).toBe(sha256);
      expect(toHex(ciphers.hash('sha512', pieces))).toBe(sha512);
    }
  });

  test('the hash of no pieces is that of no bytes', () => {
    expect(toHex(ciphers.hash('sha256', []))).toBe(hashes[1].sha256);
    expect(toHex(ciphers.hash('sha512', []))).toBe(hashes[1].sha512);
  });

  test.each(macs)('HMAC, RFC 4231 $name, whole and in pieces, twice with one key', ({ key, data, sha256, sha512 }) => {
    const bytes = hex(data);
    for (const [name, expected, sizeBytes] of [
      ['sha256', sha256, 32],
      ['sha512', sha512, 64],
    ] as const) {
      const mac = ciphers.hmac(name, hex(key));
      expect(mac.sizeBytes).toBe(sizeBytes);
      expect(toHex(mac.digest([bytes]))).toBe(expected);
      expect(toHex(mac.digest([bytes.slice(0, 3), utf8(''), bytes.slice(3)]))).toBe(expected);
    }
  });

  describe.each(counterMode.cases)('$name in counter mode, SP 800-38A', ({ key, ciphertext }) => {
    test.each([64, 16, 1, 7, 17, 33])('in pieces of %d bytes, both ways', (pieceBytes) => {
      const { counterBlock, plaintext } = counterMode;
      for (const [from, to] of [
        [plaintext, ciphertext],
        [ciphertext, plaintext],
      ] as const) {
        const cipher = ciphers.aesCtr(hex(key), hex(counterBlock));
        const out: Uint8Array[] = [cipher.update(hex(''))];
        for (let at = 0; at < 64; at += pieceBytes) out.push(cipher.update(hex(from).slice(at, at + pieceBytes)));
        expect(toHex(concat(...out))).toBe(to);
      }
    });
  });

  test.each((vectors('ciphers/chacha20-poly1305.json') as { tests: AeadCase[] }).tests)(
    'ChaCha20-Poly1305 $id $comment',
    ({ key, nonce, associatedData, plaintext, ciphertext, valid }) => {
      const aead = ciphers.chacha20Poly1305(hex(key));
      const opened = aead.open(hex(nonce), hex(ciphertext), hex(associatedData));
      expect(opened === undefined ? undefined : toHex(opened)).toBe(valid ? plaintext : undefined);
      if (!valid) return;
      const bytes = hex(plaintext);
      for (const pieces of [[bytes], [bytes.slice(0, 5), bytes.slice(5)], [utf8(''), bytes]]) {
        expect(toHex(concat(...aead.seal(hex(nonce), pieces, hex(associatedData))))).toBe(ciphertext);
      }
    },
  );

  test.each([
    { name: 'AES key of 24 bytes', run: () => ciphers.aesCtr(new Uint8Array(24), new Uint8Array(16)) },
    { name: 'AES counter block of 12 bytes', run: () => ciphers.aesCtr(new Uint8Array(16), new Uint8Array(12)) },
    { name: 'ChaCha20 key of 16 bytes', run: () => ciphers.chacha20Poly1305(new Uint8Array(16)) },
    {
      name: 'ChaCha20 nonce of 8 bytes to seal',
      run: () => ciphers.chacha20Poly1305(new Uint8Array(32)).seal(new Uint8Array(8), [], new Uint8Array(0)),
    },
    {
      name: 'ChaCha20 nonce of 24 bytes to open',
      run: () =>
        ciphers.chacha20Poly1305(new Uint8Array(32)).open(new Uint8Array(24), new Uint8Array(16), new Uint8Array(0)),
    },
  ])('our own mistake is named: $name', ({ run }) => {
    expect(thrownCode(run)).toBe('ERR_INVALID_ARGUMENT');
  });
});
