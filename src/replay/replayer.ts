/**
 * Replays a trace: makes the node that it tells of, feeds it every input in the order of the log, and compares all that
 * the node does. It stops at the first difference.
 */
import { createNode } from '../create-node.js';
import { EngineError, type Blame, type ErrorCode } from '../errors.js';
import type { Host } from '../host/host.js';
import { drain } from '../platform/drain.js';
import type { TraceDraft, TraceSink } from '../ports.js';
import { INPUT_NAMES, type Trace, type TraceHeader, type TraceRecord } from '../trace/format.js';
import { fullAddress } from '../trace/writer.js';
import { afterHops, Recorder } from '../trace/recording/recorder.js';
import { fromHex } from '../trace/values.js';
import { ApiReplay } from './api-replay.js';
import { Comparison, type ReplayLevel } from './comparison.js';
import { describeDifference, type ReplayDifference } from './difference.js';
import { nodeOptionsOf, toldHookNames } from './node-config.js';
import { recordPorts } from './recorded-ports.js';
import { ReplayDatagrams, ReplayHttp } from './replay-network.js';
import { LeftTheTrace, ReplayClock, replayRandom, ReplayStores, ReplayTransport } from './replay-ports.js';

/** Cuts a received chunk anew; the pieces have to be the chunk's bytes in order. `index`: how many chunks came before. */
export type Rechunk = (chunk: Uint8Array, index: number) => readonly Uint8Array[];

/** How a trace is replayed. */
export interface ReplayOptions {
  /** Default `bytes`. */
  readonly level?: ReplayLevel;
  /** Default: as recorded. */
  readonly rechunk?: Rechunk;
  /** Whether the replay's own trace tells observations; they are never compared. Default: as recorded. */
  readonly observations?: boolean;
}

/** What a replay came to. */
export interface ReplayResult {
  /** Whether it went as the trace says. */
  readonly ok: boolean;
  /** What the replay did, as a trace of its own, up to the difference. */
  readonly trace: Trace;
  readonly difference?: ReplayDifference;
}

/**
 * Replays `trace` on this engine.
 * @throws EngineError `ERR_TRACE_NOT_REPLAYABLE` for a trace without its secrets, `ERR_TRACE_INVALID` for one that
 *   contradicts itself. A difference is not thrown but answered.
 */
export async function replayTrace(trace: Trace, options: ReplayOptions = {}): Promise<ReplayResult> {
  const player = new Player(trace, options);
  return player.play();
}

class Player {
  readonly #trace: Trace;
  readonly #options: ReplayOptions;
  readonly #comparison: Comparison;
  readonly #produced: TraceRecord[] = [];
  readonly #clock: ReplayClock;
  readonly #transport: ReplayTransport;
  readonly #stores = new ReplayStores();
  readonly #datagrams = new ReplayDatagrams();
  readonly #http = new ReplayHttp();
  readonly #recorder: Recorder;
  readonly #api: ApiReplay;
  readonly #root: string;
  #next = 0;
  #chunks = 0;
  #lost: string | undefined;

  constructor(trace: Trace, options: ReplayOptions) {
    assertReplayable(trace);
    this.#trace = trace;
    this.#options = options;
    this.#comparison = new Comparison(trace.records, options.level ?? 'bytes', options.rechunk !== undefined);
    this.#clock = new ReplayClock(trace.records[0]?.time ?? 0);
    this.#transport = new ReplayTransport(trace);
    this.#root = `/${trace.records[0]?.actor.split('/')[1] ?? 'node'}`;
    this.#recorder = new Recorder(this.#sink(), this.#clock, (work) => work());
    this.#api = new ApiReplay(trace, this.#recorder, (from, to) => this.#feedBetween(from, to));
  }

