/**
 * Ports that a trace feeds: time that stands where the trace says, timers that fire when it says, the same randomness,
 * connections that carry its bytes, and stores that answer what it tells.
 */
import { FullMarks } from './full-marks.js';
import { EngineError } from '../errors.js';
import type {
  BlockStore,
  Clock,
  DataStore,
  RandomSource,
  Resolver,
  Transport,
  TransportConnection,
  TransportEvents,
  TransportListener,
} from '../ports.js';
import { SeededRandom } from '../sim/seeded-random.js';
import type { Trace } from '../trace/format.js';
import { decodeValue, fromHex } from '../trace/values.js';

/** The node did something at which the trace has nothing more to say. */
export class LeftTheTrace extends Error {}

/** A clock that stands where it is put. */
export class ReplayClock implements Clock {
  nowMs: number;
  readonly #timers: ((...args: unknown[]) => void)[] = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  /** Never asked: the recorder, which stands before this clock here too, tells wall time from the trace. */
  wallTime(): number {
    return this.nowMs;
  }

  setTimeout(fire: (...args: unknown[]) => void): unknown {
    return this.#timers.push(fire);
  }

  clearTimeout(): void {
    // What was cleared is never fired: the trace says which timers were.
  }

  /** Fires the timer that was set as number `timer`, from 1. */
  fire(timer: number): void {
    const fire = this.#timers[timer - 1];
    if (fire === undefined) throw new LeftTheTrace(`timer ${timer} fires, which was never set`);
    fire();
  }
}

/** What was drawn: from the seed, or from the trace where it holds the bytes. */
export function replayRandom(trace: Trace): RandomSource {
  const { seed, class: traceClass, draws: told } = trace.header.engine;
  if (told !== undefined) return toldRandom(told);
  if (traceClass === 'replayable') return new SeededRandom(seed ?? '');
  const draws = trace.records.filter(({ name }) => name === 'random:drawn').map(({ data }) => data);
  let next = 0;
  return {
    bytes: (label, size) => {
      const draw = draws[next++];
      if (draw?.['label'] !== label || draw['length'] !== size) {
        throw new LeftTheTrace(`${size} bytes are drawn for "${label}", which the trace does not have here`);
      }
      return fromHex(String(draw['data']));
    },
  };
}

/** Each label's bytes as the header of a cut tells them. */
function toldRandom(told: Readonly<Record<string, string>>): RandomSource {
  const used = new Map<string, number>();
  return {
    bytes: (label, size) => {
      const from = used.get(label) ?? 0;
      used.set(label, from + 2 * size);
      const hex = told[label]?.slice(from, from + 2 * size) ?? '';
      if (hex.length < 2 * size) {
        throw new LeftTheTrace(`${size} bytes are drawn for "${label}", which the trace does not have here`);
      }
      return fromHex(hex);
    },
  };
}

interface Attempt {
  readonly connected: (connection: TransportConnection) => void;
  readonly listening?: (listener: TransportListener) => void;
  readonly failed: (error: EngineError) => void;
}

/** One transport in the place of all: what was dialed and listened on, by number. */
export class ReplayTransport implements Transport {
  readonly name = 'replay';
  readonly #unsupported: ReadonlySet<string>;
  readonly #fullAt: ReadonlyMap<number, readonly number[]>;
  readonly #dials: Attempt[] = [];
  readonly #listens: Attempt[] = [];
  readonly #closing = new Map<number, () => void>();
  readonly #sockets = new Map<number, ReplaySocket>();

  constructor(trace: Trace) {
    const refused = trace.records.filter(({ name }) => name === 'transport:unsupported');
    this.#unsupported = new Set(refused.map(({ data }) => String(data['address'])));
    this.#fullAt = congestionOf(trace);
  }

  handles(address: string): boolean {
    return !this.#unsupported.has(address);
  }

  dial(
    _address: string,
    connected: (connection: TransportConnection) => void,
    failed: (error: EngineError) => void,
  ): () => void {
    this.#dials.push({ connected, failed });
    return () => undefined;
  }

  listen(
    _address: string,
    connected: (connection: TransportConnection) => void,
    listening: (listener: TransportListener) => void,
    failed: (error: EngineError) => void,
  ): void {
    this.#listens.push({ connected, listening, failed });
  }

