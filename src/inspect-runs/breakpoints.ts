/** Whether a record is one at which somebody wants a simulation to hold. */
import type { Breakpoint } from '../inspect/contract.js';
import type { TraceRecord } from '../trace/format.js';
import { globMatcher, shortAddress } from '../trace/tools/addresses.js';

type Test = (record: TraceRecord) => boolean;

/** The breakpoints that are set, ready to be asked at each record. */
export class Breakpoints {
  #tests: readonly (readonly [breakpoint: Breakpoint, test: Test])[] = [];

  /** Takes the place of those before. */
  set(breakpoints: readonly Breakpoint[]): void {
    this.#tests = breakpoints.map((breakpoint) => [breakpoint, testOf(breakpoint)]);
  }

  /** Why to hold at `record`, in words; `undefined` where no breakpoint matches. */
  at(record: TraceRecord): string | undefined {
    const [found] = this.#tests.find(([, test]) => test(record)) ?? [];
    return found === undefined ? undefined : `breakpoint ${found.id}: ${wordsOf(record)}`;
  }
}

/** All that a breakpoint names has to match; one that names nothing matches nothing. */
function testOf({ machine, state, edge, frame, actor }: Breakpoint): Test {
  const tests: Test[] = [];
  const matching = (glob: string | undefined, textsOf: (record: TraceRecord) => readonly unknown[]): void => {
    if (glob === undefined) return;
    const matches = globMatcher(glob);
    tests.push((record) => textsOf(record).some((text) => typeof text === 'string' && matches(text)));
  };
  const ofStep =
    (textsOf: (data: TraceRecord['data']) => readonly unknown[]) =>
    ({ name, data }: TraceRecord): readonly unknown[] =>
      name === 'actor:transition' ? textsOf(data) : [];
  matching(
    machine,
    ofStep(({ machine: id }) => [id]),
  );
  // A state is entered: a step that stays where it is does not hold again.
  matching(
    state,
    ofStep(({ from, to }) => (from === to ? [] : [to, ...String(to).split('|')])),
  );
  matching(
    edge,
    ofStep(({ edges }) => (Array.isArray(edges) ? (edges as readonly unknown[]) : [])),
  );
  matching(frame, ({ name, data }) => {
    if (name !== 'frame:decoded' && name !== 'frame:encoded') return [];
    return [data['layer'], (data['event'] as { readonly type?: unknown } | undefined)?.type];
  });
  matching(actor, ({ actor: address }) => [address, shortAddress(address)]);
  return (record) => tests.length > 0 && tests.every((test) => test(record));
}

function wordsOf({ seq, name, actor, data }: TraceRecord): string {
  const what =
    name === 'actor:transition'
      ? `${String(data['machine'])} ${String(data['to'])}`
      : name.startsWith('frame:')
        ? `${String(data['layer'])} ${name.slice('frame:'.length)}`
        : name;
  return `${what} of ${actor}, record ${seq}`;
}
