/**
 * The maths of one secio handshake, and the only place where its keys are: each step is ordered by the handshake
 * machine and answers with a finding, which is the event that the machine hears next and, for people, why.
 */
import { Opener, Sealer, type Refusal } from '../../../crypto/encrypt-then-mac.js';
import { verifyWith } from '../../../crypto/keys.js';
import { peerIdFromPublicKey } from '../../../crypto/peer-id.js';
import { channelKeys, stretchKeys } from '../../../crypto/secio-keys.js';
import {
  chooseSuite,
  exchangeCorpus,
  preferenceOrder,
  secretReadings,
  type SecioOffer,
  type SecioSuite,
} from '../../../crypto/secio-suite.js';
import { assert, EngineError } from '../../../errors.js';
import type { Limits } from '../../../limits.js';
import type { SecioHandshakeEvent } from '../../../machines/secio-handshake.js';
import { AGREEMENT_SEED_BYTES, type Ciphers, type KeyAgreement } from '../../../ports.js';
import {
  decodeExchange,
  decodePropose,
  makeExchange,
  makePropose,
  SECIO_NONCE_BYTES,
  type Exchange,
  type Propose,
} from '../../../wire/secio.js';
import type { Identity } from '../security.js';

/** What a step found: what the machine hears, and what a failure report says of it. */
export interface Finding {
  readonly event: SecioHandshakeEvent;
  readonly message?: string;
  readonly cause?: unknown;
}

/** What a handshake is made of. */
export interface KeyingOptions {
  readonly ciphers: Ciphers;
  readonly limits: Limits;
  readonly identity: Identity;
  readonly offer: SecioOffer;
  readonly expectedPeer: string | undefined;
  /** Random bytes; the label says for what. */
  readonly draw: (label: string, sizeBytes: number) => Uint8Array;
}

/** Both directions of a channel. */
export interface SecioChannel {
  readonly sealer: Sealer;
  readonly opener: Opener;
}

/** One handshake's keys, from our nonce to the channel. */
export class SecioKeying {
  /** Ours, as it travels. */
  readonly propose: Propose;
  readonly #options: KeyingOptions;
  #remote: Propose | undefined;
  #remotePeer: string | undefined;
  #order = 0;
  #suite: SecioSuite | undefined;
  #ephemeral: KeyAgreement | undefined;
  /** The channel in each reading of the secret; one, once it is known which. */
  #channels: readonly SecioChannel[] = [];

  constructor(options: KeyingOptions) {
    this.#options = options;
    this.propose = makePropose({
      rand: options.draw('nonce', SECIO_NONCE_BYTES),
      publicKey: options.identity.publicKeyProtobuf,
      ...options.offer,
    });
  }

  /** The peer that its Propose names; proven only once its Exchange is verified. */
  get remotePeer(): string | undefined {
    return this.#remotePeer;
  }

  /** The peer's key as it was received. */
  get remotePublicKey(): Uint8Array | undefined {
    return this.#remote?.publicKey;
  }

  get suite(): SecioSuite | undefined {
    return this.#suite;
  }