  /** Feeds one `transport:*` record. */
  feed(name: string, data: Readonly<Record<string, unknown>>): void {
    const attempt = this.#attemptOf(data);
    switch (name) {
      case 'transport:connected':
      case 'transport:accepted':
        attempt.connected(this.#socketFor(data));
        return;
      case 'transport:listening': {
        const listen = Number(data['listen']);
        const addresses = data['addresses'] as readonly string[];
        attempt.listening?.({ addresses, close: (onClosed) => void this.#closing.set(listen, onClosed) });
        return;
      }
      case 'transport:unlistened': {
        const listen = Number(data['listen']);
        const onClosed = this.#closing.get(listen);
        if (onClosed === undefined) throw new LeftTheTrace(`listener ${listen} is not being closed`);
        this.#closing.delete(listen);
        onClosed();
        return;
      }
      case 'transport:failed':
        attempt.failed(decodeValue(data['error']) as EngineError);
        return;
      default:
        throw new EngineError('ERR_TRACE_INVALID', 'local', `trace: "${name}" is no input of a transport`);
    }
  }

  /** The events of the connection that the trace calls socket `number`. */
  events(number: number): TransportEvents {
    const events = this.#sockets.get(number)?.events;
    if (events === undefined) throw new LeftTheTrace(`socket ${number} is not open`);
    return events;
  }

  #attemptOf(data: Readonly<Record<string, unknown>>): Attempt {
    const { dial, listen } = data as { readonly dial?: number; readonly listen?: number };
    const attempt = dial === undefined ? this.#listens[(listen ?? 0) - 1] : this.#dials[dial - 1];
    if (attempt === undefined) throw new LeftTheTrace(dial === undefined ? `listener ${listen}` : `dial ${dial}`);
    return attempt;
  }

  #socketFor(data: Readonly<Record<string, unknown>>): ReplaySocket {
    const number = Number(data['socket']);
    const socket = new ReplaySocket(String(data['remote']), String(data['local']), this.#fullAt.get(number) ?? []);
    this.#sockets.set(number, socket);
    return socket;
  }
}

class ReplaySocket implements TransportConnection {
  events: TransportEvents | undefined;
  readonly #marks: FullMarks;

  /** `fullAt`: after how many bytes in all the transport said that it was full. */
  constructor(
    readonly remoteAddress: string,
    readonly localAddress: string,
    fullAt: readonly number[],
  ) {
    this.#marks = new FullMarks(fullAt);
  }

  open(events: TransportEvents): void {
    this.events = events;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return !this.#marks.isFullAfter(chunks);
  }

  pause(): void {
    // The trace says what came and when.
  }

  resume(): void {
    // As above.
  }

  end(): void {
    // As above.
  }

  destroy(): void {
    // As above.
  }
}

/** After how many bytes in all each socket said that it was full. */
export function congestionOf(trace: Trace): ReadonlyMap<number, readonly number[]> {
  const sent = new Map<number, number>();
  const fullAt = new Map<number, number[]>();
  for (const { name, data } of trace.records) {
    if (name !== 'io:bytes_sent') continue;
    const socket = Number(data['socket']);
    const total = (sent.get(socket) ?? 0) + (data['raw'] as { readonly length: number }).length;
    sent.set(socket, total);
    if (data['full'] === true) fullAt.set(socket, [...(fullAt.get(socket) ?? []), total]);
  }
  return fullAt;
}

/** Stores, and names, that answer when and what the trace tells. */
export class ReplayStores {
  readonly #pending: { resolve(value: unknown): void; reject(thrown: Error): void }[] = [];

  /** Feeds one `async:settled` record. */
  settle(data: Readonly<Record<string, unknown>>): void {
    const operation = Number(data['operation']);
    const pending = this.#pending[operation - 1];
    if (pending === undefined) throw new LeftTheTrace(`operation ${operation} is answered, which was never asked`);
    if ('error' in data) pending.reject(decodeValue(data['error']) as Error);
    else pending.resolve(decodeValue(data['value']));
  }

  get blocks(): BlockStore {
    return {
      has: () => this.#ask(),
      get: () => this.#ask(),
      getMany: () => this.#ask(),
      putMany: () => this.#ask(),
      delete: () => this.#ask(),
      cids: () => this.#iterate(),
      close: () => this.#ask(),
    };
  }

  get data(): DataStore {
    return {
      get: () => this.#ask(),
      put: () => this.#ask(),
      delete: () => this.#ask(),
      query: () => this.#iterate(),
      close: () => this.#ask(),
    };
  }

  get resolver(): Resolver {
    return { resolveTxt: () => this.#ask(), resolve4: () => this.#ask(), resolve6: () => this.#ask() };
  }

  #ask<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve: (value) => resolve(value as T), reject });
    });
  }

  #iterate<T>(): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#ask<IteratorResult<T>>() }) };
  }
}
