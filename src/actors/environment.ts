/**
 * The environment of a node's actors: its ports, its bounds, its turn queue, and the one way to make and publish
 * {@link ConnectionMessage}s. Every actor is given one and reaches nothing else.
 */
import { Subject, type Observable } from 'rxjs';
import type { EngineError } from '../errors.js';
import { GENERATION } from '../generation.js';
import { LIMITS, type Limits } from '../limits.js';
import type { ConnectionMessage, Direction, Layer, MessageEvent } from '../messages.js';
import type { Ciphers, Clock, PassedBytes, RandomSource, TraceSink } from '../ports.js';
import { LiveActors, type LiveActor } from './live-actors.js';
import type { Observation, TellObservation } from './observations.js';
import { TraceFanOut } from './trace-fan-out.js';
import { fingerprint } from '../wire/fingerprint.js';
import { toHex } from '../wire/hex.js';
import { SharedTexts } from './shared-texts.js';
import { TurnQueue } from './turn-queue.js';

/** One step of a machine, as observers hear it. */
export interface TransitionNotice {
  /** Address of the actor, e.g. `conn:1/noise`. */
  readonly actor: string;
  /** Id of its machine, e.g. `noiseHandshake`. */
  readonly machine: string;
  /** State paths, dotted, parallel regions joined by `|`. `from` is empty for the start. */
  readonly from: string;
  readonly to: string;
  /** Type of the event that led here. */
  readonly event: string;
  /** Ids of the edges taken (`chart/edges.ts`); none for the start. */
  readonly edges: readonly string[];
  readonly timeMs: number;
}

/** What an environment is made of. */
export interface EnvironmentOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly ciphers: Ciphers;
  readonly limits?: Partial<Limits>;
  /** Behaves as nodes of this generation did, so that what they recorded is replayed. Default: {@link GENERATION}. */
  readonly generation?: number;
  readonly trace?: TraceSink | undefined;
  /** Hears bugs: work that threw, machines that broke. Default: they are dropped after being traced. */
  readonly onBroken?: (error: EngineError) => void;
}

/** What a handler says of a message; the environment adds sequence and time. */
export interface MessageDraft {
  readonly direction: Direction;
  readonly layer: Layer;
  readonly connection: string;
  readonly stream?: number | undefined;
  readonly chunks?: readonly Uint8Array[];
  readonly event?: MessageEvent | undefined;
  readonly error?: EngineError | undefined;
}

const NO_CHUNKS: readonly Uint8Array[] = [];

/** Events that come and go with the bytes: there is room for more, or none. */
const ROOM_EVENTS: ReadonlySet<string> = new Set(['transport.congested', 'transport.drained', 'stream.writable']);

/** Ports, bounds and turn queue of one node. */
export class Environment {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly ciphers: Ciphers;
  readonly limits: Limits;
  readonly generation: number;
  readonly turns: TurnQueue;
  /** What many peers tell in the same words. */
  readonly shared: SharedTexts;
  #trace: TraceSink | undefined;
  readonly #firstTrace: TraceSink | undefined;
  #fanOut: TraceFanOut | undefined;
  readonly #onBroken: (error: EngineError) => void;
  readonly #taps = new Subject<ConnectionMessage>();
  readonly #transitions = new Subject<TransitionNotice>();
  readonly #broken = new Subject<EngineError>();
  #tapped: ConnectionMessage[] = [];
  #sequence = 0;
  readonly #actors = new LiveActors();
  /** Who has something to tell to a sink that comes late. */
  readonly #standing: ((tell: TellObservation) => void)[] = [];
  #observing: boolean;
  #stays = 0;

  constructor(options: EnvironmentOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.ciphers = options.ciphers;
    this.limits = { ...LIMITS, ...options.limits };
    this.generation = options.generation ?? GENERATION;
    this.#trace = options.trace;
    this.#firstTrace = options.trace;
    this.#observing = options.trace?.observations === true;
    this.#onBroken = options.onBroken ?? (() => undefined);
    this.shared = new SharedTexts(this.limits);
    this.turns = new TurnQueue(this.clock, (error) => this.reportBroken(error));
  }

  /** Every message of every handler, in order, published when the turn that made them ends. Free while unobserved. */
  get messages$(): Observable<ConnectionMessage> {
    return this.#taps;
  }

  /** Every change of state of every machine of this node. */
  get transitions$(): Observable<TransitionNotice> {
    return this.#transitions;
  }

  /** Bugs: machines that broke, work that threw. */
  get broken$(): Observable<EngineError> {
    return this.#broken;
  }

  /** Number of live machine actors; zero after everything is closed, or there is a leak. */
  get liveActors(): number {
    return this.#actors.count;
  }

  /** Whether anybody needs to hear of machine steps beyond their own failure report. */
  get observed(): boolean {
    return this.#transitions.observed || this.#trace !== undefined;
  }

  /** Whether records go anywhere; ask before building a costly one. */
  get tracing(): boolean {
    return this.#trace !== undefined;
  }

  /** Whether records hold bytes; where not, lengths are enough. */
  get tracesBytes(): boolean {
    return this.#trace !== undefined && this.#trace.lengthsOnly !== true;
  }

