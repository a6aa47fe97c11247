/**
 * A secio peer written anew for tests, on node:crypto and nothing of ours, so that it can judge the handler: it reads
 * the shared secret as one of the two families of peers does (`go` strips leading zeros, `js` keeps the width), picks
 * its nonce so that it wins or loses, its ephemeral key so that the secret begins as a test wants, and lies on demand.
 */
import {
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type Cipher,
  type ECDH,
} from 'node:crypto';

export type Family = 'go' | 'js';

export interface ReferenceOptions {
  readonly family?: Family;
  /** Whether its preferences win. Default: they lose. */
  readonly wins?: boolean;
  /** Whether the secret begins with a zero byte; left to chance by default. */
  readonly leadingZero?: boolean;
  readonly exchanges?: string;
  readonly ciphers?: string;
  readonly hashes?: string;
  /** Seed of everything that it draws. */
  readonly seed?: string;
}

const CURVES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  'P-256': { name: 'prime256v1', bytes: 32 },
  'P-384': { name: 'secp384r1', bytes: 48 },
  'P-521': { name: 'secp521r1', bytes: 66 },
};
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** One end of a handshake. Its steps are called in order; each answers the bytes to send, frame and all. */
export class ReferencePeer {
  readonly publicKey: Buffer;
  readonly #options: Required<Omit<ReferenceOptions, 'leadingZero'>> & Pick<ReferenceOptions, 'leadingZero'>;
  readonly #privateKey;
  nonce: Buffer = Buffer.alloc(0);
  propose: Buffer = Buffer.alloc(0);
  theirPropose: Buffer = Buffer.alloc(0);
  theirNonce: Buffer = Buffer.alloc(0);
  theirEphemeral: Buffer = Buffer.alloc(0);
  curve = '';
  cipher = '';
  hash = '';
  /** The secret at its full width. */
  secret: Buffer = Buffer.alloc(0);
  #ecdh: ECDH | undefined;
  #out: { readonly cipher: Cipher; readonly macKey: Buffer } | undefined;
  #in: { readonly cipher: Cipher; readonly macKey: Buffer } | undefined;

