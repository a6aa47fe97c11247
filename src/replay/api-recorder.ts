/**
 * The embedder's side of a recording: every call into the node is an input, what the node answers an output. A replay
 * makes the same calls through the same facades, so that both name live things (streams, sessions, iterables,
 * callbacks) alike.
 */
import { Observable } from 'rxjs';
import type { Host } from '../host/host.js';
import type { Recorder } from '../trace/recording/recorder.js';
import { encodeValue } from '../trace/values.js';
import { Callbacks } from './callbacks.js';
import { recordedGater, type GaterOptions } from './gater-hooks.js';

const ACTOR = 'api';

/** Methods of live things that change what a node does; all others only look, and are neither recorded nor replayed. */
export const ACTING: ReadonlySet<string> = new Set([
  ...['dial', 'disconnect', 'openStream', 'registerHandle', 'unregisterHandle', 'identify', 'ping', 'listProtocols'],
  ...['closeConnection', 'tag', 'untag', 'protect', 'unprotect', 'keepAlive', 'endKeepAlive'],
  ...['add', 'addTree', 'cat', 'get', 'createSession', 'stop'],
  ...['write', 'whenWritable', 'consume', 'closeWrite', 'close', 'reset'],
  ...['want', 'addPeer', 'flush', 'content'],
  // Of the peers; their `get` has the name of another one that acts.
  ...['merge', 'patch', 'delete'],
  // Of routing and names.
  ...['findPeer', 'findProviders', 'provide', 'getValue', 'putValue', 'closestPeers'],
  ...['publish', 'resolve', 'resolveBest'],
]);

type AnyFunction = (...args: unknown[]) => unknown;

/** Live things by name, in both directions. */
export class LiveThings {
  readonly #names = new WeakMap<object, string>();
  readonly #things = new Map<string, object>();
  readonly #counts = new Map<string, number>();

  /** Names `thing` (and what stands for it) after its kind: `stream:1`, `stream:2` ... */
  add(kind: string, ...things: readonly object[]): string {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    return this.addAs(`${kind}:${count}`, ...things);
  }

  /** Names it `name`; the last of `things` is what {@link get} finds. */
  addAs(name: string, ...things: readonly object[]): string {
    for (const thing of things) {
      this.#names.set(thing, name);
      this.#things.set(name, thing);
    }
    return name;
  }

  get(name: string): object | undefined {
    return this.#things.get(name);
  }

  readonly nameOf = (thing: object): string | undefined => this.#names.get(thing);
}

/** An iterator that can be asked for as many bytes as came at once when it was recorded. */
export interface PullingIterator {
  next(atLeastBytes?: number): Promise<IteratorResult<unknown>>;
  return(): Promise<IteratorResult<unknown>>;
}

const NOTHING_MORE = { done: true, value: undefined };