  /**
   * Sends records to `sink` as well, from now until the answer is called. Beside the sink that the node was made with, it
   * hears at most as much detail as that one wants.
   */
  traceTo(sink: TraceSink): () => void {
    const fanOut = (this.#fanOut ??= new TraceFanOut(this.#firstTrace));
    fanOut.add(sink);
    this.#trace = fanOut;
    this.#observing = fanOut.observations;
    if (sink.observations === true) this.#tellStanding(sink);
    return () => {
      fanOut.remove(sink);
      this.#observing = fanOut.observations;
      if (fanOut.isEmpty) this.#trace = this.#firstTrace;
    };
  }

  /** Whether anybody wants observations; ask before building one. */
  get observing(): boolean {
    return this.#observing;
  }

  /** Tells an observation, to those who want any. What follows does not have it as its cause. */
  observe<Name extends keyof Observation>(name: Name, actor: string, data: Observation[Name]): void {
    if (this.#observing) this.record(name, actor, { ...data });
  }

  /** Has `tell` called whenever somebody comes who wants observations, to say what stands by then. */
  whenObserved(tell: (tell: TellObservation) => void): void {
    this.#standing.push(tell);
  }

  /** Records what passes inside a secure channel, for a sink that wants it. */
  plaintext(direction: Direction, actor: string, chunks: readonly Uint8Array[]): void {
    if (this.#trace?.plaintext !== true) return;
    this.record('secure:plaintext', actor, {
      direction,
      raw: { length: totalLength(chunks), data: chunks.map(toHex).join('') },
    });
  }

  /** Makes a message and, while somebody taps, keeps it for the end of the turn. */
  message(draft: MessageDraft): ConnectionMessage {
    const chunks = draft.chunks ?? NO_CHUNKS;
    const message: ConnectionMessage = {
      sequence: this.#sequence++,
      timeMs: this.turns.nowMs,
      direction: draft.direction,
      layer: draft.layer,
      connection: draft.connection,
      stream: draft.stream,
      chunks,
      length: totalLength(chunks),
      event: draft.event,
      error: draft.error,
    };
    if (this.#taps.observed) {
      this.#tapped.push(message);
      this.turns.flushLater('publish', this.#publish);
    }
    if (this.#trace !== undefined && this.#trace.detail !== 'states') this.#recordFrame(this.#trace, message);
    return message;
  }

  /** Says that a machine took a step; what follows has it as its cause. */
  notice(notice: TransitionNotice): void {
    const { actor, machine, from, to, event, edges } = notice;
    if (from !== to && this.#transitions.observed) this.#transitions.next(notice);
    const step = this.record('actor:transition', actor, { machine, from, to, event, edges });
    if (step !== undefined) this.turns.cause = step;
  }

  /** Writes one trace record, if tracing is on, and answers its number. */
  record(name: string, actor: string, data: Readonly<Record<string, unknown>>): number | undefined {
    if (this.#trace === undefined) return undefined;
    const { nowMs: timeMs, cause } = this.turns;
    return this.#trace.record({ name, actor, timeMs, cause, data });
  }

  /**
   * Writes a record that says no more than what passed, and answers its number; where nobody wants such records, `passed`
   * alone is told, and `data` is not called.
   */
  recordPassed(
    name: string,
    actor: string,
    passed: PassedBytes,
    data: () => Readonly<Record<string, unknown>>,
  ): number | undefined {
    const trace = this.#trace;
    if (trace === undefined) return undefined;
    if (trace.dataRecords === false) {
      trace.passed?.(passed);
      return undefined;
    }
    return trace.record({ name, actor, timeMs: passed.timeMs, cause: this.turns.cause, data: data(), passed });
  }

  /** Reports a bug of ours; the node goes on. */
  reportBroken(error: EngineError): void {
    this.record('assert:failed', 'node', { code: error.code, message: error.message });
    this.#onBroken(error);
    if (this.#broken.observed) this.#broken.next(error);
  }

  /** The number of the next stay in a state: see `StateStay.order`. */
  nextStay(): number {
    return this.#stays++;
  }

  /** The machine actors that live, oldest first. Nobody may come or go while they are gone through. */
  get actors(): Iterable<LiveActor> {
    return this.#actors.all();
  }

  /** Counts a machine actor in. */
  actorStarted(actor: LiveActor): void {
    this.#actors.add(actor);
  }

  /** Counts one out that was counted in. */
  actorEnded(actor: LiveActor): void {
    this.#actors.remove(actor);
  }

  /** Who comes late is told what there is: only that sink, and at once, so that nothing comes between. */
  #tellStanding(sink: TraceSink): void {
    const { nowMs: timeMs } = this.turns;
    const tell: TellObservation = (name, actor, data) => {
      sink.record({ name, actor, timeMs, data: { ...data } });
    };
    for (const each of this.#standing) each(tell);
    for (const { address, machine, state } of this.#actors.all()) tell('seen:state', address, { machine, state });
  }

  /** A frame of one layer; what is made of it has it as its cause. */
  #recordFrame(trace: TraceSink, message: ConnectionMessage): void {
    const { direction, layer, connection, stream, chunks, length, event, error } = message;
    // What crosses the transport is told by the connection, as `io:*`.
    if (layer === 'transport' && length > 0) return;
    const passed = error === undefined && onlyPasses(event) ? message : undefined;
    if (passed !== undefined && trace.dataRecords === false) {
      trace.passed?.(passed);
      return;
    }
    const { nowMs: timeMs, cause } = this.turns;
    const digest = trace.detail === 'digests' && length > 0 ? fingerprint(chunks) : undefined;
    const data = { layer, stream, length, digest, event, error: error?.code };
    const name = direction === 'inbound' ? 'frame:decoded' : 'frame:encoded';
    this.turns.cause = trace.record({ name, actor: `${connection}/${layer}`, timeMs, cause, data, passed });
  }

  readonly #publish = (): void => {
    const tapped = this.#tapped;
    this.#tapped = [];
    for (const message of tapped) this.#taps.next(message);
  };
}

/** Whether a frame with this event says no more than that bytes pass. */
function onlyPasses(event: MessageEvent | undefined): boolean {
  return event === undefined || ROOM_EVENTS.has(event.type);
}

function totalLength(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}
