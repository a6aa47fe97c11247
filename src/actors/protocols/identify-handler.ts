/**
 * Identify on a stream, both ways (libp2p/specs identify/README.md): asking a peer who it is, saying who we are, and
 * hearing a push.
 */
import { Subscription } from 'rxjs';
import { peerIdFromPublicKey } from '../../crypto/peer-id.js';
import { EngineError, type ErrorCode, type StateStay } from '../../errors.js';
import { identifyMachine, type IdentifyEffect } from '../../machines/identify.js';
import { decodeIdentify, encodeIdentify, type IdentifyMessage, type OwnIdentify } from '../../wire/identify.js';
import { decodeVarintPrefixed } from '../../wire/length-prefixed.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import type { SharedTexts } from '../shared-texts.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { exchangeFailed } from './exchange-failure.js';

export const IDENTIFY_PROTOCOL = '/ipfs/id/1.0.0';
export const IDENTIFY_PUSH_PROTOCOL = '/ipfs/id/push/1.0.0';
/** The family of protocols that we name in identify: the public network's. */
export const IDENTIFY_PROTOCOL_VERSION = 'ipfs/0.1.0';

/** The longest length prefix. */
const PREFIX_BYTES = 9;

/** Who is asked, and under which name. */
export interface IdentifyOptions {
  /** Canonical text of the peer id that the connection proved; a key in the answer must be its key. Empty: any may be. */
  readonly remotePeer: string;
  /** Address of the actor, e.g. `conn:1/yamux/1/identify`. */
  readonly address: string;
  /** The key that the connection proved: that of the answer is the same one, and is kept once. */
  readonly provenKey?: Uint8Array | undefined;
}

/** What a peer said of itself. */
export interface IdentifyResult extends IdentifyMessage {
  /** Stays of the machine, for the path of states. */
  readonly stays: readonly StateStay[];
}

/**
 * Reads what the peer says on a stream of {@link IDENTIFY_PROTOCOL} that we opened, then closes it. Credit goes back as
 * bytes come: at most {@link LIMITS.identifyMessages} messages of {@link LIMITS.identifyMessageBytes} are kept.
 * Rejects with `ERR_IDENTIFY_...` (bad message, too large, key mismatch, timeout, ended) and resets the stream.
 */
export function requestIdentify(
  environment: Environment,
  stream: ProtocolStream,
  options: IdentifyOptions,
): Promise<IdentifyResult> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => new IdentifyReading(environment, stream, options, resolve, reject).start());
  });
}

/**
 * Reads a push on a stream of {@link IDENTIFY_PUSH_PROTOCOL} that the peer opened. The same exchange read from the other
 * end: fields that are absent, and lists that are empty, have not changed. Rejects as {@link requestIdentify}.
 */
export function receiveIdentifyPush(
  environment: Environment,
  stream: ProtocolStream,
  options: IdentifyOptions,
): Promise<IdentifyResult> {
  return requestIdentify(environment, stream, options);
}

/**
 * Says who we are on a stream that a peer opened, and closes. The observed address is where the peer comes from, unless
 * `own` names another; over a Unix socket there is none. Resolves when both sides are done; rejects when the peer resets, and with `ERR_INVALID_ARGUMENT`
 * for an address that is no multiaddr.
 */
export async function answerIdentify(
  environment: Environment,
  stream: ProtocolStream,
  own: OwnIdentify,
): Promise<void> {
  const { remoteAddress } = stream.connection;
  // Who dials a Unix socket comes from nowhere: the path is our own, and js-libp2p 2 and 3 give up on reading it.
  const message = remoteAddress.startsWith('/unix/') ? own : { observedAddress: remoteAddress, ...own };
  const { identifySendBytes, identifyWithRecordBytes } = environment.limits;
  stream.write(encodeIdentify(message, identifySendBytes, identifyWithRecordBytes));
  await stream.close();
}

class IdentifyReading {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #options: IdentifyOptions;
  readonly #resolve: (result: IdentifyResult) => void;
  readonly #reject: (error: EngineError) => void;
  readonly #machine: MachineActor<typeof identifyMachine>;
  readonly #subscription = new Subscription();
  readonly #buffer = new ReceiveBuffer();
  readonly #messages: Uint8Array[] = [];
  #answer: IdentifyMessage = decodeIdentify([]);
  #cause: unknown;

