/**
 * The identity inside a noise handshake (libp2p/specs noise/README.md, "Static Key Authentication"): the identity key
 * signs the Noise static key, so whoever proves to hold the one has proven to be the other.
 */
import type { Ciphers, Signer } from '../ports.js';
import { decodeNoisePayload, NOISE_SIGNATURE_PREFIX, type NoiseHandshakePayload } from '../wire/noise.js';
import { verifyWith } from './keys.js';
import { peerIdFromPublicKey } from './peer-id.js';

/** What the payload of a peer's message comes to. */
export type NoisePayloadFinding =
  | {
      readonly kind: 'verified';
      /** Canonical peer id text. */
      readonly peer: string;
      /** As it was received. */
      readonly identityKey: Uint8Array;
      readonly streamMuxers: readonly string[];
    }
  | { readonly kind: 'badPayload' | 'badSignature' | 'peerMismatch'; readonly why: string; readonly cause?: unknown };

/** The signature that binds a Noise static key to an identity. */
export function signNoiseStaticKey(signer: Signer, staticPublicKey: Uint8Array): Uint8Array {
  return signer.sign(signedBytes(staticPublicKey));
}

/**
 * Judges a decrypted payload: it decodes, its key is one we know, that key signed the static key of the handshake, and
 * it belongs to `expectedPeer`, where one is given. Never throws for what a peer sent.
 */
export function judgeNoisePayload(
  ciphers: Ciphers,
  bytes: Uint8Array,
  remoteStaticKey: Uint8Array,
  expectedPeer: string | undefined,
): NoisePayloadFinding {
  let payload: NoiseHandshakePayload;
  let peer: string;
  let verified: boolean;
  try {
    payload = decodeNoisePayload(bytes);
    peer = peerIdFromPublicKey(payload.identityKey);
    verified = verifyWith(ciphers, payload.identityKey, signedBytes(remoteStaticKey), payload.identitySignature);
  } catch (cause) {
    return { kind: 'badPayload', why: 'the payload holds no identity key and signature that decode', cause };
  }
  if (!verified) return { kind: 'badSignature', why: `the signature by ${peer} over the static key is wrong` };
  if (expectedPeer !== undefined && peer !== expectedPeer) {
    return { kind: 'peerMismatch', why: `${expectedPeer} was expected, ${peer} answered` };
  }
  const { identityKey, extensions } = payload;
  return { kind: 'verified', peer, identityKey, streamMuxers: extensions?.streamMuxers ?? [] };
}

function signedBytes(staticPublicKey: Uint8Array): Uint8Array {
  const prefix = new TextEncoder().encode(NOISE_SIGNATURE_PREFIX);
  const bytes = new Uint8Array(prefix.length + staticPublicKey.length);
  bytes.set(prefix);
  bytes.set(staticPublicKey, prefix.length);
  return bytes;
}
