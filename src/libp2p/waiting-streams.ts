/**
 * Streams that js-libp2p asks for while too many of ours wait to be acknowledged: they are opened as soon as the peer has
 * acknowledged others, in the order they were asked for. js-libp2p knows no backlog, and go-libp2p waits likewise.
 */
import { EngineError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { MuxedStream } from '../actors/stream/muxed-stream.js';
import type { TurnQueue } from '../actors/turn-queue.js';
import { abortReason } from './errors.js';

interface Waiting {
  /** Tries to open; `false`: there is no room yet. */
  readonly tries: () => boolean;
  readonly reject: (error: Error) => void;
}

/** The line of streams to be opened on one session. */
export class WaitingStreams {
  readonly #limits: Limits;
  readonly #open: () => MuxedStream;
  #line: Waiting[] = [];
  #ended: Error | undefined;

  /** `open` throws `ERR_YAMUX_BACKLOG` where a stream has to wait. */
  constructor(limits: Limits, open: () => MuxedStream) {
    this.#limits = limits;
    this.#open = open;
  }

  /** How many wait. */
  get count(): number {
    return this.#line.length;
  }

  /**
   * Opens a stream, now or when there is room, and resolves with what `made` makes of it in the same turn. Rejects with
   * what opening throws, the reason of `signal`, the reason of the end, or `ERR_YAMUX_BACKLOG` when the line is full.
   */
  open<Made>(made: (muxed: MuxedStream) => Made, turns: TurnQueue, signal?: AbortSignal): Promise<Made> {
    return new Promise<Made>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(abortReason(signal));
        return;
      }
      const waiting: Waiting = {
        tries: () => {
          const muxed = this.#openIfRoom();
          if (muxed === undefined) return false;
          signal?.removeEventListener('abort', aborted);
          resolve(made(muxed));
          return true;
        },
        reject: (error) => {
          signal?.removeEventListener('abort', aborted);
          reject(error);
        },
      };
      const aborted = (): void => {
        this.#line = this.#line.filter((other) => other !== waiting);
        if (signal !== undefined) waiting.reject(abortReason(signal));
      };
      signal?.addEventListener('abort', aborted);
      turns.post(() => this.#enter(waiting));
    });
  }

  /** Room may have come. Called in a turn. */
  retry(): void {
    while (this.#line.length > 0) {
      const [first] = this.#line;
      if (first === undefined || !this.#opened(first)) return;
      this.#line.shift();
    }
  }

  /** Nothing is opened any more, for this reason. */
  end(reason: Error): void {
    this.#ended ??= reason;
    const line = this.#line;
    this.#line = [];
    for (const { reject } of line) reject(reason);
  }

  #enter(waiting: Waiting): void {
    const { libp2pWaitingStreams } = this.#limits;
    if (this.#ended !== undefined) waiting.reject(this.#ended);
    else if (this.#line.length === 0 && this.#opened(waiting)) return;
    else if (this.#line.length < libp2pWaitingStreams) this.#line.push(waiting);
    else {
      const what = `yamux: ${this.#line.length} streams wait for the peer to acknowledge others`;
      waiting.reject(new EngineError('ERR_YAMUX_BACKLOG', 'local', what));
    }
  }

  /** Whether it was settled, one way or the other. */
  #opened({ tries, reject }: Waiting): boolean {
    try {
      return tries();
    } catch (thrown) {
      reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      return true;
    }
  }

  #openIfRoom(): MuxedStream | undefined {
    try {
      return this.#open();
    } catch (thrown) {
      if (thrown instanceof EngineError && thrown.code === 'ERR_YAMUX_BACKLOG') return undefined;
      throw thrown;
    }
  }
}
