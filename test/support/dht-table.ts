/** Waiting for the routing table of a node. */
import type { Host } from '../../src/host/host.js';

/** Resolves when the node's first DHT knows so many peers. */
export function tableHolds(node: Host, peers: number): Promise<void> {
  return new Promise((resolve) => {
    const { table } = node.dhts[0]!.routing;
    const look = (): void => {
      if (table.size < peers) return;
      heard.unsubscribe();
      resolve();
    };
    const heard = table.events$.subscribe(look);
    look();
  });
}