  constructor(
    environment: Environment,
    stream: ProtocolStream,
    options: IdentifyOptions,
    resolve: (result: IdentifyResult) => void,
    reject: (error: EngineError) => void,
  ) {
    this.#environment = environment;
    this.#stream = stream;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    const { identifyMessages: maxMessages, identifyTimeoutMs: timeoutMs } = environment.limits;
    this.#machine = spawnMachine(environment, identifyMachine, {
      address: options.address,
      input: { maxMessages, timeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#machine.start();
    this.#subscription.add(
      this.#stream.data$.subscribe({
        next: (chunk) => this.#receive(chunk),
        complete: () =>
          this.#machine.send({ type: this.#buffer.length > 0 ? 'stream.truncated' : 'stream.remoteClosed' }),
        error: (error: unknown) => {
          this.#cause = error;
          this.#machine.send({ type: 'stream.reset' });
        },
      }),
    );
    // What came at once may have ended it before there was a subscription to end.
    if (this.#machine.done) this.#subscription.unsubscribe();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#machine.done) return;
    this.#buffer.append(chunk);
    this.#stream.consume(chunk.length);
    while (!this.#machine.done && this.#readMessage());
  }

  /** Reads one message, if a whole one is there. */
  #readMessage(): boolean {
    const maxBytes = this.#environment.limits.identifyMessageBytes;
    try {
      const decoded = decodeVarintPrefixed(this.#buffer.peek(maxBytes + PREFIX_BYTES), maxBytes);
      if (decoded === undefined) return false;
      // Decoded now for its own sake, and once more with the others when all have come.
      decodeIdentify([decoded.value], this.#environment.limits);
      this.#buffer.skip(decoded.size);
      this.#messages.push(decoded.value);
      this.#machine.send({ type: 'wire.message' });
      return true;
    } catch (thrown) {
      this.#cause = thrown;
      const isTooLarge = thrown instanceof EngineError && thrown.code === 'ERR_WIRE_TOO_LARGE';
      this.#machine.send({ type: isTooLarge ? 'wire.tooLarge' : 'wire.invalid' });
      return false;
    }
  }

  #perform(effect: IdentifyEffect): void {
    switch (effect.type) {
      case 'verify.key':
        this.#answer = decodeIdentify(this.#messages, this.#environment.limits);
        this.#machine.send({ type: this.#keyMatches() ? 'key.matches' : 'key.differs' });
        return;
      case 'report.identified':
        this.#finish();
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #keyMatches(): boolean {
    if (this.#answer.publicKey === undefined) return true;
    try {
      const { remotePeer } = this.#options;
      const named = peerIdFromPublicKey(this.#answer.publicKey);
      return remotePeer === '' || named === remotePeer;
    } catch (thrown) {
      this.#cause = thrown;
      return false;
    }
  }

  #finish(): void {
    this.#subscription.unsubscribe();
    // The answer is whole: how the stream ends after it matters to nobody.
    this.#stream.close().catch(() => undefined);
    const { protocols, listenAddresses, agentVersion, protocolVersion, observedAddress } = this.#answer;
    this.#environment.message({
      direction: 'inbound',
      layer: 'protocol',
      connection: this.#stream.connection.id,
      stream: this.#stream.id,
      event: {
        type: 'identify.identified',
        protocols,
        listenAddresses,
        agentVersion,
        protocolVersion,
        observedAddress,
      },
    });
    const answer = withKey(this.#answer, this.#options.provenKey);
    this.#resolve(resultOf(answer, [...this.#machine.stays], this.#environment.shared));
  }

  #fail(error: EngineError): void {
    this.#subscription.unsubscribe();
    this.#stream.reset();
    this.#reject(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { limits } = this.#environment;
    return exchangeFailed(code, {
      message: `identify: ${describe(code, limits)}`,
      actor: this.#machine,
      stream: this.#stream,
      lastBytes: this.#buffer.length > 0 ? this.#buffer.peek(this.#buffer.length) : (this.#messages.at(-1) ?? NO_BYTES),
      cause: this.#cause,
    });
  }
}

/**
 * Kept as long as the connection, so in words that all share, and without a spread: of objects of many kinds V8 gives each
 * copy a hidden class of its own. What a recording holds keeps its order: fields as they came.
 */
function resultOf(answer: IdentifyMessage, stays: readonly StateStay[], shared: SharedTexts): IdentifyResult {
  const { listenAddresses, protocols, protocolVersion, agentVersion } = answer;
  const words: { -readonly [Key in keyof IdentifyMessage]: IdentifyMessage[Key] } = {
    // Each peer has its own, but for those that have none.
    listenAddresses: listenAddresses.length === 0 ? NO_ADDRESSES : listenAddresses,
    protocols: shared.list(protocols),
  };
  if (protocolVersion !== undefined) words.protocolVersion = shared.text(protocolVersion);
  if (agentVersion !== undefined) words.agentVersion = shared.text(agentVersion);
  return Object.assign({}, answer, words, { stays });
}

/** The same answer, with the bytes that are there already instead of a copy. */
function withKey(answer: IdentifyMessage, provenKey: Uint8Array | undefined): IdentifyMessage {
  const { publicKey } = answer;
  if (publicKey === undefined || provenKey?.length !== publicKey.length) return answer;
  return publicKey.every((byte, at) => byte === provenKey[at])
    ? Object.assign(answer, { publicKey: provenKey })
    : answer;
}

const NO_BYTES = new Uint8Array(0);
const NO_ADDRESSES: readonly string[] = Object.freeze([]);

function describe(code: ErrorCode, limits: Environment['limits']): string {
  switch (code) {
    case 'ERR_IDENTIFY_BAD_MESSAGE':
      return 'the peer sent bytes that are no identify message';
    case 'ERR_IDENTIFY_TOO_LARGE':
      return `the peer sent more than ${limits.identifyMessages} messages of ${limits.identifyMessageBytes} bytes`;
    case 'ERR_IDENTIFY_KEY_MISMATCH':
      return 'the key in the answer is not the one that the connection proved';
    case 'ERR_IDENTIFY_TIMEOUT':
      return `the peer sent nothing whole within ${limits.identifyTimeoutMs} ms`;
    case 'ERR_IDENTIFY_ENDED':
      return 'the peer closed the stream before its message was whole';
    default:
      return 'the exchange heard something that it does not expect';
  }
}
