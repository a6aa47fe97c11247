/**
 * A scripted peer that walks up the layers of a node as an honest one would, and does at each of them what a test wants:
 * raw socket - multistream - noise | secio | plaintext - multistream - yamux - stream - multistream.
 */
import { signNoiseStaticKey } from '../../src/crypto/noise-identity.js';
import type { Identity } from '../../src/actors/connection/security.js';
import type { ChannelCiphers } from '../../src/crypto/noise-state.js';
import { encodeMultistreamMessage, MULTISTREAM_ID } from '../../src/wire/multistream.js';
import { encodeNoisePayload, type NoiseHandshakePayload } from '../../src/wire/noise.js';
import { BytePipe, connectRaw, type RawPeer } from './hostile-pipe.js';
import { frame, NoiseForger } from './noise-forger.js';
import { testIdentity } from './noise-side.js';
import { ReferencePeer, type ReferenceOptions } from './secio-reference.js';
import { concat } from './decoding.js';

export type Security = 'noise' | 'secio';

const EMPTY = new Uint8Array(0);
const SECURITY_IDS = { noise: '/noise', secio: '/secio/1.0.0' } as const;
/** Plaintext that one noise message holds. */
const NOISE_PLAINTEXT_BYTES = 65_519;

/** Lines of multistream, as they go on the wire. */
export function lines(...texts: readonly string[]): Uint8Array {
  return concat(...texts.map((text) => encodeMultistreamMessage(text)));
}

/** Agrees on `protocol` as the dialer. Throws when the node declines. */
export async function propose(pipe: BytePipe, protocol: string): Promise<void> {
  pipe.send(lines(MULTISTREAM_ID, protocol));
  const answers = [await pipe.readLine(), await pipe.readLine()];
  if (answers[0] !== MULTISTREAM_ID || answers[1] !== protocol) throw new Error(`the node said ${answers.join(', ')}`);
}

/** Agrees as the listener on whatever the node proposes; answers what that was. */
export async function agree(pipe: BytePipe): Promise<string> {
  const header = await pipe.readLine();
  if (header !== MULTISTREAM_ID) throw new Error(`the node began with ${header}`);
  const protocol = await pipe.readLine();
  pipe.send(lines(MULTISTREAM_ID, protocol));
  return protocol;
}

/** What goes before a secured pipe: the channel over a raw socket. */
export abstract class SecurePipe extends BytePipe {
  constructor(readonly raw: RawPeer) {
    super();
  }

  /** The frame around `plaintext`, sealed and counted but not sent. */
  abstract seal(plaintext: Uint8Array): Uint8Array;
  protected abstract readFrame(): Promise<Uint8Array>;

  send(...pieces: readonly Uint8Array[]): void {
    const bytes = concat(...pieces);
    for (let at = 0; at < bytes.length; at += NOISE_PLAINTEXT_BYTES) {
      this.raw.send(this.seal(bytes.subarray(at, at + NOISE_PLAINTEXT_BYTES)));
    }
  }

  /** Opens what the node sends, until it closes. */
  pump(): this {
    const next = (): void => {
      this.readFrame().then(
        (plaintext) => {
          this.received(plaintext);
          next();
        },
        () => this.ended(),
      );
    };
    next();
    return this;
  }

  /** No deadline is due for a frame that need not come. */
  protected async readPrefix(size: number): Promise<Uint8Array> {
    while (this.raw.waitingBytes < size && !this.raw.isOver) {
      await new Promise<void>((resolve) => {
        const { socket } = this.raw;
        const wake = (): void => {
          for (const event of ['data', 'end', 'close'] as const) socket.off(event, wake);
          resolve();
        };
        for (const event of ['data', 'end', 'close'] as const) socket.on(event, wake);
      });
    }
    return this.raw.read(size);
  }
}

/** A noise channel. */
export class NoisePipe extends SecurePipe {
  readonly #ciphers: ChannelCiphers;

  constructor(raw: RawPeer, forger: NoiseForger) {
    super(raw);
    this.#ciphers = forger.state.split();
  }

