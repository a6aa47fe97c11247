/**
 * What the embedder gives to a node: functions, iterables and signals. A call of the node into the embedder is told
 * when it matters: when the embedder calls back into the node from inside, answers with a promise, or throws.
 */
import type { Recorder } from '../trace/recording/recorder.js';
import { encodeValue } from '../trace/values.js';
import type { LiveThings } from './api-recorder.js';

const ACTOR = 'api';

type Data = Readonly<Record<string, unknown>>;
type AnyFunction = (...args: unknown[]) => unknown;

interface Invocation {
  /** Name of the callback and how often it was called, e.g. `function:1#3`. */
  readonly id: string;
  readonly args: readonly unknown[];
  told: boolean;
  /** Whether the embedder answered with a promise. */
  promise?: true;
}

const NOTHING_MORE = { done: true, value: undefined };

/** The callbacks of one node's embedder. */
export class Callbacks {
  readonly #recorder: Recorder;
  readonly #things: LiveThings;
  readonly #taken: (value: unknown) => unknown;
  readonly #invocations = new Map<string, number>();
  readonly #inside: Invocation[] = [];

  /** `taken` puts what the node hands out into its facade. */
  constructor(recorder: Recorder, things: LiveThings, taken: (value: unknown) => unknown) {
    this.#recorder = recorder;
    this.#things = things;
    this.#taken = taken;
  }

  /** Records an input of the embedder, after the callback that it is made from. */
  input(name: string, data: Data): void {
    for (const invocation of this.#inside) this.#tell(invocation);
    this.#recorder.input(name, ACTOR, data);
  }

  /** `value` as the node gets it: what is live in it stands by name and is recorded. */
  given(value: unknown): unknown {
    if (typeof value === 'function') return this.#function(value as AnyFunction);
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (value instanceof AbortSignal) return this.#signal(value);
    if (Symbol.asyncIterator in value) return this.#iterable(value as AsyncIterable<unknown>);
    if (Array.isArray(value)) return value.map((item) => this.given(item));
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.given(item)]));
  }

  /** Runs one call of the callback `name`. */
  run(name: string, args: readonly unknown[], call: () => unknown): unknown {
    const invocation: Invocation = { id: this.#nextId(name), args, told: false };
    const { id } = invocation;
    this.#inside.push(invocation);
    if (args.some((value) => typeof value === 'object' && value !== null && this.#things.nameOf(value) !== undefined)) {
      this.#tell(invocation);
    }
    try {
      const result = call();
      if (!(result instanceof Promise)) return result;
      this.#tell(invocation);
      invocation.promise = true;
      return result.then(
        () => this.#recorder.input('api:supplied', ACTOR, { to: id }),
        (thrown: unknown) => {
          this.#recorder.input('api:supplied', ACTOR, { to: id, error: encodeValue(thrown) });
          throw thrown;
        },
      );
    } catch (thrown) {
      this.#tell(invocation);
      this.#recorder.output('api:threw', ACTOR, { from: id, error: encodeValue(thrown) });
      throw thrown;
    } finally {
      this.#inside.pop();
      if (invocation.told) this.#recorder.output('api:left', ACTOR, { from: id, promise: invocation.promise });
    }
  }

  #function(run: AnyFunction): AnyFunction {
    const given: AnyFunction = (...args) => {
      const taken = args.map(this.#taken);
      return this.run(name, taken, () => run(...taken));
    };
    const name = this.#things.add('function', given);
    return given;
  }

  #iterable(source: AsyncIterable<unknown>): AsyncIterable<unknown> {
    const iterator = source[Symbol.asyncIterator]();
    const ask = async (method: string, step: () => Promise<IteratorResult<unknown>> | undefined) => {
      const id = this.#nextId(name);
      this.#recorder.output('api:asked', ACTOR, { source: name, id, method });
      try {
        const { done = false, value } = ((await step()) ?? NOTHING_MORE) as { done?: boolean; value: unknown };
        const taken = this.given(value);
        this.#recorder.input('api:supplied', ACTOR, { to: id, done, value: encodeValue(taken, this.#things.nameOf) });
        return { done, value: taken };
      } catch (thrown) {
        this.#recorder.input('api:supplied', ACTOR, { to: id, error: encodeValue(thrown) });
        throw thrown;
      }
    };
    const given: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => ask('next', () => iterator.next()),
        return: () => ask('return', () => iterator.return?.()),
      }),
    };
    const name = this.#things.add('source', given);
    return given;
  }

  #signal(signal: AbortSignal): AbortSignal {
    const controller = new AbortController();
    const name = this.#things.add('signal', controller, controller.signal);
    const abort = () => {
      this.input('api:aborted', { signal: name });
      controller.abort(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return controller.signal;
  }

  #nextId(name: string): string {
    const count = (this.#invocations.get(name) ?? 0) + 1;
    this.#invocations.set(name, count);
    return `${name}#${count}`;
  }

  #tell(invocation: Invocation): void {
    if (invocation.told) return;
    invocation.told = true;
    const { id, args } = invocation;
    this.#recorder.output('api:invoked', ACTOR, { id, arguments: encodeValue(args, this.#things.nameOf, true) });
  }
}
