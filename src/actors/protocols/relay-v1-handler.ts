/** Circuit relay 0.1.0 on a stream that a peer opened: whatever it wants, this node is no relay, and says so. */
import { Subscription } from 'rxjs';
import { EngineError, type ErrorCode } from '../../errors.js';
import { relayV1Machine, type RelayV1Effect, type RelayV1Event } from '../../machines/relay-v1.js';
import { decodeRelayV1Type, encodeRelayV1Status, RELAY_V1_STATUS } from '../../wire/circuit-v1.js';
import { decodeVarintPrefixed } from '../../wire/length-prefixed.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { exchangeFailed } from './exchange-failure.js';

export const RELAY_V1_PROTOCOL = '/libp2p/circuit/relay/0.1.0';

/** The longest length prefix. */
const PREFIX_BYTES = 9;

/**
 * Reads one question and answers it with a status: 270 to whoever asks whether we relay, or us to relay, 390 to a relayed
 * connection, 400 to what is no question. Resolves when both sides are done; rejects with `ERR_RELAY_V1_...` for a peer
 * that asks nothing, too much or nonsense.
 */
export function answerRelayV1(environment: Environment, stream: ProtocolStream): Promise<void> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => new RelayV1Answering(environment, stream, resolve, reject).start());
  });
}

class RelayV1Answering {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #resolve: () => void;
  readonly #reject: (error: EngineError) => void;
  readonly #machine: MachineActor<typeof relayV1Machine>;
  readonly #subscription = new Subscription();
  readonly #buffer = new ReceiveBuffer();
  #lastBytes: Uint8Array = new Uint8Array(0);
  #cause: unknown;
  #hasAnswered = false;

  constructor(
    environment: Environment,
    stream: ProtocolStream,
    resolve: () => void,
    reject: (error: EngineError) => void,
  ) {
    this.#environment = environment;
    this.#stream = stream;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#machine = spawnMachine(environment, relayV1Machine, {
      address: `${stream.address}/relay`,
      input: { timeoutMs: environment.limits.relayV1TimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
  }

  start(): void {
    this.#machine.start();
    this.#subscription.add(
      this.#stream.data$.subscribe({
        next: (chunk) => this.#receive(chunk),
        complete: () => this.#machine.send({ type: 'stream.ended' }),
        error: (error: unknown) => {
          this.#cause = error;
          this.#machine.send({ type: 'stream.ended' });
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
    const event = this.#read();
    if (event !== undefined) this.#machine.send({ type: event });
  }

  /** What the first message is, if it is all there. */
  #read(): RelayV1Event['type'] | undefined {
    const { relayV1MessageBytes: maxBytes } = this.#environment.limits;
    this.#lastBytes = this.#buffer.peek(maxBytes + PREFIX_BYTES);
    try {
      const decoded = decodeVarintPrefixed(this.#lastBytes, maxBytes);
      if (decoded === undefined) return undefined;
      const type = decodeRelayV1Type(decoded.value);
      return type === undefined ? 'wire.invalid' : `wire.${type}`;
    } catch (thrown) {
      this.#cause = thrown;
      const isTooLarge = thrown instanceof EngineError && thrown.code === 'ERR_WIRE_TOO_LARGE';
      return isTooLarge ? 'wire.tooLarge' : 'wire.invalid';
    }
  }

  #perform(effect: RelayV1Effect): void {
    switch (effect.type) {
      case 'send.status':
        this.#hasAnswered = this.#say(RELAY_V1_STATUS[effect.status]);
        return;
      case 'report.answered':
        this.#end(undefined);
        return;
      case 'report.failed':
        this.#end(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  /** Answers whether the stream took it. */
  #say(status: number): boolean {
    try {
      this.#stream.write(encodeRelayV1Status(status));
      return true;
    } catch (thrown) {
      this.#cause = thrown;
      return false;
    }
  }

  #end(error: EngineError | undefined): void {
    this.#subscription.unsubscribe();
    // An answer is to arrive: the stream is closed behind it, and reset only where there was none.
    const closed = this.#hasAnswered ? this.#stream.close() : undefined;
    if (closed === undefined) this.#stream.reset();
    if (error !== undefined) {
      closed?.catch(() => undefined);
      this.#reject(error);
      return;
    }
    // How the stream ends after the answer matters to nobody.
    (closed ?? Promise.resolve()).then(this.#resolve, this.#resolve);
  }

  #failure(code: ErrorCode): EngineError {
    const { limits } = this.#environment;
    return exchangeFailed(code, {
      message: `circuit relay 0.1.0: ${describe(code, limits)}`,
      actor: this.#machine,
      stream: this.#stream,
      lastBytes: this.#lastBytes,
      cause: this.#cause,
    });
  }
}

function describe(code: ErrorCode, limits: Environment['limits']): string {
  switch (code) {
    case 'ERR_RELAY_V1_BAD_MESSAGE':
      return 'the peer sent what is no question';
    case 'ERR_RELAY_V1_TOO_LARGE':
      return `the peer sent a message of more than ${limits.relayV1MessageBytes} bytes`;
    case 'ERR_RELAY_V1_TIMEOUT':
      return `the peer asked nothing within ${limits.relayV1TimeoutMs} ms`;
    case 'ERR_RELAY_V1_ENDED':
      return 'the peer closed the stream before its question was whole';
    default:
      return 'the exchange heard something that it does not expect';
  }
}
