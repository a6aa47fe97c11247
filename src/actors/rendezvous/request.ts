/** Asks a rendezvous point one thing on a stream of its own (libp2p/specs rendezvous/README.md). */
import type { EngineError, ErrorCode } from '../../errors.js';
import { rendezvousRequestMachine, type RendezvousRequestEffect } from '../../machines/rendezvous-request.js';
import { encodeVarintPrefixed } from '../../wire/length-prefixed.js';
import {
  encodeRendezvous,
  type RendezvousDiscover,
  type RendezvousDiscoverResponse,
  type RendezvousMessage,
  type RendezvousRegister,
  type RendezvousRegisterResponse,
  type RendezvousStatus,
  type RendezvousUnregister,
} from '../../wire/rendezvous.js';
import type { Environment } from '../environment.js';
import { exchangeFailed } from '../protocols/exchange-failure.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { MessageReader } from './exchange.js';

/** What answers a request. */
export type RendezvousResponse = RendezvousRegisterResponse | RendezvousDiscoverResponse;

/**
 * Sends a request and resolves to its response, whose status is OK. Rejects with `ERR_RENDEZVOUS_...`: by the status of a
 * refusal, or for a point that says nothing, too much or nonsense, the stream reset.
 */
export function requestRendezvous(
  environment: Environment,
  stream: ProtocolStream,
  request: RendezvousRegister,
): Promise<RendezvousRegisterResponse>;
export function requestRendezvous(
  environment: Environment,
  stream: ProtocolStream,
  request: RendezvousDiscover,
): Promise<RendezvousDiscoverResponse>;
export function requestRendezvous(
  environment: Environment,
  stream: ProtocolStream,
  request: RendezvousRegister | RendezvousDiscover,
): Promise<RendezvousResponse> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => new RendezvousAsking(environment, stream, request, resolve, reject).start());
  });
}

/** Says what has no response, and closes. Throws what the stream throws. */
export function tellRendezvous(stream: ProtocolStream, message: RendezvousUnregister): void {
  stream.write(encodeVarintPrefixed(encodeRendezvous(message)));
  // Whether it was read is not told by the protocol, and how the stream ends matters to nobody.
  stream.close().catch(() => undefined);
}

class RendezvousAsking {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #request: RendezvousRegister | RendezvousDiscover;
  readonly #resolve: (response: RendezvousResponse) => void;
  readonly #reject: (error: EngineError) => void;
  readonly #machine: MachineActor<typeof rendezvousRequestMachine>;
  readonly #reader: MessageReader;
  #response: RendezvousResponse | undefined;

  constructor(
    environment: Environment,
    stream: ProtocolStream,
    request: RendezvousRegister | RendezvousDiscover,
    resolve: (response: RendezvousResponse) => void,
    reject: (error: EngineError) => void,
  ) {
    this.#environment = environment;
    this.#stream = stream;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#machine = spawnMachine(environment, rendezvousRequestMachine, {
      address: `${stream.address}/rendezvous`,
      input: { timeoutMs: environment.limits.rendezvousTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
    this.#reader = new MessageReader(environment, stream, {
      onMessage: (message) => this.#hear(message),
      onInvalid: () => this.#machine.send({ type: 'wire.invalid' }),
      onTooLarge: () => this.#machine.send({ type: 'wire.tooLarge' }),
      onEnded: () => this.#machine.send({ type: 'stream.ended' }),
    });
  }

  start(): void {
    this.#machine.start();
    if (!this.#machine.done) this.#reader.start();
  }

  #hear(message: RendezvousMessage): void {
    const due = this.#request.type === 'REGISTER' ? 'REGISTER_RESPONSE' : 'DISCOVER_RESPONSE';
    if (message.type !== due) {
      this.#machine.send({ type: 'wire.otherResponse' });
      return;
    }
    this.#response = message;
    if (message.status === 'OK') this.#machine.send({ type: 'wire.response' });
    else this.#machine.send({ type: 'wire.refused', code: codeOf(message.status) });
  }

  #perform(effect: RendezvousRequestEffect): void {
    switch (effect.type) {
      case 'send.request':
        this.#send();
        return;
      case 'report.answered':
        this.#stream.close().catch(() => undefined);
        if (this.#response !== undefined) this.#resolve(this.#response);
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #send(): void {
    try {
      this.#stream.write(encodeVarintPrefixed(encodeRendezvous(this.#request)));
      // Nothing follows on this stream: who answers may know.
      this.#stream.closeWrite();
    } catch (thrown) {
      this.#reader.cause = thrown;
      this.#machine.send({ type: 'stream.ended' });
    }
  }

  #fail(error: EngineError): void {
    this.#reader.stop();
    // A refusal is an orderly end.
    if (this.#response === undefined) this.#stream.reset();
    else this.#stream.close().catch(() => undefined);
    this.#reject(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { limits } = this.#environment;
    return exchangeFailed(code, {
      message: `rendezvous ${this.#request.type}: ${describe(code, this.#response, limits)}`,
      actor: this.#machine,
      stream: this.#stream,
      lastBytes: this.#reader.lastBytes,
      cause: this.#reader.cause,
    });
  }
}

const CODES: Readonly<Record<Exclude<RendezvousStatus, 'OK'>, ErrorCode>> = {
  E_INVALID_NAMESPACE: 'ERR_RENDEZVOUS_INVALID_NAMESPACE',
  E_INVALID_SIGNED_PEER_RECORD: 'ERR_RENDEZVOUS_INVALID_RECORD',
  E_INVALID_TTL: 'ERR_RENDEZVOUS_INVALID_TTL',
  E_INVALID_COOKIE: 'ERR_RENDEZVOUS_INVALID_COOKIE',
  E_NOT_AUTHORIZED: 'ERR_RENDEZVOUS_NOT_AUTHORIZED',
  E_INTERNAL_ERROR: 'ERR_RENDEZVOUS_INTERNAL',
  E_UNAVAILABLE: 'ERR_RENDEZVOUS_UNAVAILABLE',
};

function codeOf(status: Exclude<RendezvousStatus, 'OK'> | number): ErrorCode {
  return typeof status === 'number' ? 'ERR_RENDEZVOUS_REFUSED' : CODES[status];
}

function describe(code: ErrorCode, response: RendezvousResponse | undefined, limits: Environment['limits']): string {
  if (response !== undefined) {
    const { status, statusText } = response;
    return `the point answered ${status}${statusText === undefined || statusText === '' ? '' : ` (${statusText})`}`;
  }
  switch (code) {
    case 'ERR_RENDEZVOUS_BAD_MESSAGE':
      return 'the point sent what is no response to it';
    case 'ERR_RENDEZVOUS_TOO_LARGE':
      return `the point sent a message of more than ${limits.rendezvousMessageBytes} bytes`;
    case 'ERR_RENDEZVOUS_TIMEOUT':
      return `the point did not answer within ${limits.rendezvousTimeoutMs} ms`;
    case 'ERR_RENDEZVOUS_ENDED':
      return 'the point closed the stream before its response was whole';
    default:
      return 'the exchange heard something that it does not expect';
  }
}
