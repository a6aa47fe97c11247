/** The actor of one request, or of some messages that have no answer: its stream, and the machine that says whether it was answered. */
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { kadRequestMachine, type KadRequestEffect } from '../../machines/kad-request.js';
import { toHex } from '../../wire/hex.js';
import type { KadMessage } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { KadPipeline } from './kad-pipeline.js';
import type { KadStream, KadStreamListener } from './kad-stream.js';
import type { KadStreams } from './kad-streams.js';

/** What is asked, and of whom. */
export interface KadExchangeOptions {
  readonly environment: Environment;
  readonly streams: KadStreams;
  /** Address of the actor, e.g. `dht/request:1`. */
  readonly address: string;
  readonly peer: string;
  /** One message, or several that have no answer. */
  readonly pipeline: KadPipeline;
  /** Whether an answer is due. */
  readonly awaitsResponse: boolean;
  /** It is written to a stream. */
  readonly sent?: () => void;
  /** The answer, or nothing where none is due. Called in a turn, once; no stream is held any more. */
  done(response: KadMessage | undefined): void;
  failed(error: EngineError): void;
}

/** One request. */
export class KadExchange {
  readonly #options: KadExchangeOptions;
  readonly #machine: MachineActor<typeof kadRequestMachine>;
  readonly #opening = new AbortController();
  #stream: KadStream | undefined;
  #response: KadMessage | undefined;
  #cause: EngineError | undefined;

  constructor(options: KadExchangeOptions) {
    this.#options = options;
    const { environment, address, awaitsResponse } = options;
    this.#machine = spawnMachine(environment, kadRequestMachine, {
      address,
      input: { awaitsResponse, timeoutMs: environment.limits.kadRequestTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#machine.start();
  }

  cancel(): void {
    this.#machine.send({ type: 'local.cancel' });
  }

  #perform(effect: KadRequestEffect): void {
    switch (effect.type) {
      case 'open.stream':
        this.#open(effect.fresh);
        return;
      case 'send.message':
        this.#send();
        return;
      case 'report.done':
        this.#finish();
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #open(fresh: boolean): void {
    const { environment, streams, peer } = this.#options;
    this.#letGo((stream) => stream.reset());
    const kept = fresh ? undefined : streams.take(peer);
    if (kept !== undefined) {
      this.#use(kept, true);
      return;
    }
    const { turns } = environment;
    streams.open(peer, this.#opening.signal).then(
      (stream) => turns.post(() => this.#opened(stream)),
      (thrown: unknown) => turns.post(() => this.#notOpened(thrown)),
    );
  }

  #opened(stream: KadStream): void {
    // It may have come too late: cancelled, or timed out.
    if (this.#machine.done) {
      stream.reset();
      return;
    }
    this.#use(stream, false);
    stream.start();
  }

  #notOpened(thrown: unknown): void {
    this.#cause = toEngineError(thrown, 'ERR_STREAM_RESET', 'remote', 'the stream was not opened');
    this.#machine.send({ type: 'stream.failed', code: this.#cause.code });
  }

  #use(stream: KadStream, isReused: boolean): void {
    this.#stream = stream;
    stream.listener = this.#listener;
    this.#machine.send({ type: 'stream.opened', isReused });
  }

  readonly #listener: KadStreamListener = {
    message: (message) => this.#hear(message),
    refused: (error) => {
      this.#cause = error;
      this.#machine.send({ type: error.code === 'ERR_KAD_TOO_LARGE' ? 'wire.tooLarge' : 'wire.malformed' });
    },
    ended: () => this.#machine.send({ type: 'stream.ended' }),
    // While a message that has no answer is handed over; the stream is not kept then.
    stirred: () => undefined,
    reset: (error) => {
      this.#cause = error;
      this.#machine.send({ type: 'stream.ended' });
    },
    drained: () => {
      if (this.#machine.state === 'using.sending') this.#machine.send({ type: 'stream.written' });
    },
  };

  #hear(message: KadMessage): void {
    const stream = this.#stream;
    if (stream !== undefined && message.type === 'ADD_PROVIDER' && stream.maySeeEchoes > 0) {
      stream.maySeeEchoes--;
      stream.read();
      return;
    }
    this.#response = message;
    this.#machine.send({ type: message.type === this.#options.pipeline.type ? 'wire.response' : 'wire.other' });
  }

  #send(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    try {
      const isWritten = stream.write(this.#options.pipeline.bytes);
      this.#options.sent?.();
      if (this.#options.awaitsResponse) stream.read();
      else {
        stream.maySeeEchoes += this.#options.pipeline.messages;
        if (isWritten) this.#machine.send({ type: 'stream.written' });
      }
    } catch (thrown) {
      this.#cause = toEngineError(thrown, 'ERR_STREAM_RESET', 'remote', 'the stream was reset');
      this.#machine.send({ type: 'stream.ended' });
    }
  }

  #finish(): void {
    const { streams, peer } = this.#options;
    this.#letGo((stream) => streams.keep(peer, stream));
    this.#options.done(this.#response);
  }

  #fail(error: EngineError): void {
    this.#opening.abort();
    this.#letGo((stream) => stream.reset());
    this.#options.failed(error);
  }

  #letGo(how: (stream: KadStream) => void): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream !== undefined) how(stream);
  }

  #failure(code: ErrorCode): EngineError {
    const { environment, peer, pipeline } = this.#options;
    const { machine, lastEvent, stays } = this.#machine;
    const lastBytes = this.#stream?.lastBytes;
    const details = {
      machine,
      // The last stay is the failure itself; the one before it is where the last event came.
      state: stays.at(-2)?.state ?? '',
      lastEvent,
      timeline: [...stays],
      peer,
      ...(this.#stream === undefined ? {} : { address: this.#stream.stream.connection.remoteAddress }),
      ...(lastBytes === undefined || lastBytes.length === 0 ? {} : { lastBytesHex: toHex(lastBytes) }),
    };
    // Why there was no stream is told by who would have opened it.
    if (this.#cause?.code === code) return this.#cause.withDetails(details);
    const what = `${pipeline.type} to ${peer}: ${describe(code, environment.limits.kadRequestTimeoutMs)}`;
    const blame = code === 'ERR_ABORTED' ? 'local' : 'remote';
    return new EngineError(code, blame, what, { cause: this.#cause, details });
  }
}

function describe(code: ErrorCode, timeoutMs: number): string {
  switch (code) {
    case 'ERR_KAD_TIMEOUT':
      return `no answer within ${timeoutMs} ms`;
    case 'ERR_KAD_ENDED':
      return 'the peer closed the stream before it answered';
    case 'ERR_KAD_TOO_LARGE':
      return 'the answer is too large';
    case 'ERR_KAD_BAD_MESSAGE':
      return 'the answer is no message';
    case 'ERR_ABORTED':
      return 'cancelled';
    default:
      return 'the peer answered another question';
  }
}