/** Records calls; one for each node. */
export class ApiRecorder {
  readonly things = new LiveThings();
  readonly #recorder: Recorder;
  readonly #callbacks: Callbacks;
  readonly #facades = new WeakMap<object, object>();
  #calls = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#callbacks = new Callbacks(recorder, this.things, (value) => this.#taken(value));
  }

  /** A gater whose hooks are recorded. */
  gater(options: GaterOptions): GaterOptions {
    return recordedGater(this.#recorder, (...call) => this.#callbacks.run(...call), options);
  }

  /** The node as its embedder sees it. Reading properties and lists is not recorded. */
  node(host: Host): Host {
    const node = this.#facade(host, () => 'node') as Host;
    // Named before anybody asks for them, in a replay too.
    this.#facade(host.peers, () => 'peers');
    this.#facade(host.routing, () => 'routing');
    this.#facade(host.names, () => 'names');
    return node;
  }

  #facade(target: object, name: (facade: object) => string): object {
    const known = this.#facades.get(target);
    if (known !== undefined) return known;
    const facade: object = new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (key === Symbol.asyncIterator) return () => this.#iterator(target as AsyncIterable<unknown>, given);
        const part = typeof value === 'object' && value !== null ? this.#facades.get(value) : undefined;
        if (part !== undefined) return part;
        if (value instanceof Observable) return this.#observable(value, given, String(key));
        if (typeof value !== 'function') return value;
        if (!ACTING.has(String(key))) return value.bind(target) as unknown;
        return (...args: unknown[]) => this.#call(target, given, String(key), args);
      },
    });
    const given = name(facade);
    this.things.addAs(given, target, facade);
    this.#facades.set(target, facade);
    return facade;
  }

  #call(target: object, name: string, method: string, args: readonly unknown[]): unknown {
    const call = ++this.#calls;
    const given = args.map((value) => this.#callbacks.given(value));
    const told = encodeValue(given, this.things.nameOf);
    this.#callbacks.input('api:called', { call, target: name, method, arguments: told });
    try {
      const result = (Reflect.get(target, method, target) as AnyFunction).apply(target, given);
      if (!(result instanceof Promise)) return this.#answered(call, result);
      return result.then(
        (value: unknown) => this.#answered(call, value),
        (thrown: unknown) => this.#failed(call, thrown),
      );
    } catch (thrown) {
      return this.#failed(call, thrown);
    }
  }

  #answered(call: number, value: unknown): unknown {
    const taken = this.#taken(value);
    this.#recorder.output('api:returned', ACTOR, { call, value: encodeValue(taken, this.things.nameOf, true) });
    return taken;
  }

  #failed(call: number, thrown: unknown): never {
    this.#recorder.output('api:returned', ACTOR, { call, error: encodeValue(thrown) });
    throw thrown;
  }

  /** What the node hands out: live things in a facade. */
  #taken(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Observable) return this.#answers(value);
    const kind = kindOf(value);
    return kind === undefined ? value : this.#facade(value, () => this.things.add(kind));
  }

  #iterator(iterable: AsyncIterable<unknown>, name: string): PullingIterator {
    const iterator = iterable[Symbol.asyncIterator]();
    const pull = async (
      method: string,
      step: () => Promise<IteratorResult<unknown>> | undefined,
    ): Promise<IteratorResult<unknown>> => {
      const call = ++this.#calls;
      this.#callbacks.input('api:pulled', { call, target: name, method });
      try {
        const { done = false, value } = ((await step()) ?? NOTHING_MORE) as { done?: boolean; value: unknown };
        const taken = this.#taken(value);
        const told = encodeValue(taken, this.things.nameOf, true);
        this.#recorder.output('api:returned', ACTOR, { call, done, value: told });
        return { done, value: taken };
      } catch (thrown) {
        return this.#failed(call, thrown);
      }
    };
    const facade: PullingIterator = {
      next: (atLeastBytes = 0) => pull('next', () => nextOf(iterator, atLeastBytes)),
      return: () => pull('return', () => iterator.return?.()),
    };
    this.things.addAs(`${name}/iterator`, facade);
    return facade;
  }

  /** Subscribing to a stream's bytes reads them; to anything else, only looks. */
  #observable(source$: Observable<unknown>, target: string, property: string): Observable<unknown> {
    return property === 'data$' ? this.#heard(source$, target, property) : source$;
  }

  /** What a call answers one by one: subscribing is what asks. */
  #answers(source$: Observable<unknown>): Observable<unknown> {
    const name = this.things.add('answers', source$);
    const heard$ = this.#heard(source$, name, 'answers');
    this.things.addAs(name, heard$);
    return heard$;
  }

  #heard(source$: Observable<unknown>, target: string, property: string): Observable<unknown> {
    return new Observable((observer) => {
      const subscription = this.things.add('subscription', observer);
      this.#callbacks.input('api:subscribed', { target, property, subscription });
      const inner = source$.subscribe({
        next: (value) => void this.#callbacks.run(subscription, [], () => observer.next(value)),
        error: (thrown: unknown) => void this.#callbacks.run(subscription, [], () => observer.error(thrown)),
        complete: () => void this.#callbacks.run(subscription, [], () => observer.complete()),
      });
      return () => {
        if (!inner.closed) this.#callbacks.input('api:unsubscribed', { subscription });
        inner.unsubscribe();
      };
    });
  }
}

/** The next value; of bytes, values as one until there are enough. */
async function nextOf(iterator: AsyncIterator<unknown>, atLeastBytes: number): Promise<IteratorResult<unknown>> {
  let result = await iterator.next();
  while (result.done !== true && result.value instanceof Uint8Array && result.value.length < atLeastBytes) {
    const more = await iterator.next();
    if (more.done === true || !(more.value instanceof Uint8Array)) return result;
    const joined = new Uint8Array(result.value.length + more.value.length);
    joined.set(result.value);
    joined.set(more.value, result.value.length);
    result = { done: false, value: joined };
  }
  return result;
}

/** What is live among the things that a node hands out. */
function kindOf(value: object): string | undefined {
  if ('closeWrite' in value) return 'stream';
  if ('want' in value) return 'session';
  if (Symbol.asyncIterator in value) return 'iterable';
  if ('content' in value && typeof value.content === 'function') return 'entry';
  return undefined;
}
