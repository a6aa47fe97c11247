/**
 * A chart: where the actors of a js-libp2p node that uses our parts can be seen. Parts that share one tell one story, in
 * one order, under the same connection names.
 */
import type { MessageStream } from '@libp2p/interface';
import type { Observable } from 'rxjs';
import { Environment, type TransitionNotice } from '../actors/environment.js';
import type { EngineError } from '../errors.js';
import type { Recording, RecordOptions } from '../host/recording.js';
import type { Limits } from '../limits.js';
import type { ConnectionMessage } from '../messages.js';
import { openRecording } from '../platform/live-trace.js';
import { nodeCiphers } from '../platform/node-ciphers.js';
import { systemClock } from '../platform/system-clock.js';
import { systemRandom } from '../platform/system-random.js';
import type { Ciphers, Clock, RandomSource, TraceSink } from '../ports.js';

/** js-libp2p calls and expects what it said to be on its way: nothing waits for more to leave with it. */
const clockOfTurns: Clock = {
  now: () => systemClock.now(),
  wallTime: () => systemClock.wallTime(),
  setTimeout: (fire, delayMs) => systemClock.setTimeout(fire, delayMs),
  clearTimeout: (timer) => systemClock.clearTimeout(timer),
};

/** How a chart is made. Everything has a default. */
export interface ChartOptions {
  /** Overrides of single bounds of `limits.ts`. */
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly ciphers?: Ciphers;
  /** Where trace records go from the beginning. Default: nowhere, at no cost. */
  readonly trace?: TraceSink;
  /** Hears bugs of the engine; the node goes on. */
  readonly onBroken?: (error: EngineError) => void;
}

/** What every part takes. */
export interface PartOptions {
  /** Where its actors are seen. Default: one of its own, which nobody sees. */
  readonly chart?: Chart;
}

/** js-libp2p resets a stream that waits with more than 4 MiB unread; no window of ours invites a peer to send more. */
const MAX_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Makes a chart for the parts of one js-libp2p node.
 *
 * ```ts
 * const chart = createChart();
 * chart.transitions$.subscribe(({ actor, to }) => console.log(actor, to));
 * const node = await createLibp2p({ connectionEncrypters: [noise({ chart })], streamMuxers: [yamux({ chart })] });
 * ```
 */
export function createChart(options: ChartOptions = {}): Chart {
  return new Chart(options);
}

/** What the actors of one js-libp2p node do. Made by {@link createChart}. */
export class Chart {
  /** What the adapted actors run on. */
  readonly environment: Environment;
  readonly #names = new WeakMap<MessageStream, string>();
  #connections = 0;
  /** Who the node is, once a part that knows has said so: it stands in the head of a recording. */
  #peerId = 'js-libp2p';

  /** Use {@link createChart}. */
  constructor(options: ChartOptions) {
    this.environment = new Environment({
      clock: options.clock ?? clockOfTurns,
      random: options.random ?? systemRandom,
      ciphers: options.ciphers ?? nodeCiphers,
      limits: { yamuxMaxWindowBytes: MAX_WINDOW_BYTES, ...options.limits },
      trace: options.trace,
      ...(options.onBroken === undefined ? {} : { onBroken: options.onBroken }),
    });
  }

  /** Every change of state of every machine. */
  get transitions$(): Observable<TransitionNotice> {
    return this.environment.transitions$;
  }

  /** Every message of every handler, in order, when the turn that made them ends. Free while unobserved. */
  get messages$(): Observable<ConnectionMessage> {
    return this.environment.messages$;
  }

  /** Bugs of the engine. */
  get broken$(): Observable<EngineError> {
    return this.environment.broken$;
  }

  /** Number of live machines; zero when every connection is closed. */
  get liveActors(): number {
    return this.environment.liveActors;
  }

  /** Sends trace records to `sink` as well, from now until the answer is called. */
  traceTo(sink: TraceSink): () => void {
    return this.environment.traceTo(sink);
  }

  /** Records to a trace file (docs/trace.md) until it is stopped. Throws `ERR_INVALID_ARGUMENT` and the file system's errors. */
  record(path: string, options: RecordOptions = {}): Recording {
    const target = openRecording(path, options, { peerId: this.#peerId, config: { adapters: 'js-libp2p' } });
    const detach = this.traceTo(target.sink);
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      detach();
      return (stopped ??= target.close());
    };
    return { path, stop };
  }

  /** For the parts: says who the node is. */
  belongsTo(peerId: string): void {
    this.#peerId = peerId;
  }

  /**
   * For the parts: the name of the connection that `stream` is, or is a layer of, e.g. `conn:1`. `under`: the stream that it wraps.
   * Streams that no part of this chart has seen get a name of their own.
   */
  nameOf(stream: MessageStream, under?: MessageStream): string {
    const name = this.#names.get(stream) ?? (under === undefined ? `conn:${++this.#connections}` : this.nameOf(under));
    this.#names.set(stream, name);
    return name;
  }
}