  constructor(options: ReferenceOptions = {}) {
    this.#options = {
      family: 'js',
      wins: false,
      exchanges: 'P-256,P-384,P-521',
      ciphers: 'AES-256,AES-128',
      hashes: 'SHA256,SHA512',
      seed: 'reference',
      ...options,
    };
    const key = Buffer.concat([ED25519_PKCS8, this.#draw('identity', 32)]);
    this.#privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    const raw = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
    this.publicKey = Buffer.concat([Buffer.from('08011220', 'hex'), raw]);
  }

  /** Reads their Propose and answers with ours, whose nonce makes us win or lose. */
  answerPropose(frame: Uint8Array): Buffer {
    this.theirPropose = bodyOf(frame);
    const theirs = fieldsOf(this.theirPropose);
    this.theirNonce = theirs[1] ?? Buffer.alloc(0);
    const { wins, exchanges, ciphers, hashes } = this.#options;
    let order = 0;
    for (let tries = 0; order === 0 || order > 0 !== wins; tries++) {
      this.nonce = this.#draw(`nonce ${tries}`, 16);
      const oh1 = sha256(theirs[2] ?? Buffer.alloc(0), this.nonce);
      order = Buffer.compare(oh1, sha256(this.publicKey, this.theirNonce));
    }
    const text = (value: Buffer | undefined): string[] => (value ?? '').toString().split(',');
    const best = (ours: string, other: Buffer | undefined): string => {
      const [first, second] = wins ? [ours.split(','), text(other)] : [text(other), ours.split(',')];
      return first.find((name) => second.includes(name)) ?? '';
    };
    this.curve = best(exchanges, theirs[3]);
    this.cipher = best(ciphers, theirs[4]);
    this.hash = best(hashes, theirs[5]);
    this.propose = message(this.nonce, this.publicKey, exchanges, ciphers, hashes);
    return frameOf(this.propose);
  }

  /** Reads their Exchange, so that the ephemeral key can be picked to their point. Throws when it does not verify. */
  readExchange(frame: Uint8Array): void {
    const theirs = fieldsOf(bodyOf(frame));
    this.theirEphemeral = theirs[1] ?? Buffer.alloc(0);
    const key = fieldsOf(fieldsOf(this.theirPropose)[2] ?? Buffer.alloc(0))[2] ?? Buffer.alloc(0);
    const corpus = Buffer.concat([this.theirPropose, this.propose, this.theirEphemeral]);
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    if (!verify(null, corpus, publicKey, theirs[2] ?? Buffer.alloc(0))) throw new Error('their signature is wrong');
    if (this.#ecdh !== undefined) this.#stretch();
  }

  /** Our Exchange. With `towards` the key is picked so that the secret with that point begins as the test wants. */
  exchange(towards: Uint8Array = this.theirEphemeral): Buffer {
    const ephemeral = this.#pickEphemeral(towards);
    if (this.theirEphemeral.length > 0) this.#stretch();
    return this.exchangeWith(ephemeral);
  }

  /** An Exchange that holds `ephemeral`, rightly signed unless `signature` says otherwise. */
  exchangeWith(ephemeral: Uint8Array, signature: (corpus: Buffer) => Buffer = (corpus) => this.sign(corpus)): Buffer {
    const corpus = Buffer.concat([this.propose, this.theirPropose, ephemeral]);
    return frameOf(message(ephemeral, signature(corpus)));
  }

  sign(corpus: Buffer): Buffer {
    return sign(null, corpus, this.#privateKey);
  }

  /** A sealed frame. */
  seal(plaintext: Uint8Array): Buffer {
    if (this.#out === undefined) throw new Error('no keys yet');
    const ciphertext = this.#out.cipher.update(plaintext);
    return frameOf(Buffer.concat([ciphertext, this.#mac(this.#out.macKey, ciphertext)]));
  }

  /** The plaintext of a sealed frame. Throws when its MAC is wrong. */
  open(frame: Uint8Array): Buffer {
    if (this.#in === undefined) throw new Error('no keys yet');
    const body = bodyOf(frame);
    const size = this.hash === 'SHA512' ? 64 : 32;
    const ciphertext = body.subarray(0, body.length - size);
    if (!this.#mac(this.#in.macKey, ciphertext).equals(body.subarray(body.length - size))) {
      throw new Error('their MAC is wrong');
    }
    return this.#in.cipher.update(ciphertext);
  }

  #pickEphemeral(towards: Uint8Array): Buffer {
    const { leadingZero } = this.#options;
    const { name, bytes } = CURVES[this.curve] ?? { name: '', bytes: 0 };
    for (let tries = 0; ; tries++) {
      const ecdh = createECDH(name);
      const privateKey = this.#draw(`ephemeral ${tries}`, bytes);
      if (this.curve === 'P-521') privateKey[0] = 0;
      ecdh.setPrivateKey(privateKey);
      const fits = leadingZero === undefined || (ecdh.computeSecret(towards)[0] === 0) === leadingZero;
      if (!fits) continue;
      this.#ecdh = ecdh;
      return ecdh.getPublicKey();
    }
  }

  #stretch(): void {
    this.secret = this.#ecdh?.computeSecret(this.theirEphemeral) ?? Buffer.alloc(0);
    let secret = this.secret;
    while (this.#options.family === 'go' && secret[0] === 0) secret = secret.subarray(1);
    const algorithm = this.hash === 'SHA512' ? 'sha512' : 'sha256';
    const hmac = (...pieces: (Uint8Array | string)[]): Buffer => {
      const running = createHmac(algorithm, secret);
      for (const piece of pieces) running.update(piece);
      return running.digest();
    };
    const keyBytes = this.cipher === 'AES-128' ? 16 : 32;
    const half = 16 + keyBytes + 20;
    let stretched = Buffer.alloc(0);
    for (let link = hmac('key expansion'); stretched.length < 2 * half; link = hmac(link)) {
      stretched = Buffer.concat([stretched, hmac(link, 'key expansion')]);
    }
    const keys = [0, half].map((at) => ({
      cipher: createCipheriv(
        keyBytes === 16 ? 'aes-128-ctr' : 'aes-256-ctr',
        stretched.subarray(at + 16, at + 16 + keyBytes),
        stretched.subarray(at, at + 16),
      ),
      macKey: stretched.subarray(at + 16 + keyBytes, at + half),
    }));
    [this.#out, this.#in] = this.#options.wins ? [keys[0], keys[1]] : [keys[1], keys[0]];
  }

  #mac(key: Buffer, ciphertext: Uint8Array): Buffer {
    return createHmac(this.hash === 'SHA512' ? 'sha512' : 'sha256', key)
      .update(ciphertext)
      .digest();
  }

  #draw(label: string, size: number): Buffer {
    return Buffer.concat([
      sha512(`${this.#options.seed} ${label} a`),
      sha512(`${this.#options.seed} ${label} b`),
    ]).subarray(0, size);
  }
}

/** A body with its length in front. */
export function frameOf(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(body.length);
  frame.set(body, 4);
  return frame;
}

/** The frames that `stream` holds whole, each with its length. */
export function framesOf(stream: Uint8Array): Buffer[] {
  const bytes = Buffer.from(stream);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new Error('the stream ends in the middle of a frame');
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

/** A protobuf message of length-delimited fields, numbered from 1. */
export function message(...fields: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field, index) => {
      const value = Buffer.from(field);
      return [Buffer.from([((index + 1) << 3) | 2]), varint(value.length), value];
    }),
  );
}

function bodyOf(frame: Uint8Array): Buffer {
  const bytes = Buffer.from(frame);
  if (bytes.readUInt32BE(0) !== bytes.length - 4) throw new Error('not one frame');
  return bytes.subarray(4);
}

/** Length-delimited fields by number; others are passed over. */
function fieldsOf(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const value = number();
    if ((tag & 7) !== 2) continue;
    fields[tag >> 3] = bytes.subarray(at, at + value);
    at += value;
  }
  return fields;
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.from([(value & 127) | 128, value >> 7]);
}

function sha256(...pieces: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(pieces)).digest();
}

function sha512(text: string): Buffer {
  return createHash('sha512').update(text).digest();
}
