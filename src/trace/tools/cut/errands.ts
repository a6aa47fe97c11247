/**
 * What an embedder's calls lead to. A fetch is a call, the reads of what it gave out, and the stores' answers in between;
 * only the last of them sends anything on a connection. All of it is one errand, and belongs to the same connections.
 */
import type { Trace, TraceRecord } from '../../format.js';
import { nodeOf } from '../addresses.js';

type Owners = ReadonlySet<string>;

const REFERENCE = /"\$ref":"([^"]+)"/g;

/** The owners of the errand that a record of a call belongs to; `undefined` where it belongs to none. */
export function ownersOfErrands(
  { records }: Trace,
  inputs: readonly number[],
  owners: readonly Owners[],
): (record: TraceRecord) => Owners | undefined {
  const errands = new Errands();
  const nameOf = (record: TraceRecord): string | undefined => {
    const name = errandOf(record);
    return name === undefined ? undefined : `${nodeOf(record.actor)} ${name}`;
  };
  for (const record of records) {
    const input = records[inputs[record.seq] ?? -1];
    const begunBy = input === undefined ? undefined : nameOf(input);
    const name = nameOf(record);
    if (name === undefined) continue;
    if (record.name === 'async:called' && begunBy !== undefined) errands.join(begunBy, name);
    // What is asked of a thing is answered by the number of the call.
    if (record.name === 'api:called' || record.name === 'api:pulled') {
      errands.join(name, `${nodeOf(record.actor)} call ${String(record.data['call'])}`);
    }
    if (record.name !== 'api:returned') continue;
    for (const [, thing = ''] of JSON.stringify(record.data['value'] ?? null).matchAll(REFERENCE)) {
      errands.join(name, `${nodeOf(record.actor)} thing ${baseOf(thing)}`);
    }
  }
  const found = new Map<string, Set<string>>();
  for (const record of records) {
    const input = records[inputs[record.seq] ?? -1];
    // An answer counts for its own call, whatever brought it.
    const name = record.name === 'api:returned' ? nameOf(record) : input && nameOf(input);
    if (name === undefined) continue;
    const root = errands.rootOf(name);
    const all = found.get(root) ?? new Set<string>();
    for (const owner of owners[record.seq] ?? []) all.add(owner);
    found.set(root, all);
  }
  return (record) => {
    const name = nameOf(record);
    return name === undefined ? undefined : found.get(errands.rootOf(name));
  };
}

/** A call of the node's own, a thing that it gave out, or an operation of a port. */
function errandOf({ name, data }: TraceRecord): string | undefined {
  const { call, target, operation } = data as { readonly call?: number; readonly target?: string; operation?: number };
  switch (name) {
    case 'api:called':
    case 'api:pulled':
      return target === undefined || LASTING.has(target) ? `call ${String(call)}` : `thing ${baseOf(target)}`;
    case 'api:returned':
      return `call ${String(call)}`;
    case 'async:called':
    case 'async:settled':
      return `operation ${String(operation)}`;
    default:
      return undefined;
  }
}

/** What is there from the beginning is no errand. */
const LASTING: ReadonlySet<string> = new Set(['node', 'peers']);

/** `iterable:1/iterator` is `iterable:1`. */
function baseOf(name: string): string {
  return name.replace(/[/#].*$/, '');
}

/** Names that belong together. */
class Errands {
  readonly #parents = new Map<string, string>();

  rootOf(name: string): string {
    let root = name;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    return root;
  }

  join(one: string, other: string): void {
    const [root, joined] = [this.rootOf(one), this.rootOf(other)];
    if (root !== joined) this.#parents.set(joined, root);
  }
}
