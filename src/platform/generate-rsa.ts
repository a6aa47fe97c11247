/**
 * A new RSA identity key. It lives here because OpenSSL finds the primes with its own randomness: unlike the other key
 * types it cannot be made again from a seed.
 */
import { generateKeyPairSync } from 'node:crypto';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { encodePrivateKey } from '../wire/keys.js';

/**
 * A private key in the libp2p keys protobuf; takes some tenths of a second and blocks as long.
 * Throws `ERR_INVALID_ARGUMENT` for a modulus that no node would accept.
 */
export function generateRsaPrivateKey(modulusBits = 2048): Uint8Array {
  if (!Number.isInteger(modulusBits) || modulusBits < LIMITS.rsaMinBits || modulusBits > LIMITS.rsaMaxBits) {
    const range = `${LIMITS.rsaMinBits} to ${LIMITS.rsaMaxBits}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `modulusBits must be ${range}, got ${modulusBits}`);
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: modulusBits });
  return encodePrivateKey({ type: 'RSA', data: privateKey.export({ format: 'der', type: 'pkcs1' }) });
}
