/**
 * The secio handshake's actor: reads its messages from the handler's buffer, tells the machine, performs what it
 * orders, and ends in a channel or in an error that says where and why.
 */
import { EngineError, type ErrorCode, type FailureDetails, type StateStay } from '../../../errors.js';
import { secioHandshakeMachine, type SecioHandshakeEffect } from '../../../machines/secio-handshake.js';
import type { MessageEvent } from '../../../messages.js';
import {
  decodeExchange,
  decodePropose,
  decodeSecioLength,
  describeExchange,
  describePropose,
  SECIO_LENGTH_BYTES,
} from '../../../wire/secio.js';
import type { SecioOffer } from '../../../crypto/secio-suite.js';
import type { ReceiveBuffer } from '../../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import { toHex } from '../../../wire/hex.js';
import { frameOf } from './channel.js';
import { SecioKeying, type Finding, type SecioChannel } from './keying.js';
import type { Secured, SecurityOptions } from '../security.js';

/** Whom a handshake tells. */
export interface SecioHandshakeOwner {
  /** The pieces of one frame for the peer. */
  send(chunks: readonly Uint8Array[], event: MessageEvent): void;
  /** A message of the peer, for taps. */
  saw(event: MessageEvent): void;
  /** Done: the last call. */
  onSecured(channel: SecioChannel, secured: Secured): void;
  /** Failed: the last call. */
  onFailed(error: EngineError): void;
}

type WireEvent = 'wire.propose' | 'wire.exchange' | 'wire.nonce';

/** Bytes of the peer that a failure report shows. */
const REPORTED_BYTES = 64;

/** One handshake. */
export class SecioHandshake {
  readonly #options: SecurityOptions;
  readonly #buffer: ReceiveBuffer;
  readonly #owner: SecioHandshakeOwner;
  readonly #machine: MachineActor<typeof secioHandshakeMachine>;
  readonly #offer: SecioOffer;
  #keying: SecioKeying | undefined;
  /** The message at hand: it is worked on in the turn in which it came. */
  #message: { readonly type: WireEvent; readonly bytes: Uint8Array } | undefined;
  /** The peer that the Propose named. */
  #peer: string | undefined;
  /** What was found last, for the report. */
  #finding: Omit<Finding, 'event'> = {};

