/** Small made networks, and what an observable emits in them. */
import type { Observable } from 'rxjs';
import type { KadRoutingOptions } from '../../../src/actors/dht/kad-routing.js';
import type { EngineError } from '../../../src/errors.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { KadNetwork, type KadNetworkOptions, type KadNode } from '../../../src/sim/kad/kad-network.js';

/** What an observable came to. */
export interface Collected<Value> {
  readonly values: readonly Value[];
  readonly error: EngineError | undefined;
}

/** Runs a network until an observable ends. */
export async function collect<Value>(network: KadNetwork, source$: Observable<Value>): Promise<Collected<Value>> {
  const values: Value[] = [];
  let error: EngineError | undefined;
  let isOver = false;
  source$.subscribe({
    next: (value) => values.push(value),
    complete: () => (isOver = true),
    error: (thrown: EngineError) => {
      error = thrown;
      isOver = true;
    },
  });
  await network.run(() => isOver, 10 * 60_000);
  if (!isOver) throw new Error('it did not end');
  return { values, error };
}

/** A network of nodes that all know each other, as far as their buckets go; upkeep is not running. */
export function acquainted(
  count: number,
  options: Partial<KadNetworkOptions> = {},
  routing: KadRoutingOptions = {},
): { readonly network: KadNetwork; readonly nodes: readonly KadNode[] } {
  const network = new KadNetwork({ seed: 'acquainted', ciphers: nodeCiphers, ...options });
  const nodes = Array.from({ length: count }, () => network.add(routing));
  network.environment.turns.post(() => {
    for (const one of nodes) for (const other of nodes) if (one !== other) one.routing.table.answered(other.peer);
  });
  return { network, nodes };
}

/** What must be left of a network: nothing. */
export function leftOver(network: KadNetwork) {
  network.stop();
  return {
    actors: network.environment.liveActors,
    timers: network.clock.pendingTimers,
    broken: network.broken.map(({ code }) => code),
  };
}

export const NOTHING = { actors: 0, timers: 0, broken: [] };
