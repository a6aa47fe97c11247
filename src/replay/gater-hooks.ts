/**
 * The hooks of a gater, which are the embedder's. What each answers decides what the node does, so it stands in the trace
 * where it was asked (`gater:answered`, as a draw of randomness does), and a replay answers from there.
 */
import type { CreateNodeOptions } from '../create-node.js';
import type { Trace, TraceRecord } from '../trace/format.js';
import type { Recorder } from '../trace/recording/recorder.js';
import { decodeValue, encodeValue } from '../trace/values.js';

const ACTOR = 'gater';

/** Runs an embedder's function, and marks what it does with the node from inside. */
export type Run = (name: string, args: readonly unknown[], call: () => unknown) => unknown;

export type GaterOptions = NonNullable<CreateNodeOptions['gater']>;
export type HookName = Exclude<keyof GaterOptions, 'allow' | 'deny'>;
type Hook = (...args: unknown[]) => boolean;

const HOOKS = { dialPeer: true, dialAddress: true, accept: true, secured: true } satisfies Record<HookName, true>;
const NAMES = Object.keys(HOOKS) as readonly HookName[];

/** Those hooks that `isThere` says there are, always in one order. */
export function hooksWhere(isThere: (name: HookName) => boolean): readonly HookName[] {
  return NAMES.filter(isThere);
}

/** `gater` with hooks whose answers are told. */
export function recordedGater(recorder: Recorder, run: Run, gater: GaterOptions): GaterOptions {
  let asks = 0;
  const recorded = (name: HookName): Hook => {
    return (...args) => {
      const ask = ++asks;
      let thrown: { readonly error: unknown } | undefined;
      const value = run(hookName(name), args, () => {
        try {
          return answered(gater, name, args);
        } catch (error) {
          thrown = { error };
          return false;
        }
      }) as boolean;
      const answer = thrown === undefined ? { value } : { error: encodeValue(thrown.error) };
      recorder.output('gater:answered', ACTOR, { ask, hook: name, arguments: encodeValue(args), ...answer });
      if (thrown !== undefined) throw thrown.error;
      return value;
    };
  };
  const names = hooksWhere((name) => gater[name] !== undefined);
  return { ...gater, ...hooksOf(names, recorded) };
}

/** Hooks that answer what `trace` tells; what `actingOf` makes does again what the embedder did with the node inside. */
export function toldHooks(
  trace: Trace,
  names: readonly HookName[],
  actingOf: (name: string) => () => unknown,
): Pick<GaterOptions, HookName> {
  const answers = new Map<unknown, TraceRecord>();
  for (const record of trace.records) if (record.name === 'gater:answered') answers.set(record.data['ask'], record);
  let asks = 0;
  return hooksOf(names, (name) => {
    const act = actingOf(hookName(name));
    return () => {
      // Asked something else than the trace says, it answers anything: that is told, and the comparison judges.
      const data = answers.get(++asks)?.data ?? {};
      act();
      if ('error' in data) throw decodeValue(data['error']) as Error;
      return data['value'] !== false;
    };
  });
}

/** What does not refuse admits. */
function answered(gater: GaterOptions, name: HookName, args: readonly unknown[]): boolean {
  const { [name]: hook } = gater as Readonly<Record<HookName, (...args: readonly unknown[]) => unknown>>;
  return Reflect.apply(hook, gater, args) !== false;
}

/** What stands in a trace for hooks that are no callbacks by number. */
function hookName(name: HookName): string {
  return `hook:${name}`;
}

function hooksOf(names: readonly HookName[], make: (name: HookName) => Hook): Pick<GaterOptions, HookName> {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}
