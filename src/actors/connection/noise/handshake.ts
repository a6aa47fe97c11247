/**
 * The actor of one noise handshake: performs what `noiseHandshakeMachine` orders, reads and writes its three messages,
 * and holds their keys until the channel's ciphers are handed over.
 */
import { judgeNoisePayload } from '../../../crypto/noise-identity.js';
import type { NonceStart } from '../../../crypto/noise-cipher-state.js';
import { HandshakeState, type ChannelCiphers } from '../../../crypto/noise-state.js';
import { assert, EngineError, type ErrorCode, type FailureDetails, type StateStay } from '../../../errors.js';
import {
  noiseHandshakeMachine,
  type NoiseHandshakeEffect,
  type NoiseHandshakeEvent,
} from '../../../machines/noise-handshake.js';
import { AGREEMENT_SEED_BYTES } from '../../../ports.js';
import {
  decodeNoiseLength,
  describeNoiseMessage,
  encodeNoisePayload,
  NOISE_LENGTH_BYTES,
  NOISE_MIN_MESSAGE_BYTES,
  type NoiseMessageNumber,
} from '../../../wire/noise.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { StayLog } from '../../stay-log.js';
import { toHex } from '../../../wire/hex.js';
import { chooseEarlyMuxer } from './muxer.js';
import { noiseStaticKey } from './static-key.js';
import type { SecurityOptions } from '../security.js';

type RefusalType = Exclude<
  Extract<NoiseHandshakeEvent['type'], `crypto.${string}`>,
  'crypto.opened' | 'crypto.verified'
>;

/** Bytes of the peer's last message that a failure report shows. */
const REPORTED_BYTES = 64;
const NONE = new Uint8Array(0);

/** What a finished handshake hands over. */
export interface NoiseHandshakeResult {
  readonly remotePeer: string;
  readonly remotePublicKeyProtobuf: Uint8Array;
  readonly muxer: string | undefined;
  readonly channel: ChannelCiphers;
}

/** Whom a handshake tells. */
export interface NoiseHandshakeOwner {
  /** Sends a handshake message; the frame around it is the owner's. */
  sendMessage(message: NoiseMessageNumber, bytes: Uint8Array): void;
  /** A message came, with its length in front; it is not judged yet. */
  onMessage(message: NoiseMessageNumber, frame: Uint8Array): void;
  onSecured(result: NoiseHandshakeResult): void;
  onFailed(error: EngineError): void;
}

/** Where a handshake is and how it came there, for a failure report. */
export function noiseDetails(stays: readonly StateStay[], peer: string | undefined): FailureDetails {
  const last = stays.at(-1);
  return {
    machine: noiseHandshakeMachine.id,
    state: last?.state ?? 'idle',
    lastEvent: last?.event ?? 'start',
    timeline: [...stays],
    ...(peer === undefined ? {} : { peer }),
  };
}

/** One handshake, from its first message to its channel. */
export class NoiseHandshake {
  readonly #options: SecurityOptions;
  readonly #buffer: ReceiveBuffer;
  readonly #owner: NoiseHandshakeOwner;
  readonly #nonceStart: NonceStart | undefined;
  readonly #machine: MachineActor<typeof noiseHandshakeMachine>;
  #state: HandshakeState | undefined;
  /** The message that we wait for, or that is being judged. */
  #awaited: NoiseMessageNumber;
  /** The last frame that was taken from the buffer, its length included. */
  #frame: Uint8Array = NONE;
  #payload: Uint8Array = NONE;
  /** Why the next failure is one. */
  #reason: { readonly why: string; readonly cause?: unknown } | undefined;
  #result: Omit<NoiseHandshakeResult, 'channel'> | undefined;