  constructor(
    address: string,
    options: SecurityOptions,
    offer: SecioOffer,
    buffer: ReceiveBuffer,
    owner: SecioHandshakeOwner,
  ) {
    this.#options = options;
    this.#offer = offer;
    this.#buffer = buffer;
    this.#owner = owner;
    const { environment } = options;
    this.#machine = spawnMachine(environment, secioHandshakeMachine, {
      address,
      input: { timeoutMs: environment.limits.secioHandshakeTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => owner.onFailed(error.withDetails(this.details)),
    });
  }

  get stays(): readonly StateStay[] {
    return this.#machine.stays;
  }

  /** Where the handshake stands, for errors of it and of the channel that it made. */
  get details(): FailureDetails {
    const { machine, state, lastEvent, stays } = this.#machine;
    const peer = this.#keying?.remotePeer ?? this.#peer ?? this.#options.expectedPeer;
    return { machine, state, lastEvent, timeline: [...stays], ...(peer === undefined ? {} : { peer }) };
  }

  /** Sends our Propose. */
  start(): void {
    const { environment, connection, identity, expectedPeer } = this.#options;
    this.#keying = new SecioKeying({
      ciphers: environment.ciphers,
      limits: environment.limits,
      identity,
      offer: this.#offer,
      expectedPeer,
      draw: (what, sizeBytes) => environment.random.bytes(`${connection}/secio/${what}`, sizeBytes),
    });
    this.#machine.start();
  }

  /** Reads whole messages until the handshake is over or more bytes are needed. */
  read(): void {
    for (let type = this.#awaited; type !== undefined; type = this.#awaited) {
      const length = decodeSecioLength(this.#buffer.peek(SECIO_LENGTH_BYTES));
      if (length === undefined) return;
      const { secioHandshakeMessageBytes: most } = this.#options.environment.limits;
      const least = type === 'wire.nonce' ? (this.#keying?.macBytes ?? 0) : 0;
      if (length < least || length > most) {
        this.#finding = { message: `a frame of ${length} bytes, ${least} to ${most} are allowed here` };
        this.#machine.send({ type: 'wire.badFrame' });
        return;
      }
      if (this.#buffer.length < SECIO_LENGTH_BYTES + length) return;
      this.#buffer.skip(SECIO_LENGTH_BYTES);
      // A copy: the Propose is kept until the Exchange is verified, the chunk that it came in is not.
      this.#message = { type, bytes: (this.#buffer.take(length) ?? new Uint8Array(0)).slice() };
      this.#owner.saw(seenEvent(type, this.#message.bytes));
      this.#machine.send({ type });
    }
  }

  /** The transport ended or failed before the handshake was done. */
  ended(type: 'transport.ended' | 'transport.failed', error: EngineError | undefined): void {
    this.#finding = { cause: error };
    this.#machine.send({ type });
  }

  /** Forgets keys and stops the machine. */
  dispose(): void {
    this.#machine.stop();
    this.#keying = undefined;
    this.#message = undefined;
  }

  /** What the next message is, by the state; nothing while the machine waits for a finding or is done. */
  get #awaited(): WireEvent | undefined {
    const [state] = this.#machine.state.split('.');
    if (this.#machine.done) return undefined;
    if (state === 'awaitingPropose') return 'wire.propose';
    if (state === 'awaitingExchange') return 'wire.exchange';
    return state === 'awaitingNonce' ? 'wire.nonce' : undefined;
  }

  #perform(effect: SecioHandshakeEffect): void {
    const keying = this.#keying;
    const bytes = this.#message?.bytes ?? new Uint8Array(0);
    if (keying === undefined) return;
    switch (effect.type) {
      case 'send.propose':
        this.#owner.send(frameOf([keying.propose.bytes]), proposeEvent(keying.propose));
        break;
      case 'select.suite':
        this.#found(keying.selectSuite(bytes));
        break;
      case 'send.exchange':
        this.#owner.send(frameOf([keying.makeExchange().bytes]), { type: 'secio.exchange' });
        break;
      case 'verify.exchange':
        this.#found(keying.verifyExchange(bytes));
        break;
      case 'send.nonce':
        this.#owner.send(frameOf(keying.sealNonce()), { type: 'secio.nonce' });
        break;
      case 'check.nonce':
        this.#found(keying.checkNonce([bytes]));
        break;
      case 'report.secured':
        this.#reportSecured(keying);
        break;
      case 'report.failed':
        this.#owner.onFailed(this.#failure(effect.code));
        break;
      default:
        effect satisfies never;
    }
  }

  #found({ event, ...finding }: Finding): void {
    this.#finding = finding;
    this.#machine.send(event);
  }

  #reportSecured(keying: SecioKeying): void {
    const { remotePeer = '', remotePublicKey = new Uint8Array(0), suite, channel } = keying;
    // The channel has its keys; nothing else of the handshake is kept but the name of the peer.
    this.#keying = undefined;
    this.#message = undefined;
    this.#peer = remotePeer;
    this.#owner.onSecured(channel, {
      remotePeer,
      remotePublicKeyProtobuf: remotePublicKey,
      agreed: { curve: suite?.curve ?? '', cipher: suite?.cipher ?? '', hash: suite?.hash ?? '' },
    });
  }

  #failure(code: ErrorCode): EngineError {
    const state = this.#machine.stays.at(-2)?.state ?? '';
    const blame = code === 'ERR_DIAL_SELF' && this.#options.role === 'dialer' ? 'local' : 'remote';
    return new EngineError(code, blame, `secio: ${this.#finding.message ?? this.#explain(code, state)}`, {
      cause: this.#finding.cause,
      details: { ...this.details, state, ...this.#lastBytes() },
    });
  }

  #explain(code: ErrorCode, state: string): string {
    const { secioHandshakeTimeoutMs } = this.#options.environment.limits;
    if (code === 'ERR_SECIO_TIMEOUT') return `not secured after ${secioHandshakeTimeoutMs} ms, in ${state}`;
    if (code === 'ERR_SECIO_ENDED') return `the peer closed in ${state}`;
    return `${this.#machine.lastEvent} is not expected in ${state}`;
  }

  /** What is not read yet is the last that came; else the last message. */
  #lastBytes(): FailureDetails {
    if (this.#buffer.length > 0) return { lastBytesHex: toHex(this.#buffer.peek(REPORTED_BYTES)) };
    if (this.#message === undefined) return {};
    const { type, bytes } = this.#message;
    const words = inWords(type, bytes);
    return {
      lastBytesHex: toHex(bytes.subarray(0, REPORTED_BYTES)),
      ...(words === undefined ? {} : { lastBytesDecoded: words }),
    };
  }
}

function proposeEvent({ exchanges, ciphers, hashes }: SecioOfferNames): MessageEvent {
  return { type: 'secio.propose', exchanges, ciphers, hashes };
}

interface SecioOfferNames {
  readonly exchanges: readonly string[];
  readonly ciphers: readonly string[];
  readonly hashes: readonly string[];
}

function seenEvent(type: WireEvent, bytes: Uint8Array): MessageEvent {
  if (type !== 'wire.propose') return { type: type === 'wire.exchange' ? 'secio.exchange' : 'secio.nonce' };
  try {
    return proposeEvent(decodePropose(bytes));
  } catch {
    return { type: 'secio.propose' };
  }
}

/** A message in words, or `undefined` when it does not decode. */
function inWords(type: WireEvent, bytes: Uint8Array): string | undefined {
  try {
    if (type === 'wire.propose') return describePropose(decodePropose(bytes));
    if (type === 'wire.exchange') return describeExchange(decodeExchange(bytes));
    return `sealed frame of ${bytes.length} bytes`;
  } catch {
    return undefined;
  }
}
