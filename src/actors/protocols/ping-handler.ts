/** Ping on a stream, both ways (libp2p/specs ping/ping.md): 32 random bytes go out and come back. */
import { Subscription } from 'rxjs';
import { EngineError, type ErrorCode } from '../../errors.js';
import { pingMachine, type PingEffect } from '../../machines/ping.js';
import type { Environment } from '../environment.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { exchangeFailed } from './exchange-failure.js';
import { respond } from './stream-turns.js';

export const PING_PROTOCOL = '/ipfs/ping/1.0.0';

/** Options of {@link pingPeer}. */
export interface PingOptions {
  /** How many pings, one after another. Default 1. */
  readonly count?: number;
  /** Pause between an echo and the next payload, in milliseconds. Default none. */
  readonly intervalMs?: number;
  /** Address of the actor. Default: the stream's, with `/ping`. */
  readonly address?: string;
}

/** Hears a ping exchange. */
interface PingListener {
  onEcho(roundTripMs: number): void;
  onFinished(): void;
  onFailed(error: EngineError): void;
}

/**
 * Pings on a stream of {@link PING_PROTOCOL} that we opened; yields each round-trip time in milliseconds, then closes
 * the stream. Leaving the loop early closes it too. Throws `ERR_PING_...` (mismatch, timeout, ended, unexpected) with the
 * stream reset, and `ERR_INVALID_ARGUMENT` for a count that is no positive integer.
 */
