/**
 * The libp2p Public Key Extension (libp2p/specs tls/tls.md): who the sender of a certificate is, and the proof that the
 * certificate's key is its own.
 */
import { DER_TAG, encodeDer, expectDerTag, readDerElements, readDerWhole } from './der.js';

/** Object identifier of the extension. */
export const SIGNED_KEY_OID = '1.3.6.1.4.1.53594.1.1';

/** What is signed in front of the certificate's SubjectPublicKeyInfo, so that the signature fits nothing else. */
export const SIGNED_KEY_PREFIX = 'libp2p-tls-handshake:';

/** SignedKey. */
export interface SignedKey {
  /** Identity key in the libp2p keys protobuf, as it was received. */
  readonly publicKey: Uint8Array;
  /** By that key. */
  readonly signature: Uint8Array;
}

/** Decodes the value of the extension to views. Throws `ERR_WIRE_DER`. */
export function decodeSignedKey(bytes: Uint8Array): SignedKey {
  const [publicKey, signature, ...rest] = readDerElements(readDerWhole(bytes, DER_TAG.sequence, 'SignedKey').content);
  // More than two would be another structure.
  expectDerTag(rest.length === 0 ? publicKey : undefined, DER_TAG.octetString, 'SignedKey');
  return {
    publicKey: expectDerTag(publicKey, DER_TAG.octetString, 'publicKey').content,
    signature: expectDerTag(signature, DER_TAG.octetString, 'signature').content,
  };
}

export function encodeSignedKey({ publicKey, signature }: SignedKey): Uint8Array {
  return encodeDer(
    DER_TAG.sequence,
    encodeDer(DER_TAG.octetString, publicKey),
    encodeDer(DER_TAG.octetString, signature),
  );
}

/** The bytes that the identity key signs. */
export function signedKeyContent(publicKeyInfo: Uint8Array): Uint8Array {
  const prefix = new TextEncoder().encode(SIGNED_KEY_PREFIX);
  const content = new Uint8Array(prefix.length + publicKeyInfo.length);
  content.set(prefix);
  content.set(publicKeyInfo, prefix.length);
  return content;
}
