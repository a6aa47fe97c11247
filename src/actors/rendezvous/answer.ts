/** One request at a rendezvous point: read, answered by who keeps the registrations, and over when the peer has the response. */
import type { EngineError, ErrorCode } from '../../errors.js';
import {
  rendezvousAnswerMachine,
  type RendezvousAnswerEffect,
  type RendezvousAnswerEvent,
} from '../../machines/rendezvous-answer.js';
import { encodeVarintPrefixed } from '../../wire/length-prefixed.js';
import {
  encodeRendezvous,
  type RendezvousDiscover,
  type RendezvousDiscoverResponse,
  type RendezvousMessage,
  type RendezvousRegister,
  type RendezvousRegisterResponse,
  type RendezvousUnregister,
} from '../../wire/rendezvous.js';
import type { Environment } from '../environment.js';
import { exchangeFailed } from '../protocols/exchange-failure.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { MessageReader } from './exchange.js';

/** Who knows the answers. Called inside a turn. */
export interface RendezvousAnswers {
  register(request: RendezvousRegister): RendezvousRegisterResponse;
  unregister(request: RendezvousUnregister): void;
  discover(request: RendezvousDiscover): RendezvousDiscoverResponse;
}

/**
 * Answers the request of a stream. Resolves when the peer has read the response, or needs none; rejects with
 * `ERR_RENDEZVOUS_...` for a peer that asks nothing, too much or nonsense, or does not read.
 */
export function answerRendezvous(
  environment: Environment,
  stream: ProtocolStream,
  answers: RendezvousAnswers,
): Promise<void> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => new RendezvousAnswering(environment, stream, answers, resolve, reject).start());
  });
}

const EVENTS: Readonly<Record<RendezvousMessage['type'], RendezvousAnswerEvent['type']>> = {
  REGISTER: 'wire.register',
  UNREGISTER: 'wire.unregister',
  DISCOVER: 'wire.discover',
  REGISTER_RESPONSE: 'wire.response',
  DISCOVER_RESPONSE: 'wire.response',
};

class RendezvousAnswering {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #answers: RendezvousAnswers;
  readonly #resolve: () => void;
  readonly #reject: (error: EngineError) => void;
  readonly #machine: MachineActor<typeof rendezvousAnswerMachine>;
  readonly #reader: MessageReader;
  #request: RendezvousMessage | undefined;

  constructor(
    environment: Environment,
    stream: ProtocolStream,
    answers: RendezvousAnswers,
    resolve: () => void,
    reject: (error: EngineError) => void,
  ) {
    this.#environment = environment;
    this.#stream = stream;
    this.#answers = answers;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#machine = spawnMachine(environment, rendezvousAnswerMachine, {
      address: `${stream.address}/rendezvous`,
      input: { timeoutMs: environment.limits.rendezvousTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
    this.#reader = new MessageReader(environment, stream, {
      onMessage: (message) => {
        this.#request = message;
        this.#machine.send({ type: EVENTS[message.type] });
      },
      onInvalid: () => this.#machine.send({ type: 'wire.invalid' }),
      onTooLarge: () => this.#machine.send({ type: 'wire.tooLarge' }),
      onEnded: () => this.#machine.send({ type: 'stream.ended' }),
    });
  }

  start(): void {
    this.#machine.start();
    this.#reader.start();
  }

  #perform(effect: RendezvousAnswerEffect): void {
    switch (effect.type) {
      case 'answer.register':
        if (this.#request?.type === 'REGISTER') this.#send(this.#answers.register(this.#request));
        return;
      case 'answer.discover':
        if (this.#request?.type === 'DISCOVER') this.#send(this.#answers.discover(this.#request));
        return;
      case 'perform.unregister':
        if (this.#request?.type === 'UNREGISTER') this.#answers.unregister(this.#request);
        this.#stream.close().catch(() => undefined);
        return;
      case 'report.served':
        this.#resolve();
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #send(response: RendezvousRegisterResponse | RendezvousDiscoverResponse): void {
    const closed = (): void => this.#environment.turns.post(() => this.#machine.send({ type: 'stream.closed' }));
    try {
      this.#stream.write(encodeVarintPrefixed(encodeRendezvous(response)));
    } catch {
      // It is reset already: that is told below.
    }
    // How it ends after the response matters to nobody.
    this.#stream.close().then(closed, closed);
  }

  #fail(error: EngineError): void {
    this.#reader.stop();
    this.#stream.reset();
    this.#reject(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { limits } = this.#environment;
    return exchangeFailed(code, {
      message: `rendezvous: ${describe(code, limits)}`,
      actor: this.#machine,
      stream: this.#stream,
      lastBytes: this.#reader.lastBytes,
      cause: this.#reader.cause,
    });
  }
}

function describe(code: ErrorCode, limits: Environment['limits']): string {
  switch (code) {
    case 'ERR_RENDEZVOUS_BAD_MESSAGE':
      return 'the peer sent what is no request';
    case 'ERR_RENDEZVOUS_TOO_LARGE':
      return `the peer sent a message of more than ${limits.rendezvousMessageBytes} bytes`;
    case 'ERR_RENDEZVOUS_TIMEOUT':
      return `the peer asked nothing within ${limits.rendezvousTimeoutMs} ms`;
    case 'ERR_RENDEZVOUS_STALLED':
      return `the peer did not read the response within ${limits.rendezvousTimeoutMs} ms`;
    case 'ERR_RENDEZVOUS_ENDED':
      return 'the peer closed the stream before its request was whole';
    default:
      return 'the exchange heard something that it does not expect';
  }
}
