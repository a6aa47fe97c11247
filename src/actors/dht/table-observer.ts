/** A routing table for who observes the node: its changes, and what is in it when somebody comes. */
import type { Environment } from '../environment.js';
import type { TellObservation } from '../observations.js';
import type { RoutingTable, TableObserver } from './routing-table.js';

/** Tells the changes of the table of `dht`. */
export function tableObserver(environment: Environment, dht: string): TableObserver {
  return {
    get observing() {
      return environment.observing;
    },
    observe: (change) => environment.observe('seen:table', dht, { dht, ...change }),
  };
}

/** Tells every peer that is in it. */
export function tellTable(table: RoutingTable, dht: string, tell: TellObservation): void {
  for (const { prefixBits: bucket, peers } of table.view()) {
    for (const { id: peer, failures } of peers) {
      tell('seen:table', dht, { dht, change: 'added', peer, bucket, reason: 'standing' });
      if (failures > 0) tell('seen:table', dht, { dht, change: 'questionable', peer, bucket, reason: 'failed' });
    }
  }
}
