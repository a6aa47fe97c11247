/**
 * The plaintext security handler (libp2p/specs plaintext/README.md): the peers tell each other who they are, then bytes
 * pass unchanged. For tests and for looking at traffic: anybody on the way can read, change and impersonate.
 */
import type { Observable } from 'rxjs';
import { peerIdFromBytes, peerIdFromPublicKey, peerIdToBytes } from '../../../crypto/peer-id.js';
import { assert, EngineError, type ErrorCode, type FailureDetails, type StateStay } from '../../../errors.js';
import {
  plaintextExchangeMachine,
  type PlaintextExchangeEffect,
  type PlaintextExchangeEvent,
} from '../../../machines/plaintext-exchange.js';
import type { ConnectionMessage, MessageEvent } from '../../../messages.js';
import { decodeVarintPrefixed, encodeVarintPrefixed } from '../../../wire/length-prefixed.js';
import {
  decodePlaintextExchange,
  encodePlaintextExchange,
  PLAINTEXT_ID,
  type PlaintextExchange,
} from '../../../wire/plaintext.js';
import { decodeVarint } from '../../../wire/varint.js';
import { ReceiveBuffer } from '../../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { StayLog } from '../../stay-log.js';
import { toHex } from '../../../wire/hex.js';
import type { Secured, SecurityHandler, SecurityOptions, SecurityProtocol } from '../security.js';
import { SecurityEnds } from '../security-ends.js';

/** The longest length prefix: what has to be seen of the message beside the message itself. */
const PREFIX_BYTES = 9;
/** Bytes of the peer that a failure report shows. */
const REPORTED_BYTES = 64;
const NONE = new Uint8Array(0);

/** `/plaintext/2.0.0`: identities without proof, bytes without protection. */
export const plaintextProtocol: SecurityProtocol = {
  id: PLAINTEXT_ID,
  create: (options) => new PlaintextHandler(options),
};

class PlaintextHandler implements SecurityHandler {
  readonly address: string;
  readonly layer = 'plaintext';
  readonly #options: SecurityOptions;
  readonly #ends: SecurityEnds;
  readonly #buffer = new ReceiveBuffer();
  /** Gone once it has succeeded; its stays remain. */
  #machine: MachineActor<typeof plaintextExchangeMachine> | undefined;
  readonly #log: StayLog;
  /** The peer's message, its length included. */
  #frame: Uint8Array = NONE;
  #message: Uint8Array = NONE;
  #secured: Secured | undefined;
  /** Why the next failure is one. */
  #reason: { readonly why: string; readonly cause?: unknown } | undefined;