export async function* pingPeer(
  environment: Environment,
  stream: ProtocolStream,
  options: PingOptions = {},
): AsyncGenerator<number, void, undefined> {
  const times: number[] = [];
  let outcome: { readonly error?: EngineError } | undefined;
  let wake: (() => void) | undefined;
  const exchange = new PingExchange(environment, stream, options, {
    onEcho: (roundTripMs) => {
      times.push(roundTripMs);
      wake?.();
    },
    onFinished: () => {
      outcome = {};
      wake?.();
    },
    onFailed: (error) => {
      outcome = { error };
      wake?.();
    },
  });
  environment.turns.post(() => exchange.start());
  try {
    for (;;) {
      const time = times.shift();
      if (time !== undefined) yield time;
      else if (outcome === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (outcome.error !== undefined) throw outcome.error;
      else return;
    }
  } finally {
    environment.turns.post(() => exchange.stop());
  }
}

/**
 * Echoes payloads until the peer closes, at the pace at which it reads. Resolves when both sides are closed, or when the
 * peer resets between two payloads, which is how go ends a ping; rejects with `ERR_STREAM_ENDED` when it closes in the
 * middle of one.
 */
export async function answerPing(environment: Environment, stream: ProtocolStream): Promise<void> {
  const { pingBytes } = environment.limits;
  const received = new ReceiveBuffer();
  const answered = respond(environment, stream, {
    answer: (chunk) => {
      received.append(chunk);
      return received.length < pingBytes ? undefined : received.take(received.length - (received.length % pingBytes));
    },
    ended: () => {
      if (received.length > 0) {
        throw new EngineError('ERR_STREAM_ENDED', 'remote', `ping: ${received.length} of ${pingBytes} bytes came`);
      }
      stream.closeWrite();
    },
  });
  try {
    await answered;
  } catch (thrown) {
    const isReset = thrown instanceof EngineError && thrown.code === 'ERR_STREAM_RESET' && thrown.blame === 'remote';
    if (!isReset || received.length > 0) throw thrown;
  }
}

class PingExchange {
  readonly #environment: Environment;
  readonly #stream: ProtocolStream;
  readonly #listener: PingListener;
  readonly #machine: MachineActor<typeof pingMachine>;
  readonly #subscription = new Subscription();
  readonly #buffer = new ReceiveBuffer();
  #payload = new Uint8Array(0);
  #sentAtMs = 0;
  #lastBytes = new Uint8Array(0);
  #cause: unknown;
  #over = false;

  constructor(environment: Environment, stream: ProtocolStream, options: PingOptions, listener: PingListener) {
    const { count = 1, intervalMs = 0, address = `${stream.address}/ping` } = options;
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `count must be a positive integer, got ${count}`);
    }
    this.#environment = environment;
    this.#stream = stream;
    this.#listener = listener;
    this.#machine = spawnMachine(environment, pingMachine, {
      address,
      input: { count, intervalMs, timeoutMs: environment.limits.pingTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#machine.start();
    if (this.#over) return;
    this.#subscription.add(
      this.#stream.data$.subscribe({
        next: (chunk) => this.#receive(chunk),
        complete: () => this.#machine.send({ type: 'stream.ended' }),
        error: (error: unknown) => this.#ended(error),
      }),
    );
    // What came at once may have ended it before there was a subscription to end.
    if (this.#machine.done) this.#subscription.unsubscribe();
  }

  /** Ends it without a word, wherever it is. */
  stop(): void {
    if (this.#over) return;
    this.#machine.stop();
    this.#leave();
  }

  #receive(chunk: Uint8Array): void {
    this.#stream.consume(chunk.length);
    if (this.#machine.done) return;
    this.#buffer.append(chunk);
    if (this.#machine.state !== 'awaitingEcho') {
      this.#lastBytes = chunk.slice();
      this.#machine.send({ type: 'wire.surplus' });
      return;
    }
    const echo = this.#buffer.take(this.#payload.length);
    if (echo === undefined) return;
    this.#lastBytes = echo.slice();
    const isSame = echo.every((byte, index) => byte === this.#payload[index]);
    if (!isSame) this.#machine.send({ type: 'wire.mismatch' });
    else this.#machine.send({ type: this.#buffer.length > 0 ? 'wire.surplus' : 'wire.echo' });
  }

  #ended(cause: unknown): void {
    this.#cause = cause;
    this.#machine.send({ type: 'stream.ended' });
  }

  #perform(effect: PingEffect): void {
    switch (effect.type) {
      case 'send.payload':
        this.#sendPayload();
        return;
      case 'report.echoed':
        this.#reportEchoed();
        return;
      case 'report.finished':
        this.#leave();
        this.#listener.onFinished();
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #sendPayload(): void {
    this.#payload = this.#environment.random.bytes('ping', this.#environment.limits.pingBytes).slice();
    this.#sentAtMs = this.#environment.turns.nowMs;
    try {
      this.#stream.write(this.#payload);
    } catch (thrown) {
      this.#ended(thrown);
    }
  }

  #reportEchoed(): void {
    const roundTripMs = this.#environment.turns.nowMs - this.#sentAtMs;
    this.#environment.message({
      direction: 'inbound',
      layer: 'protocol',
      connection: this.#stream.connection.id,
      stream: this.#stream.id,
      event: { type: 'ping.echoed', roundTripMs },
    });
    this.#listener.onEcho(roundTripMs);
  }

  #leave(): void {
    this.#over = true;
    this.#subscription.unsubscribe();
    // The last payload is answered: how the stream ends after it matters to nobody.
    this.#stream.close().catch(() => undefined);
  }

  #fail(error: EngineError): void {
    if (this.#over) return;
    this.#over = true;
    this.#subscription.unsubscribe();
    this.#stream.reset();
    this.#listener.onFailed(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { pingBytes, pingTimeoutMs } = this.#environment.limits;
    return exchangeFailed(code, {
      message: `ping: ${describe(code, pingBytes, pingTimeoutMs)}`,
      actor: this.#machine,
      stream: this.#stream,
      lastBytes: this.#lastBytes,
      cause: this.#cause,
    });
  }
}

function describe(code: ErrorCode, pingBytes: number, timeoutMs: number): string {
  switch (code) {
    case 'ERR_PING_MISMATCH':
      return `the peer echoed other bytes than the ${pingBytes} that it was sent`;
    case 'ERR_PING_TIMEOUT':
      return `no echo within ${timeoutMs} ms`;
    case 'ERR_PING_ENDED':
      return 'the peer closed the stream before it echoed';
    default:
      return 'the peer sent bytes that no ping asked for';
  }
}
