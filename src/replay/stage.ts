/**
 * The node that a trace tells of, on ports that are fed by hand: what a replay and a fork have in common. It says what
 * the node does, record by record, and judges nothing.
 */
import { makeNode } from '../create-node.js';
import { EngineError, type Blame, type ErrorCode } from '../errors.js';
import type { Host } from '../host/host.js';
import { drain } from '../platform/drain.js';
import type {
  BlockStore,
  Clock,
  Datagrams,
  DataStore,
  HttpClient,
  RandomSource,
  Resolver,
  TraceDraft,
  TraceSink,
  Transport,
  TransportEvents,
} from '../ports.js';
import type { Trace, TraceRecord } from '../trace/format.js';
import { Recorder } from '../trace/recording/recorder.js';
import { fromHex } from '../trace/values.js';
import { fullAddress } from '../trace/writer.js';
import { ApiReplay } from './api-replay.js';
import { nodeOptionsOf, toldHookNames } from './node-config.js';
import { recordPorts } from './recorded-ports.js';

type Data = Readonly<Record<string, unknown>>;

/** Ports that wait to be fed. Each feeding throws {@link LeftTheTrace} where the node has not asked for it. */
export interface FedPorts {
  readonly clock: Clock & { nowMs: number; fire(timer: number): void };
  readonly random: RandomSource;
  readonly transport: Transport & { feed(name: string, data: Data): void; events(socket: number): TransportEvents };
  readonly stores: {
    readonly blocks: BlockStore;
    readonly data: DataStore;
    readonly resolver: Resolver;
    settle(data: Data): void;
  };
  readonly datagrams: Datagrams & { feed(name: string, data: Data): void };
  readonly http: HttpClient & { feed(name: string, data: Data): void };
}

/** Who runs a stage. */
export interface StageHooks {
  /** The node did something. */
  readonly onRecord: (record: TraceRecord) => void;
  /** Feeds the inputs that lie between two records of the trace: what the embedder did inside a callback. */
  readonly feedBetween: (from: number, to: number) => void;
  /** Whether observations are told. Default: as recorded. */
  readonly observations?: boolean;
  /** Cuts a received chunk. Default: as it is. */
  readonly piecesOf?: (chunk: Uint8Array) => readonly Uint8Array[];
}

/** One node, fed from a trace. */
export class Stage {
  /** What the node did. */
  readonly produced: TraceRecord[] = [];
  readonly #trace: Trace;
  readonly #ports: FedPorts;
  readonly #hooks: StageHooks;
  readonly #recorder: Recorder;
  readonly #api: ApiReplay;
  readonly #root: string;
  #node: Promise<Host | undefined> | undefined;

  constructor(trace: Trace, ports: FedPorts, hooks: StageHooks) {
    assertReplayable(trace);
    this.#trace = trace;
    this.#ports = ports;
    this.#hooks = hooks;
    this.#root = `/${trace.records[0]?.actor.split('/')[1] ?? 'node'}`;
    const { detail, plaintext = false, observations = false } = trace.header.engine;
    const sink: TraceSink = {
      detail,
      plaintext,
      observations: hooks.observations ?? observations,
      record: (draft) => this.#take(draft),
    };
    this.#recorder = new Recorder(sink, ports.clock, (work) => work());
    this.#api = new ApiReplay(trace, this.#recorder, hooks.feedBetween);
  }

  /** Begins to make the node: its listeners are inputs, which come later. */
  start(): void {
    const { clock, random, transport, stores, datagrams, http } = this.#ports;
    const { blocks, data, resolver } = stores;
    const ports = recordPorts(this.#recorder, {
      clock,
      wallOriginMs: Number(this.#trace.header.engine.config['wall_origin_ms'] ?? 0),
      random,
      transports: [transport],
      blocks,
      data,
      resolver,
      http,
      datagrams,
    });
    const options = nodeOptionsOf(this.#trace);
    const hooks = toldHookNames(this.#trace);
    const gater = hooks.length === 0 ? options.gater : this.#api.gater(options.gater, hooks);
    this.#node = makeNode({ ...options, ...(gater && { gater }), ...ports, trace: this.#recorder }).then(
      (host) => {
        this.#api.begin(host);
        return host;
      },
      () => undefined,
    );
  }

  /** Feeds one input. Throws {@link LeftTheTrace} where the node does not wait for it; then nothing has happened. */
  feed(record: TraceRecord): void {
    const { name, data } = record;
    const space = name.slice(0, name.indexOf(':'));
    if (space === 'transport') this.#ports.transport.feed(name, data);
    else if (space === 'io') this.#feedSocket(record);
    else if (name === 'timer:fired') this.#ports.clock.fire(Number(data['timer']));
    else if (name === 'async:settled') this.#ports.stores.settle(data);
    else if (space === 'udp') this.#ports.datagrams.feed(name, data);
    else if (space === 'http') this.#ports.http.feed(name, data);
    else if (space === 'api') this.#api.feed(name, data);
  }

  /** Nothing of it may live on: what it would still send goes nowhere. */
  async end(): Promise<void> {
    void this.#node?.then((host) => host?.stop().catch(() => undefined));
    await drain();
  }

  #feedSocket({ name, data }: TraceRecord): void {
    const events = this.#ports.transport.events(Number(data['socket']));
    switch (name) {
      case 'io:bytes_received': {
        const chunk = fromHex((data['raw'] as { readonly data?: string }).data ?? '');
        // The pieces of one chunk come in one turn, as it did: what a turn sends is sealed together.
        events.onChunks(this.#hooks.piecesOf?.(chunk) ?? [chunk]);
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

  #take({ name, actor, timeMs, cause, data }: TraceDraft): number {
    const seq = this.produced.length;
    const json = JSON.parse(JSON.stringify(data)) as Data;
    const kept = name === 'random:drawn' && this.#trace.header.engine.class === 'replayable' ? withoutData(json) : json;
    const record = { seq, time: timeMs, name, actor: fullAddress(this.#root, actor), cause, data: kept };
    this.produced.push(record);
    this.#hooks.onRecord(record);
    return seq;
  }
}

/**
 * Whether a trace can be run again at all.
 * @throws EngineError `ERR_TRACE_NOT_REPLAYABLE`, with what to do instead.
 */
export function assertReplayable({ header, records }: Trace): void {
  const { class: traceClass, partial } = header.engine;
  const why =
    traceClass === 'redacted'
      ? 'a redacted trace holds no bytes and no secrets: record it with class replayable'
      : partial === true
        ? "it begins in the middle of a node's life: record it from the start"
        : isOfSeveral(records)
          ? 'it tells of several nodes of a simulation: run the simulation again, from its seed'
          : undefined;
  if (why !== undefined)
    throw new EngineError('ERR_TRACE_NOT_REPLAYABLE', 'local', `the trace cannot be replayed: ${why}`);
}

function isOfSeveral(records: readonly TraceRecord[]): boolean {
  const [, first] = records[0]?.actor.split('/') ?? [];
  const root = `/${first ?? ''}`;
  return records.some(({ actor }) => actor !== root && !actor.startsWith(`${root}/`));
}

function closeError({ error, blame, message }: Data): EngineError | undefined {
  if (error === undefined) return undefined;
  return new EngineError(error as ErrorCode, blame as Blame, String(message));
}

function withoutData({ label, length }: Data): Data {
  return { label, length };
}
