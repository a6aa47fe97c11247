/** Makes the calls that an embedder made, on the same facades, and answers the node's calls as the embedder did. */
import { Observable, type Subscription } from 'rxjs';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import type { Trace, TraceRecord } from '../trace/format.js';
import type { Recorder } from '../trace/recording/recorder.js';
import { decodeValue } from '../trace/values.js';
import { ACTING, ApiRecorder, type PullingIterator } from './api-recorder.js';
import { toldHooks, type GaterOptions, type HookName } from './gater-hooks.js';
import { LeftTheTrace } from './replay-ports.js';

type Data = Readonly<Record<string, unknown>>;
type AnyFunction = (...args: unknown[]) => unknown;

/** What the trace tells of one call of the node into its embedder. */
interface Invocation {
  readonly invoked: TraceRecord | undefined;
  left?: TraceRecord;
  threw?: TraceRecord;
  supplied?: TraceRecord;
}

interface Pending {
  resolve(value: unknown): void;
  reject(thrown: unknown): void;
}

/** The embedder's side of one replay. */
export class ApiReplay {
  readonly #feedBetween: (from: number, to: number) => void;
  readonly #invocations: ReadonlyMap<string, Invocation>;
  readonly #pulledBytes: ReadonlyMap<number, number>;
  readonly #pending = new Map<string, Pending>();
  readonly #signals = new Map<string, AbortController>();
  readonly #iterators = new Map<string, PullingIterator>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #given = new Map<string, unknown>();
  readonly #trace: Trace;
  readonly #api: ApiRecorder;

  /** `feedBetween` feeds the inputs that lie between two records: what the embedder did inside a callback. */
  constructor(trace: Trace, recorder: Recorder, feedBetween: (from: number, to: number) => void) {
    this.#trace = trace;
    this.#api = new ApiRecorder(recorder);
    this.#feedBetween = feedBetween;
    this.#invocations = invocationsOf(trace);
    this.#pulledBytes = pulledBytesOf(trace);
  }

  /** A gater with hooks in the place of the embedder's. */
  gater(lists: GaterOptions | undefined, hooks: readonly HookName[]): GaterOptions {
    return this.#api.gater({ ...lists, ...toldHooks(this.#trace, hooks, (name) => this.#function(name)) });
  }

  /** The node is there: calls can come. */
  begin(host: Host): void {
    this.#api.node(host);
  }

  /** Feeds one `api:*` input. */
  feed(name: string, data: Data): void {
    switch (name) {
      case 'api:called':
        this.#call(data);
        return;
      case 'api:pulled':
        this.#pull(data);
        return;
      case 'api:subscribed':
        this.#subscribe(data);
        return;
      case 'api:unsubscribed':
        this.#subscriptions.get(String(data['subscription']))?.unsubscribe();
        return;
      case 'api:aborted':
        this.#signal(String(data['signal'])).abort();
        return;
      default:
        this.#supply(data);
    }
  }

  #call(data: Data): void {
    const target = this.#thing(String(data['target']));
    const name = String(data['method']);
    // A trace comes from anywhere: it may ask for what is recorded, and for nothing else that a node can do.
    if (!ACTING.has(name)) throw invalid(`"${name}" is no call that is recorded`);
    const method: unknown = Reflect.get(target, name);
    if (typeof method !== 'function') throw new LeftTheTrace(`${String(data['target'])} has no ${name}`);
    const args = decodeValue(data['arguments'], (thing) => this.#resolve(thing)) as readonly unknown[];
    try {
      const result = (method as AnyFunction)(...args);
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // The facade has told it; the comparison judges.
    }
  }