  /** `buffer` is the connection's: messages are taken from it, and nothing beyond the last one. */
  constructor(
    address: string,
    options: SecurityOptions,
    buffer: ReceiveBuffer,
    owner: NoiseHandshakeOwner,
    nonceStart?: NonceStart,
  ) {
    const { environment, role } = options;
    this.#options = options;
    this.#buffer = buffer;
    this.#owner = owner;
    this.#nonceStart = nonceStart;
    this.#awaited = role === 'dialer' ? 2 : 1;
    this.#machine = spawnMachine(environment, noiseHandshakeMachine, {
      address,
      input: { timeoutMs: environment.limits.noiseHandshakeTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => owner.onFailed(error),
    });
  }

  get log(): StayLog {
    return this.#machine.log;
  }

  get stays(): readonly StateStay[] {
    return this.#machine.stays;
  }

  /** Begins: a dialer sends message 1, a listener waits for it. */
  start(): void {
    this.#machine.start();
    this.#machine.send({ type: this.#options.role === 'dialer' ? 'local.dial' : 'local.listen' });
  }

  /** Reads messages until more bytes are needed or the handshake is over; nothing before `start`. */
  read(): void {
    while (this.#machine.state !== '' && !this.#machine.done) {
      const length = decodeNoiseLength(this.#buffer.peek(NOISE_LENGTH_BYTES));
      if (length === undefined) return;
      const size = NOISE_LENGTH_BYTES + length;
      const fits = length >= NOISE_MIN_MESSAGE_BYTES[this.#awaited] && length <= this.#maxMessageBytes;
      // A length that cannot be right is judged now: its bytes may never come.
      if (fits && this.#buffer.length < size) return;
      this.#frame = this.#buffer.take(Math.min(size, this.#buffer.length)) ?? NONE;
      if (!fits) this.#reason = { why: describeNoiseMessage(this.#awaited, length) };
      this.#owner.onMessage(this.#awaited, this.#frame);
      this.#machine.send({ type: 'wire.message' });
    }
  }

  /** The transport ended or failed: nothing more will come. */
  ended(type: 'transport.ended' | 'transport.failed', cause: EngineError | undefined): void {
    this.#reason = { why: 'the peer closed during the handshake', cause };
    this.#machine.send({ type });
  }

  /** Forgets keys and stops the machine. */
  dispose(): void {
    this.#machine.stop();
    this.#state = undefined;
    this.#payload = NONE;
  }

  get #maxMessageBytes(): number {
    return this.#options.environment.limits.noiseHandshakeMessageBytes;
  }

  #perform(effect: NoiseHandshakeEffect): void {
    switch (effect.type) {
      case 'send.message': {
        this.#send(effect.message);
        return;
      }
      case 'open.message': {
        this.#open();
        return;
      }
      case 'verify.payload': {
        this.#verify();
        return;
      }
      case 'report.secured': {
        this.#secured();
        return;
      }
      case 'report.failed': {
        this.#failed(effect.code);
        return;
      }
      default:
        return effect satisfies never;
    }
  }

  #send(message: NoiseMessageNumber): void {
    const { environment, identity, muxers } = this.#options;
    // Message 1 is readable by anyone: identity and extensions wait for message 2 or 3.
    const payload =
      message === 1
        ? NONE
        : encodeNoisePayload({
            identityKey: identity.publicKeyProtobuf,
            identitySignature: noiseStaticKey(environment, identity).signature,
            extensions: { webtransportCerthashes: [], streamMuxers: muxers },
          });
    this.#owner.sendMessage(message, this.#keys.writeMessage(payload));
    if (message === 2) this.#awaited = 3;
  }

  #open(): void {
    if (this.#reason !== undefined) {
      this.#machine.send({ type: 'crypto.rejected' });
      return;
    }
    try {
      this.#payload = this.#keys.readMessage(this.#frame.subarray(NOISE_LENGTH_BYTES));
    } catch (thrown) {
      if (!(thrown instanceof EngineError) || thrown.blame !== 'remote') throw thrown;
      this.#against('crypto.rejected', thrown.message);
      return;
    }
    this.#machine.send({ type: 'crypto.opened' });
  }

  #verify(): void {
    const { environment, role, expectedPeer, muxers } = this.#options;
    const { remoteStaticKey } = this.#keys;
    assert(remoteStaticKey !== undefined, 'noise: a payload came before its static key');
    const finding = judgeNoisePayload(environment.ciphers, this.#payload, remoteStaticKey, expectedPeer);
    if (finding.kind !== 'verified') {
      this.#against(`crypto.${finding.kind}`, finding.why, finding.cause);
      return;
    }
    const early = chooseEarlyMuxer(role, muxers, finding.streamMuxers, environment.limits.noiseStreamMuxers);
    if (early.kind === 'noOverlap') {
      this.#against('crypto.noCommonMuxer', `we offer ${muxers.join(', ')}, they ${finding.streamMuxers.join(', ')}`);
      return;
    }
    this.#result = {
      remotePeer: finding.peer,
      // A copy: the view would keep the whole payload as long as the connection lives.
      remotePublicKeyProtobuf: finding.identityKey.slice(),
      muxer: early.kind === 'agreed' ? early.muxer : undefined,
    };
    this.#machine.send({ type: 'crypto.verified' });
  }

  #against(type: RefusalType, why: string, cause?: unknown): void {
    this.#reason = { why, cause };
    this.#machine.send({ type });
  }

  #secured(): void {
    assert(this.#result !== undefined, 'noise: secured without a verified payload');
    const channel = this.#keys.split();
    this.#state = undefined;
    this.#frame = NONE;
    this.#payload = NONE;
    this.#owner.onSecured({ ...this.#result, channel });
  }

  #failed(code: ErrorCode): void {
    const { why = this.#describeSilence(), cause } = this.#reason ?? {};
    this.#owner.onFailed(
      new EngineError(code, 'remote', `noise: ${why}`, {
        cause,
        details: {
          ...noiseDetails(this.stays, this.#options.expectedPeer),
          // The state that the last event found, not the one it led to.
          state: this.stays.at(-2)?.state ?? 'idle',
          ...this.#lastBytes(),
        },
      }),
    );
  }

  #describeSilence(): string {
    return `${this.#machine.lastEvent} while ${describeNoiseMessage(this.#awaited, undefined)} was due`;
  }

  /** What is not a whole message yet, or else the last one. */
  #lastBytes(): Pick<FailureDetails, 'lastBytesHex' | 'lastBytesDecoded'> {
    const unread = this.#buffer.peek(this.#buffer.length);
    const bytes = unread.length > 0 ? unread : this.#frame;
    if (bytes.length === 0) return {};
    const description = describeNoiseMessage(this.#awaited, decodeNoiseLength(bytes));
    return {
      lastBytesHex: toHex(bytes.subarray(0, REPORTED_BYTES)),
      lastBytesDecoded: unread.length > 0 ? `the first ${unread.length} bytes of ${description}` : description,
    };
  }

  /** The keys of this handshake, drawn when the first message needs them: a silent peer costs no key operation. */
  get #keys(): HandshakeState {
    return (this.#state ??= this.#drawKeys());
  }

  #drawKeys(): HandshakeState {
    const { environment, identity, role } = this.#options;
    const { ciphers, random } = environment;
    return new HandshakeState({
      ciphers,
      initiator: role === 'dialer',
      staticKey: noiseStaticKey(environment, identity).agreement,
      ephemeralKey: ciphers.keyAgreement('x25519', random.bytes('noise.ephemeral', AGREEMENT_SEED_BYTES.x25519)),
      nonceStart: this.#nonceStart,
    });
  }
}