  seal(plaintext: Uint8Array): Uint8Array {
    return frame(concat(...this.#ciphers.sending.encryptWithAd(EMPTY, [plaintext])));
  }

  protected async readFrame(): Promise<Uint8Array> {
    const [high = 0, low = 0] = await this.readPrefix(2);
    const plaintext = this.#ciphers.receiving.decryptWithAd(EMPTY, await this.raw.read((high << 8) | low));
    if (plaintext === undefined) throw new Error('the node sent a frame that does not open');
    return plaintext;
  }
}

/** A secio channel. */
export class SecioPipe extends SecurePipe {
  constructor(
    raw: RawPeer,
    readonly reference: ReferencePeer,
  ) {
    super(raw);
  }

  seal(plaintext: Uint8Array): Uint8Array {
    return this.reference.seal(plaintext);
  }

  protected async readFrame(): Promise<Uint8Array> {
    return this.reference.open(await readSecioFrame(this.raw, await this.readPrefix(4)));
  }
}

/** The next frame, its length in front. */
export async function readSecioFrame(raw: RawPeer, prefix?: Uint8Array): Promise<Uint8Array> {
  const head = prefix ?? (await raw.read(4));
  return concat(head, await raw.read(Buffer.from(head).readUInt32BE(0)));
}

/** The next noise message, its length in front. */
export async function readNoiseFrame(raw: RawPeer): Promise<Uint8Array> {
  const head = await raw.read(2);
  return concat(head, await raw.read(((head[0] ?? 0) << 8) | (head[1] ?? 0)));
}

/** What an honest `identity` says in noise. */
export function noisePayload(identity: Identity, forger: NoiseForger): NoiseHandshakePayload {
  return {
    identityKey: identity.publicKeyProtobuf,
    identitySignature: signNoiseStaticKey(identity.signer, forger.staticPublicKey),
  };
}

/** The noise handshake as the dialer, up to the third message, which is `third` or an honest one. */
export async function dialNoise(
  raw: RawPeer,
  identity: Identity,
  third: (forger: NoiseForger) => Uint8Array = (forger) =>
    forger.write(encodeNoisePayload(noisePayload(identity, forger))),
): Promise<NoiseForger> {
  const forger = new NoiseForger('dialer');
  raw.send(forger.write());
  forger.read(await readNoiseFrame(raw));
  raw.send(third(forger));
  return forger;
}

/** The secio handshake to its end. */
export async function shakeSecio(raw: RawPeer, options: ReferenceOptions = {}): Promise<ReferencePeer> {
  const reference = new ReferencePeer(options);
  raw.send(reference.answerPropose(await readSecioFrame(raw)));
  raw.send(reference.exchange());
  reference.readExchange(await readSecioFrame(raw));
  raw.send(reference.seal(reference.theirNonce));
  const nonce = reference.open(await readSecioFrame(raw));
  if (!nonce.equals(reference.nonce)) throw new Error('the node did not echo the nonce');
  return reference;
}

/** Options of {@link upgradeToSecured}. */
export interface UpgradeOptions {
  readonly security?: Security;
  /** Seed of the peer's identity. */
  readonly seed?: string;
}

/** Dials and walks up to where the security handshake begins. */
export async function upgradeToSecurity(address: string, security: Security): Promise<RawPeer> {
  const raw = await connectRaw(address);
  await propose(raw, SECURITY_IDS[security]);
  return raw;
}

/** Dials and walks up to the secure channel. */
export async function upgradeToSecured(address: string, options: UpgradeOptions = {}): Promise<SecurePipe> {
  const { security = 'noise', seed = 'mallory' } = options;
  const raw = await upgradeToSecurity(address, security);
  if (security === 'secio') return new SecioPipe(raw, await shakeSecio(raw, { seed })).pump();
  return new NoisePipe(raw, await dialNoise(raw, testIdentity(seed))).pump();
}

/** Takes the node's dial up to the secure channel. */
export async function acceptSecured(raw: RawPeer, options: UpgradeOptions = {}): Promise<SecurePipe> {
  const { seed = 'mallory' } = options;
  const security = await agree(raw);
  if (security === SECURITY_IDS.secio) return new SecioPipe(raw, await shakeSecio(raw, { seed })).pump();
  const forger = new NoiseForger('listener');
  forger.read(await readNoiseFrame(raw));
  raw.send(forger.write(encodeNoisePayload(noisePayload(testIdentity(seed), forger))));
  forger.read(await readNoiseFrame(raw));
  return new NoisePipe(raw, forger).pump();
}
