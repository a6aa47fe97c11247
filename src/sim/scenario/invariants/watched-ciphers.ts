/**
 * Ciphers that remember what was sealed: no nonce seals twice under one key (Noise, revision 34, 5.1; RFC 8446, 5.3),
 * nonces ascend, and no two secio channels share a key stream. Keys are remembered in whole: this is a simulation, its keys are nobody's.
 */
import type { Aead, Ciphers } from '../../../ports.js';
import type { Report } from './watch.js';

/** `ciphers` of one world, watched. */
export function watchedCiphers(ciphers: Ciphers, report: Report): Ciphers {
  const sealed = new Map<string, bigint>();
  const keyStreams = new Map<string, number>();
  const records = new Map<string, TlsKey>();
  return {
    hash: (name, pieces) => ciphers.hash(name, pieces),
    hmac: (name, key) => ciphers.hmac(name, key),
    keyAgreement: (curve, seed) => ciphers.keyAgreement(curve, seed),
    signer: (type, privateKey) => ciphers.signer(type, privateKey),
    verify: (type, publicKey, data, signature) => ciphers.verify(type, publicKey, data, signature),
    aesGcm: (key) => watchedTlsAead(ciphers.aesGcm(key), textOf(key), records, report),
    certificateSigner: (seed) => ciphers.certificateSigner(seed),
    verifyScheme: (scheme, publicKey, data, signature) => ciphers.verifyScheme(scheme, publicKey, data, signature),
    aesCtr: (key, iv) => {
      const name = `${textOf(key)} ${textOf(iv)}`;
      const uses = (keyStreams.get(name) ?? 0) + 1;
      keyStreams.set(name, uses);
      if (uses > BOTH_ENDS) {
        const message = `key and iv were taken ${uses} times: once to seal and once to open is all there is`;
        report({ invariant: 'secio.keyStream', node: 'world', actor: 'ciphers', machine: 'secioHandshake', message });
      }
      return ciphers.aesCtr(key, iv);
    },
    chacha20Poly1305: (key) => watchedAead(ciphers.chacha20Poly1305(key), textOf(key), sealed, report),
  };
}

/** A channel's key stream is used by the end that seals and by the one that opens. */
const BOTH_ENDS = 2;

function watchedAead(aead: Aead, key: string, sealed: Map<string, bigint>, report: Report): Aead {
  return {
    seal: (nonce, plaintext, associatedData) => {
      const last = sealed.get(key);
      const number = numberOf(nonce);
      if (last !== undefined && number <= last) {
        const message = `nonce ${number} seals after nonce ${last} under the same key`;
        report({ invariant: 'noise.nonce', node: 'world', actor: 'ciphers', machine: 'noiseHandshake', message });
      }
      sealed.set(key, number);
      return aead.seal(nonce, plaintext, associatedData);
    },
    open: (nonce, ciphertext, associatedData) => aead.open(nonce, ciphertext, associatedData),
  };
}

/** A key of TLS: the nonce of its first record, which is its iv, and the number of the last one. */
interface TlsKey {
  readonly iv: Uint8Array;
  last: bigint;
}

/** A record's nonce is the key's iv with the record's number folded in: numbers ascend from 0. */
function watchedTlsAead(aead: Aead, key: string, sealed: Map<string, TlsKey>, report: Report): Aead {
  return {
    seal: (nonce, plaintext, associatedData) => {
      const known = sealed.get(key);
      if (known === undefined) sealed.set(key, { iv: nonce.slice(), last: 0n });
      else {
        const number = foldedOut(nonce, known.iv);
        if (number <= known.last) {
          const message = `record ${number} is sealed after record ${known.last} under the same key`;
          report({ invariant: 'tls.nonce', node: 'world', actor: 'ciphers', machine: 'tlsHandshake', message });
        }
        known.last = number;
      }
      return aead.seal(nonce, plaintext, associatedData);
    },
    open: (nonce, ciphertext, associatedData) => aead.open(nonce, ciphertext, associatedData),
  };
}

/** The number that was folded into an iv, big-endian. */
function foldedOut(nonce: Uint8Array, iv: Uint8Array): bigint {
  let number = 0n;
  for (const [index, byte] of nonce.entries()) number = (number << 8n) | BigInt(byte ^ (iv[index] ?? 0));
  return number;
}

/** 32 zero bits, then the number, little-endian. */
function numberOf(nonce: Uint8Array): bigint {
  return new DataView(nonce.buffer, nonce.byteOffset, nonce.length).getBigUint64(4, true);
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
