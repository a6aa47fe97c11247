/**
 * Key operations of a world are done once for all its nodes. Both ends of a Diffie-Hellman exchange come to the same
 * secret, and a signature that a node shows to a hundred peers is checked a hundred times with one result; in one process
 * the second asker can be given what the first one paid for. Only pure functions of public values are kept, so that
 * nothing differs from a world without it but the time it takes.
 */
import type { AgreementCurve, Ciphers, KeyAgreement } from '../../ports.js';

/** Results kept of each kind; the oldest go first. Secrets are asked for twice, soon after each other. */
const KEPT_RESULTS = 32 * 1024;

/** Larger ones are rare, and not worth their room: an RSA-8192 key, its signature and a handshake's text fit. */
const LARGEST_KEPT_BYTES = 4096;

/** The same ciphers, with the results of costly operations shared. */
export function withSharedResults(ciphers: Ciphers): Ciphers {
  const secrets = new Results<Uint8Array>();
  const verdicts = new Results<boolean>();
  return {
    ...ciphers,
    keyAgreement: (curve, seed) => shareSecrets(curve, ciphers.keyAgreement(curve, seed), secrets),
    verify: (type, publicKey, data, signature) => {
      if (publicKey.length + data.length + signature.length > LARGEST_KEPT_BYTES) {
        return ciphers.verify(type, publicKey, data, signature);
      }
      const key = `${type}/${textOf(publicKey)}/${textOf(signature)}/${textOf(data)}`;
      const known = verdicts.get(key);
      if (known !== undefined) return known;
      const verdict = ciphers.verify(type, publicKey, data, signature);
      verdicts.set(key, verdict);
      return verdict;
    },
  };
}

function shareSecrets(curve: AgreementCurve, own: KeyAgreement, secrets: Results<Uint8Array>): KeyAgreement {
  const { publicKey } = own;
  const ourText = textOf(publicKey);
  return {
    publicKey,
    sharedSecret: (remote) => {
      if (remote.length !== publicKey.length) return own.sharedSecret(remote);
      const theirText = textOf(remote);
      const pair = ourText < theirText ? `${ourText}/${theirText}` : `${theirText}/${ourText}`;
      const known = secrets.get(`${curve}/${pair}`);
      // Each asker gets bytes of its own: one may wipe them.
      if (known !== undefined) return known.slice();
      const secret = own.sharedSecret(remote);
      if (secret !== undefined) secrets.set(`${curve}/${pair}`, secret.slice());
      return secret;
    },
  };
}

/** A bounded table: what was put in first goes first. */
class Results<Value> {
  readonly #values = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    if (this.#values.size <= KEPT_RESULTS) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
