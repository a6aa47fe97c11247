/**
 * Which wire each connection of each node runs on, learned from the trace of the node: the dialer's own address is
 * different for every connection, and both ends know it.
 */
import type { TraceSink } from '../../../ports.js';
import type { WireEnd } from './watch.js';

/** Wires by node and connection. */
export class Wires {
  readonly #ends = new Map<string, WireEnd>();

  /** A sink that learns from a node's records and hands them on to `next`, if there is one. */
  sinkFor(node: string, next: TraceSink | undefined): TraceSink {
    let number = 0;
    return {
      detail: next?.detail ?? 'states',
      ...(next?.plaintext === undefined ? {} : { plaintext: next.plaintext }),
      observations: next?.observations === true,
      lengthsOnly: next === undefined || next.lengthsOnly === true,
      record: (draft) => {
        if (draft.name === 'io:opened') this.#learn(node, draft.actor, draft.data);
        return next === undefined ? number++ : next.record(draft);
      },
    };
  }

  /** The wire of a connection that is open, or was the last one of that name. */
  of(node: string, connection: string): WireEnd | undefined {
    return this.#ends.get(`${node} ${connection}`);
  }

  #learn(node: string, connection: string, data: Readonly<Record<string, unknown>>): void {
    const role = data['role'] === 'dialer' ? 'dialer' : 'listener';
    this.#ends.set(`${node} ${connection}`, { role, wire: String(role === 'dialer' ? data['local'] : data['remote']) });
  }
}