  constructor(options: SecurityOptions) {
    this.#options = options;
    this.#ends = new SecurityEnds(options, 'plaintext', () => this.#release());
    this.address = this.#ends.address;
    const { environment } = options;
    this.#machine = spawnMachine(environment, plaintextExchangeMachine, {
      address: this.address,
      input: { timeoutMs: environment.limits.plaintextTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#ends.fail(error),
    });
    this.#log = this.#machine.log;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#ends.inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#ends.outbound;
  }

  get stays(): readonly StateStay[] {
    return this.#log.stays;
  }

  start(): void {
    this.#machine?.start();
  }

  receive(message: ConnectionMessage): void {
    if (this.#ends.disposed) return;
    if (this.#machine === undefined) {
      this.#ends.tellPlaintext('inbound', message.chunks);
      this.#ends.publish('inbound', message.chunks, message.event, message.error);
      return;
    }
    for (const chunk of message.chunks) this.#buffer.append(chunk);
    this.#read();
    if (message.event !== undefined) this.#receiveEvent(message.event, message.error);
  }

  send(message: ConnectionMessage): void {
    if (this.#ends.disposed || message.length === 0) return;
    assert(this.#secured !== undefined, `${this.address}: data before the exchange is done`);
    this.#ends.tellPlaintext('outbound', message.chunks);
    this.#ends.publish('outbound', message.chunks);
  }

  dispose(): void {
    this.#ends.dispose();
  }

  #release(): void {
    this.#machine?.stop();
    this.#machine = undefined;
    this.#buffer.drain();
  }

  /** Takes the one message, as soon as it is whole. */
  #read(): void {
    if (this.#machine === undefined || this.#frame.length > 0) return;
    const maxBytes = this.#options.environment.limits.plaintextMessageBytes;
    let decoded;
    try {
      // The front first: joining all that came with every byte that comes would take time quadratic in their number.
      const head = this.#buffer.peek(PREFIX_BYTES);
      const length = decodeVarint(head);
      const size = length === undefined ? 0 : length.size + length.value;
      decoded = decodeVarintPrefixed(size > this.#buffer.length ? head : this.#buffer.peek(size), maxBytes);
    } catch (cause) {
      this.#against('wire.badMessage', cause instanceof Error ? cause.message : String(cause), cause);
      return;
    }
    if (decoded === undefined) return;
    this.#frame = this.#buffer.take(decoded.size) ?? NONE;
    this.#message = decoded.value;
    this.#ends.show('inbound', [this.#frame], { type: 'plaintext.exchange' });
    this.#machine.send({ type: 'wire.exchange' });
  }

  #receiveEvent(event: MessageEvent, error: EngineError | undefined): void {
    const { type } = event;
    if (this.#machine === undefined) {
      // The exchange was done by the bytes of this very message.
      if (!this.#ends.disposed) this.#ends.publish('inbound', [], event, error);
    } else if (type === 'transport.ended' || type === 'transport.failed') {
      this.#against(type, 'the peer closed before its Exchange was here', error);
    }
  }

  #perform(effect: PlaintextExchangeEffect): void {
    switch (effect.type) {
      case 'send.exchange':
        this.#sendExchange();
        return;
      case 'verify.exchange':
        this.#verify();
        return;
      case 'report.secured':
        this.#report();
        return;
      case 'report.failed':
        this.#ends.fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #sendExchange(): void {
    const { peerId, publicKeyProtobuf } = this.#options.identity;
    const exchange = encodePlaintextExchange({ id: peerIdToBytes(peerId), publicKey: publicKeyProtobuf });
    const event = { type: 'plaintext.exchange', peer: peerId };
    this.#ends.publish('outbound', [encodeVarintPrefixed(exchange)], event);
  }

  #verify(): void {
    let exchange: PlaintextExchange;
    let claimed: string;
    let derived: string;
    try {
      exchange = decodePlaintextExchange(this.#message);
      claimed = peerIdFromBytes(exchange.id);
      derived = peerIdFromPublicKey(exchange.publicKey);
    } catch (cause) {
      this.#against('crypto.badExchange', cause instanceof Error ? cause.message : String(cause), cause);
      return;
    }
    const { expectedPeer } = this.#options;
    if (claimed !== derived) {
      this.#against('crypto.idMismatch', `the peer says it is ${claimed}, but its key is that of ${derived}`);
    } else if (expectedPeer !== undefined && claimed !== expectedPeer) {
      this.#against('crypto.peerMismatch', `${expectedPeer} was dialed, ${claimed} answered`);
    } else {
      // A copy of the key: the view would keep the whole chunk as long as the connection lives.
      this.#secured = { remotePeer: claimed, remotePublicKeyProtobuf: exchange.publicKey.slice(), agreed: {} };
      this.#machine?.send({ type: 'crypto.exchangeVerified' });
    }
  }

  #report(): void {
    const secured = this.#secured;
    assert(secured !== undefined, 'plaintext: secured without a verified Exchange');
    this.#machine = undefined;
    this.#frame = NONE;
    this.#message = NONE;
    this.#ends.show('inbound', [], { type: 'plaintext.secured', peer: secured.remotePeer });
    this.#options.onSecured(secured);
    const behind = this.#buffer.drain();
    // The owner may have disposed of us while it heard of that.
    if (behind.length === 0 || this.#ends.disposed) return;
    this.#ends.tellPlaintext('inbound', behind);
    this.#ends.publish('inbound', behind);
  }

  #against(type: PlaintextExchangeEvent['type'], why: string, cause?: unknown): void {
    this.#reason = { why, cause };
    this.#machine?.send({ type });
  }

  #failure(code: ErrorCode): EngineError {
    const last = this.stays.at(-1);
    const { why = `${last?.event ?? 'start'} while the peer's Exchange was due`, cause } = this.#reason ?? {};
    return new EngineError(code, 'remote', `plaintext: ${why}`, {
      cause,
      details: {
        machine: plaintextExchangeMachine.id,
        // The state that the last event found, not the one it led to.
        state: this.stays.at(-2)?.state ?? '',
        lastEvent: last?.event ?? 'start',
        timeline: [...this.stays],
        ...this.#lastBytes(),
      },
    });
  }

  #lastBytes(): Pick<FailureDetails, 'lastBytesHex' | 'lastBytesDecoded'> {
    const whole = this.#frame.length > 0;
    const bytes = whole ? this.#frame : this.#buffer.peek(this.#buffer.length);
    if (bytes.length === 0) return {};
    return {
      lastBytesHex: toHex(bytes.subarray(0, REPORTED_BYTES)),
      lastBytesDecoded: whole
        ? `an Exchange of ${bytes.length} bytes`
        : `the first ${bytes.length} bytes of an Exchange`,
    };
  }
}