  #pull(data: Data): void {
    const name = String(data['target']);
    let iterator = this.#iterators.get(name);
    if (iterator === undefined) {
      const iterable = this.#thing(name) as AsyncIterable<unknown>;
      iterator = iterable[Symbol.asyncIterator]() as PullingIterator;
      this.#iterators.set(name, iterator);
    }
    const atLeastBytes = this.#pulledBytes.get(Number(data['call'])) ?? 0;
    const result = data['method'] === 'return' ? iterator.return() : iterator.next(atLeastBytes);
    result.catch(() => undefined);
  }

  #subscribe(data: Data): void {
    const subscription = String(data['subscription']);
    const source$ = this.#subscribable(this.#thing(String(data['target'])), data['property']);
    const heard = this.#function(subscription);
    this.#subscriptions.set(subscription, source$.subscribe({ next: heard, error: heard, complete: heard }));
  }

  /** A trace comes from anywhere: of a thing, it may name what is recorded. */
  #subscribable(thing: object, property: unknown): Observable<unknown> {
    const source$: unknown = property === 'answers' ? thing : Reflect.get(thing, 'data$');
    if ((property === 'data$' || property === 'answers') && source$ instanceof Observable) return source$;
    throw invalid('only the bytes of a stream and the answers of a call are subscribed to');
  }

  #supply(data: Data): void {
    const id = String(data['to']);
    const pending = this.#pending.get(id);
    if (pending === undefined) throw new LeftTheTrace(`${id} is answered, which was never called`);
    this.#pending.delete(id);
    if ('error' in data) pending.reject(decodeValue(data['error']));
    else {
      const value = decodeValue(data['value'], (name) => this.#resolve(name));
      pending.resolve('done' in data ? { done: data['done'], value } : value);
    }
  }

  /** What a name stands for: a thing of the node, or what the embedder gives. */
  #resolve(name: string): unknown {
    const thing = this.#api.things.get(name);
    const known = this.#given.get(name);
    if (known !== undefined) return known;
    if (name.startsWith('signal:')) return this.#signal(name).signal;
    const made = name.startsWith('function:')
      ? this.#function(name)
      : name.startsWith('source:')
        ? this.#source(name)
        : thing;
    if (made !== thing) this.#given.set(name, made);
    return made;
  }

  #thing(name: string): object {
    const thing = this.#api.things.get(name);
    if (thing === undefined) throw new LeftTheTrace(`"${name}" is called, which the node never gave out`);
    return thing;
  }

  #signal(name: string): AbortController {
    const controller = this.#signals.get(name) ?? new AbortController();
    this.#signals.set(name, controller);
    return controller;
  }

  /** Does at each call what the embedder's function did. */
  #function(name: string): AnyFunction {
    let calls = 0;
    return () => {
      const id = `${name}#${++calls}`;
      const invocation = this.#invocations.get(id);
      if (invocation?.invoked === undefined) return undefined;
      const { invoked, left, threw, supplied } = invocation;
      this.#feedBetween(invoked.seq, (threw ?? left)?.seq ?? invoked.seq);
      if (threw !== undefined) throw decodeValue(threw.data['error']) as Error;
      return supplied === undefined && left !== undefined && left.data['promise'] !== true
        ? undefined
        : this.#promise(id);
    };
  }

  #source(name: string): AsyncIterable<unknown> {
    let asks = 0;
    const ask = () => this.#promise(`${name}#${++asks}`) as Promise<IteratorResult<unknown>>;
    return { [Symbol.asyncIterator]: () => ({ next: ask, return: ask }) };
  }

  #promise(id: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
  }
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_TRACE_INVALID', 'local', `trace: ${what}`);
}

function invocationsOf(trace: Trace): ReadonlyMap<string, Invocation> {
  const invocations = new Map<string, Invocation>();
  for (const record of trace.records) {
    const { name, data } = record;
    if (name === 'api:invoked') invocations.set(String(data['id']), { invoked: record });
    const known = invocations.get(String(data['from'] ?? data['to']));
    if (known === undefined) continue;
    if (name === 'api:left') known.left = record;
    else if (name === 'api:threw') known.threw = record;
    else if (name === 'api:supplied') known.supplied = record;
  }
  return invocations;
}

/** How many bytes each pull brought: cut anew, they come in more pieces than were pulled. */
function pulledBytesOf(trace: Trace): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>();
  for (const { name, data } of trace.records) {
    if (name !== 'api:returned' || !('done' in data)) continue;
    const { $digest: digest } = (data['value'] ?? {}) as { readonly $digest?: { readonly length: number } };
    if (digest !== undefined) bytes.set(Number(data['call']), digest.length);
  }
  return bytes;
}
