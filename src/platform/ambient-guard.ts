/**
 * Refuses ambient time, timers and chance while a simulation runs: what a callback takes from the process instead of the
 * world differs from run to run. The globals are replaced only for the stretches in which the simulation holds the
 * process, and always put back.
 *
 * Seen: `Date.now`, `new Date()` and `Date()` without arguments, `Math.random`, `performance.now`, `setTimeout`,
 * `setInterval`, `setImmediate`, `crypto.randomUUID`, `AbortSignal.timeout`. Not seen: what was imported from
 * `node:timers`, `node:perf_hooks` or `node:crypto` (those are other functions than the globals), `process.hrtime`, and
 * `crypto.getRandomValues`, from which the curves' library takes blinding bytes that change no result.
 */
import { EngineError } from '../errors.js';

/** What is replaced: the object, the property, and how it reads in code. */
type Place = readonly [owner: object, property: string, name: string];

/** Replaces the ambient globals and puts them back; remembers the first use. */
export class AmbientGuard {
  #originals: readonly (readonly [Place, PropertyDescriptor])[] = [];
  #violation: EngineError | undefined;

  /** The first use that was refused, even where the callback caught the error. */
  get violation(): EngineError | undefined {
    return this.#violation;
  }

  /** From now on uses throw `ERR_SIMULATION_AMBIENT`. Not to be called twice without {@link restore}. */
  install(): void {
    this.#originals = places().flatMap((place) => {
      const descriptor = Object.getOwnPropertyDescriptor(place[0], place[1]);
      return descriptor?.configurable === true ? [[place, descriptor] as const] : [];
    });
    for (const [[owner, property, name], original] of this.#originals) {
      const value: unknown = property === 'Date' ? this.#dateWithoutNow() : this.#refusing(name, owner, property);
      Object.defineProperty(owner, property, { configurable: true, enumerable: original.enumerable ?? false, value });
    }
  }

  /** Puts every global back. */
  restore(): void {
    for (const [[owner, property], original] of this.#originals) Object.defineProperty(owner, property, original);
    this.#originals = [];
  }

  /** Does what is not the simulation's, with the globals as they are elsewhere, in the middle of a stretch. */
  outside<T>(work: () => T): T {
    if (this.#originals.length === 0) return work();
    this.restore();
    try {
      return work();
    } finally {
      this.install();
    }
  }

  #refusing(name: string, owner: object, property: string): unknown {
    const refuse = (): never => this.#refuse(name);
    // Some environments read properties off their timers; the stand-in has them too.
    const original: unknown = (owner as Record<string, unknown>)[property];
    return typeof original === 'function' ? Object.assign(refuse, original) : refuse;
  }

  /** `Date` with arguments is arithmetic; without, it is the clock. */
  #dateWithoutNow(): DateConstructor {
    const refuse = (name: string): never => this.#refuse(name);
    return new Proxy(globalThis.Date, {
      construct: (target, given, newTarget) =>
        given.length === 0 ? refuse('new Date()') : (Reflect.construct(target, given, newTarget) as object),
      apply: () => refuse('Date()'),
      get: (target, property, receiver) =>
        property === 'now' ? () => refuse('Date.now') : (Reflect.get(target, property, receiver) as unknown),
    });
  }

  #refuse(name: string): never {
    const error = new EngineError(
      'ERR_SIMULATION_AMBIENT',
      'local',
      `${name} was used inside a simulation at ${callerOf(new Error().stack ?? '')}: take it from the world`,
    );
    this.#violation ??= error;
    throw error;
  }
}

function places(): readonly Place[] {
  return [
    [globalThis, 'Date', 'Date'],
    [Math, 'random', 'Math.random'],
    [globalThis.performance, 'now', 'performance.now'],
    [Object.getPrototypeOf(globalThis.performance) as object, 'now', 'performance.now'],
    [globalThis, 'setTimeout', 'setTimeout'],
    [globalThis, 'setInterval', 'setInterval'],
    [globalThis, 'setImmediate', 'setImmediate'],
    [Object.getPrototypeOf(globalThis.crypto) as object, 'randomUUID', 'crypto.randomUUID'],
    [AbortSignal, 'timeout', 'AbortSignal.timeout'],
  ];
}

/** The first line of the stack that is not in this file. */
function callerOf(stack: string): string {
  const frames = stack.split('\n').slice(1);
  const caller = frames.find((frame) => !/ambient-guard\.[jt]s/.test(frame));
  return (caller ?? 'an unknown place').trim().replace(/^at /, '');
}