  async play(): Promise<ReplayResult> {
    const node = this.#start();
    await drain();
    while (this.#lost === undefined && this.#comparison.divergence === undefined) {
      const record = this.#nextInput();
      if (record === undefined) break;
      this.#comparison.expectUpTo(record.seq, record.data['hops'] === undefined);
      if (this.#comparison.divergence !== undefined) break;
      this.#feed(record);
      if (this.#lost !== undefined && record.data['hops'] !== undefined) {
        // It came before the node was at rest, and a replay may take a step more to the same place.
        this.#lost = undefined;
        await drain();
        this.#feed(record);
      }
      const hops = this.#hopsToNext();
      if (hops === undefined) await drain();
      // Of two inputs in one breath the second comes before any step of promises.
      else if (hops > 0) await afterHops(hops + 1);
    }
    if (this.#lost === undefined) this.#comparison.expectEnd();
    const { divergence } = this.#comparison;
    const result = { trace: { header: this.#ownHeader(), records: this.#produced } };
    await this.#end(node);
    if (divergence === undefined && this.#lost === undefined) return { ok: true, ...result };
    const at = this.#trace.records[this.#next - 1];
    return {
      ok: false,
      ...result,
      difference: describeDifference(this.#trace, this.#produced, { divergence, lost: this.#lost, at }),
    };
  }

  /** Begins to make the node: its listeners are inputs, which come later. */
  #start(): Promise<Host | undefined> {
    const ports = recordPorts(this.#recorder, {
      clock: this.#clock,
      wallOriginMs: Number(this.#trace.header.engine.config['wall_origin_ms'] ?? 0),
      random: replayRandom(this.#trace),
      transports: [this.#transport],
      blocks: this.#stores.blocks,
      data: this.#stores.data,
      resolver: this.#stores.resolver,
      http: this.#http,
      datagrams: this.#datagrams,
    });
    const options = nodeOptionsOf(this.#trace);
    const hooks = toldHookNames(this.#trace);
    const gater = hooks.length === 0 ? options.gater : this.#api.gater(options.gater, hooks);
    return createNode({ ...options, ...(gater && { gater }), ...ports, trace: this.#recorder }).then(
      (host) => {
        this.#api.begin(host);
        return host;
      },
      () => undefined,
    );
  }

  /** The header of what the replay did. */
  #ownHeader(): TraceHeader {
    const { header } = this.#trace;
    const { observations } = this.#options;
    return observations === undefined ? header : { ...header, engine: { ...header.engine, observations } };
  }

  #sink(): TraceSink {
    const { detail, plaintext = false, observations = false } = this.#trace.header.engine;
    return {
      detail,
      plaintext,
      observations: this.#options.observations ?? observations,
      record: (draft) => this.#take(draft),
    };
  }

  /** Nothing of it may live on: what it would still send goes nowhere. */
  async #end(node: Promise<Host | undefined>): Promise<void> {
    void node.then((host) => host?.stop().catch(() => undefined));
    await drain();
  }

  #take({ name, actor, timeMs, cause, data }: TraceDraft): number {
    const seq = this.#produced.length;
    const json = JSON.parse(JSON.stringify(data)) as Readonly<Record<string, unknown>>;
    const kept = name === 'random:drawn' && this.#trace.header.engine.class === 'replayable' ? withoutData(json) : json;
    const record = { seq, time: timeMs, name, actor: fullAddress(this.#root, actor), cause, data: kept };
    this.#produced.push(record);
    this.#comparison.take(record);
    return seq;
  }

  /** Steps of promises after which the next input came; `undefined` where it found the node at rest. */
  #hopsToNext(): number | undefined {
    const hops = this.#peekInput(this.#trace.records.length)?.data['hops'];
    return typeof hops === 'number' ? hops : undefined;
  }

  #nextInput(): TraceRecord | undefined {
    for (;;) {
      const record = this.#trace.records[this.#next];
      if (record === undefined) return undefined;
      this.#next++;
      if (INPUT_NAMES.has(record.name)) return record;
    }
  }

  #feed(record: TraceRecord): void {
    this.#clock.nowMs = record.time;
    try {
      this.#apply(record);
    } catch (thrown) {
      if (!(thrown instanceof LeftTheTrace)) throw thrown;
      this.#lost = thrown.message;
    }
  }

  /** What the embedder did inside a callback, between its two marks in the log. */
  #feedBetween(from: number, to: number): void {
    this.#next = Math.max(this.#next, from + 1);
    for (let record = this.#peekInput(to); record !== undefined; record = this.#peekInput(to)) {
      this.#next = record.seq + 1;
      this.#feed(record);
    }
    this.#next = Math.max(this.#next, to);
  }

  #peekInput(end: number): TraceRecord | undefined {
    for (let index = this.#next; index < end; index++) {
      const record = this.#trace.records[index];
      if (record !== undefined && INPUT_NAMES.has(record.name)) return record;
    }
    return undefined;
  }

  #apply(record: TraceRecord): void {
    const { name, data } = record;
    const space = name.slice(0, name.indexOf(':'));
    if (space === 'transport') this.#transport.feed(name, data);
    else if (space === 'io') this.#feedSocket(record);
    else if (name === 'timer:fired') this.#clock.fire(Number(data['timer']));
    else if (name === 'async:settled') this.#stores.settle(data);
    else if (space === 'udp') this.#datagrams.feed(name, data);
    else if (space === 'http') this.#http.feed(name, data);
    else if (space === 'api') this.#api.feed(name, data);
  }

  #feedSocket({ name, data }: TraceRecord): void {
    const events = this.#transport.events(Number(data['socket']));
    switch (name) {
      case 'io:bytes_received': {
        const chunk = fromHex((data['raw'] as { readonly data?: string }).data ?? '');
        const { rechunk } = this.#options;
        // The pieces of one chunk come in one turn, as it did: what a turn sends is sealed together.
        events.onChunks(rechunk === undefined ? [chunk] : rechunk(chunk, this.#chunks));
        this.#chunks++;
        return;
      }
      case 'io:drained':
        events.onDrained();
        return;
      case 'io:ended':
        events.onEnded();
        return;
      default:
        events.onClosed(closeError(data));
    }
  }
}

function assertReplayable({ header }: Trace): void {
  const { class: traceClass, partial } = header.engine;
  const why =
    traceClass === 'redacted'
      ? 'a redacted trace holds no bytes and no secrets: record it with class replayable'
      : partial === true
        ? "it begins in the middle of a node's life: record it from the start"
        : undefined;
  if (why !== undefined)
    throw new EngineError('ERR_TRACE_NOT_REPLAYABLE', 'local', `the trace cannot be replayed: ${why}`);
}

function closeError({ error, blame, message }: Readonly<Record<string, unknown>>): EngineError | undefined {
  if (error === undefined) return undefined;
  return new EngineError(error as ErrorCode, blame as Blame, String(message));
}

function withoutData({ label, length }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { label, length };
}