  /** Reads the peer's Propose, judges who it claims to be, and chooses the suite. */
  selectSuite(bytes: Uint8Array): Finding {
    const { ciphers, identity, offer, expectedPeer } = this.#options;
    let remote: Propose;
    let remotePeer: string;
    try {
      remote = decodePropose(bytes);
      assertRemote(remote.rand.length === SECIO_NONCE_BYTES, `nonce of ${remote.rand.length} bytes in Propose`);
      remotePeer = peerIdFromPublicKey(remote.publicKey);
    } catch (cause) {
      return { event: { type: 'crypto.badPropose' }, message: messageOf(cause), cause };
    }
    this.#remote = remote;
    this.#remotePeer = remotePeer;
    this.#order = preferenceOrder(ciphers, this.propose, remote);
    if (remotePeer === identity.peerId || this.#order === 0) {
      return { event: { type: 'crypto.selfDial' }, message: 'the other end is this very node' };
    }
    if (expectedPeer !== undefined && remotePeer !== expectedPeer) {
      return { event: { type: 'crypto.peerMismatch' }, message: `expected peer ${expectedPeer}, got ${remotePeer}` };
    }
    try {
      this.#suite = chooseSuite(this.#order, offer, remote);
    } catch (cause) {
      return { event: { type: 'crypto.noCommonSuite' }, message: messageOf(cause), cause };
    }
    return { event: { type: this.#order > 0 ? 'crypto.localPreferred' : 'crypto.remotePreferred' } };
  }

  /** Our Exchange, signed. Before the peer's has come it takes any ephemeral key, after it the one that was chosen. */
  makeExchange(): Exchange {
    assert(this.#remote !== undefined, 'an Exchange answers a Propose');
    this.#ephemeral ??= this.#drawEphemeral();
    const ephemeralKey = this.#ephemeral.publicKey;
    const corpus = exchangeCorpus(this.propose, this.#remote, { ephemeralKey });
    return makeExchange({ ephemeralKey, signature: this.#options.identity.signer.sign(corpus) });
  }

  /** Reads the peer's Exchange, verifies its signature, and makes the keys of the channel. */
  verifyExchange(bytes: Uint8Array): Finding {
    const { ciphers } = this.#options;
    assert(this.#remote !== undefined, 'an Exchange follows a Propose');
    let exchange: Exchange;
    try {
      exchange = decodeExchange(bytes);
    } catch (cause) {
      return { event: { type: 'crypto.badExchange' }, message: messageOf(cause), cause };
    }
    const corpus = exchangeCorpus(this.#remote, this.propose, exchange);
    if (!verifyWith(ciphers, this.#remote.publicKey, corpus, exchange.signature)) {
      return { event: { type: 'crypto.badSignature' }, message: 'the signature in Exchange does not verify' };
    }
    const readings = this.#agree(exchange.ephemeralKey);
    if (readings === undefined) {
      const message = `the ephemeral key in Exchange is not a point of ${this.#suite?.curve ?? 'the curve'}`;
      return { event: { type: 'crypto.badExchange' }, message };
    }
    this.#channels = readings.map((reading) => this.#channelOf(reading));
    return { event: { type: readings.length === 1 ? 'crypto.secretAgreed' : 'crypto.secretDoubtful' } };
  }

  /** Opens the peer's first sealed frame; the reading of the secret whose MAC is right is the peer's. */
  checkNonce(pieces: readonly Uint8Array[]): Finding {
    for (const channel of this.#channels) {
      const opened: readonly Uint8Array[] | Refusal = channel.opener.open(pieces);
      if (typeof opened === 'string') continue;
      this.#channels = [channel];
      if (equal(opened, this.propose.rand)) return { event: { type: 'crypto.nonceMatched' } };
      return { event: { type: 'crypto.badNonce' }, message: 'the first sealed frame does not hold our nonce' };
    }
    return { event: { type: 'crypto.badMac' }, message: 'the MAC of the first sealed frame is wrong' };
  }

  /** The peer's nonce, sealed: the body of our first frame. */
  sealNonce(): readonly Uint8Array[] {
    assert(this.#remote !== undefined, 'the nonce came with the Propose');
    return this.channel.sealer.seal([this.#remote.rand]);
  }

  /** The channel, once there is no doubt about the reading of the secret. */
  get channel(): SecioChannel {
    const [channel, second] = this.#channels;
    assert(channel !== undefined && second === undefined, 'the reading of the secret is not known');
    return channel;
  }

  /** Bytes of the MAC at the end of every sealed frame, once keys are made. */
  get macBytes(): number {
    return this.#channels[0]?.opener.macBytes ?? 0;
  }

  /**
   * The secret in all its readings, or `undefined` when the peer's key is no point of the curve. While our Exchange is
   * held back the ephemeral key is still ours to choose: the first whose secret has one reading is taken.
   */
  #agree(remoteKey: Uint8Array): readonly Uint8Array[] | undefined {
    const attempts = this.#ephemeral === undefined ? this.#options.limits.secioKeyAttempts : 1;
    for (let attempt = 1; ; attempt++) {
      const ephemeral = this.#ephemeral ?? this.#drawEphemeral();
      const secret = ephemeral.sharedSecret(remoteKey);
      if (secret === undefined) return undefined;
      const readings = secretReadings(secret);
      if (readings.length > 1 && attempt < attempts) continue;
      this.#ephemeral = ephemeral;
      return readings;
    }
  }

  #drawEphemeral(): KeyAgreement {
    const { ciphers, draw } = this.#options;
    assert(this.#suite !== undefined, 'the curve is agreed before a key is made');
    const { curve } = this.#suite;
    return ciphers.keyAgreement(curve, draw('ephemeral', AGREEMENT_SEED_BYTES[curve]));
  }

  #channelOf(secret: Uint8Array): SecioChannel {
    const { ciphers, limits } = this.#options;
    assert(this.#suite !== undefined, 'the suite is agreed before keys are stretched');
    const keys = channelKeys(this.#order, stretchKeys(ciphers, this.#suite, secret));
    return {
      sealer: new Sealer(ciphers, this.#suite, keys.local),
      opener: new Opener(ciphers, this.#suite, keys.remote, limits.secioReplayFrames),
    };
  }
}

function assertRemote(condition: boolean, message: string): void {
  if (!condition) throw new EngineError('ERR_SECIO_BAD_PROPOSE', 'remote', message);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function equal(pieces: readonly Uint8Array[], wanted: Uint8Array): boolean {
  const bytes = pieces.flatMap((piece) => [...piece]);
  return bytes.length === wanted.length && bytes.every((byte, index) => byte === wanted[index]);
}
