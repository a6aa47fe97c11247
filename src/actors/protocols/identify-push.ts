/** Identify push on one connection, the side that tells (libp2p/specs identify/README.md). */
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { identifyPushMachine, type IdentifyPushEffect } from '../../machines/identify-push.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** One push. */
export interface IdentifyPushOptions {
  /** Address of the actor, e.g. `conn:1/identify-push`. */
  readonly address: string;
  /** Opens the stream and agrees on the protocol; the signal ends the attempt. */
  open(signal: AbortSignal): Promise<ProtocolStream>;
  /** The messages, their lengths in front: asked for when the stream is there, so that they are of that moment. */
  message(): Uint8Array;
}

/**
 * Tells one peer. Resolves when it has taken the message and both sides are done; rejects with
 * `ERR_MULTISTREAM_NO_OVERLAP`, `ERR_STREAM_RESET`, or `ERR_IDENTIFY_PUSH_TIMEOUT`.
 */
export function pushIdentify(environment: Environment, options: IdentifyPushOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    environment.turns.post(() => new IdentifyPushing(environment, options, resolve, reject).start());
  });
}

class IdentifyPushing {
  readonly #environment: Environment;
  readonly #options: IdentifyPushOptions;
  readonly #resolve: () => void;
  readonly #reject: (error: EngineError) => void;
  readonly #machine: MachineActor<typeof identifyPushMachine>;
  readonly #opening = new AbortController();
  #stream: ProtocolStream | undefined;
  #cause: unknown;

  constructor(
    environment: Environment,
    options: IdentifyPushOptions,
    resolve: () => void,
    reject: (error: EngineError) => void,
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#machine = spawnMachine(environment, identifyPushMachine, {
      address: options.address,
      input: { timeoutMs: environment.limits.identifyPushTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#machine.start();
    this.#options.open(this.#opening.signal).then(
      (stream) => this.#environment.turns.post(() => this.#opened(stream)),
      (thrown: unknown) => this.#environment.turns.post(() => this.#ended(thrown)),
    );
  }

  #opened(stream: ProtocolStream): void {
    if (this.#machine.done) {
      stream.reset();
      return;
    }
    this.#stream = stream;
    this.#machine.send({ type: 'stream.opened' });
    stream.closed.then(
      () => this.#environment.turns.post(() => this.#machine.send({ type: 'stream.closed' })),
      (thrown: unknown) => this.#environment.turns.post(() => this.#ended(thrown)),
    );
  }

  #ended(thrown: unknown): void {
    this.#cause = thrown;
    const refused = thrown instanceof EngineError && thrown.code === 'ERR_MULTISTREAM_NO_OVERLAP';
    this.#machine.send({ type: refused ? 'stream.refused' : 'stream.failed' });
  }

  #perform(effect: IdentifyPushEffect): void {
    switch (effect.type) {
      case 'send.message':
        this.#send();
        return;
      case 'report.pushed':
        this.#resolve();
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
      this.#stream?.write(this.#options.message());
      // Nothing is to be read here: what still comes is dropped.
      this.#stream?.close().catch(() => undefined);
    } catch (thrown) {
      this.#ended(thrown);
    }
  }

  #fail(error: EngineError): void {
    this.#opening.abort();
    this.#stream?.reset();
    this.#reject(error);
  }

  #failure(code: ErrorCode): EngineError {
    const message = `identify push: ${describe(code, this.#environment.limits.identifyPushTimeoutMs)}`;
    const cause = this.#cause === undefined ? undefined : toEngineError(this.#cause, code, 'remote', message);
    return new EngineError(code, 'remote', message, {
      cause,
      details: {
        machine: this.#machine.machine,
        state: this.#machine.stays.at(-2)?.state ?? '',
        lastEvent: this.#machine.lastEvent,
        timeline: [...this.#machine.stays],
      },
    });
  }
}

function describe(code: ErrorCode, timeoutMs: number): string {
  switch (code) {
    case 'ERR_MULTISTREAM_NO_OVERLAP':
      return 'the peer does not take it';
    case 'ERR_IDENTIFY_PUSH_TIMEOUT':
      return `the peer did not take it within ${timeoutMs} ms`;
    case 'ERR_STREAM_RESET':
      return 'its stream could not be opened, or was reset';
    default:
      return 'the exchange heard something that it does not expect';
  }
}
