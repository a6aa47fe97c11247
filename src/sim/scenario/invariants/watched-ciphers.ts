/**
 * Ciphers that remember what was sealed: no nonce seals twice under one key (Noise, revision 34, 5.1), nonces ascend, and
 * no two secio channels share a key stream. Keys are remembered in whole: this is a simulation, its keys are nobody's.
 */
import type { Aead, Ciphers } from '../../../ports.js';
import type { Report } from './watch.js';

/** `ciphers` of one world, watched. */
export function watchedCiphers(ciphers: Ciphers, report: Report): Ciphers {
  const sealed = new Map<string, bigint>();
  const keyStreams = new Map<string, number>();
  return {
    hash: (name, pieces) => ciphers.hash(name, pieces),
    hmac: (name, key) => ciphers.hmac(name, key),
    keyAgreement: (curve, seed) => ciphers.keyAgreement(curve, seed),
    signer: (type, privateKey) => ciphers.signer(type, privateKey),
    verify: (type, publicKey, data, signature) => ciphers.verify(type, publicKey, data, signature),
    // Its nonces are those of TLS, which no scenario speaks.
    aesGcm: (key) => ciphers.aesGcm(key),
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

/** 32 zero bits, then the number, little-endian. */
function numberOf(nonce: Uint8Array): bigint {
  return new DataView(nonce.buffer, nonce.byteOffset, nonce.length).getBigUint64(4, true);
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
