/** `swarmchart/metrics`: a node's numbers in a registry of `prom-client`, which is an optional peer of this package. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { NodeTally, type MetricFamily } from './tally.js';
import type { WatchedNode } from './watched-node.js';

export type { WatchedNode } from './watched-node.js';

/** Options of {@link registerMetrics}. */
export interface MetricsOptions {
  /** Where the metrics go. It must not have them already: a registry holds the metrics of one node. */
  readonly registry: Registry;
  /**
   * Whether steps of machines are counted too: dials, failure states, bitswap sessions. Then each step costs a look.
   * Default: yes.
   */
  readonly machines?: boolean;
}

/**
 * Registers the metrics of `node` (docs/operations.md lists them); the answer takes them away again. Numbers of what is
 * there now are read when the registry is scraped; counters begin at zero here.
 *
 * ```ts
 * const registry = new Registry();
 * const stop = registerMetrics(node, { registry });
 * response.end(await registry.metrics());
 * ```
 */
export function registerMetrics(node: WatchedNode, { registry, machines = true }: MetricsOptions): () => void {
  const tally = new NodeTally(node, { machines });
  let page: ReadonlyMap<string, MetricFamily> | undefined;
  const familyOf = (name: string): MetricFamily | undefined => {
    if (page === undefined) {
      page = new Map(tally.families().map((family) => [family.name, family]));
      // All metrics of one scrape are asked for in one turn: they show one moment.
      void Promise.resolve().then(() => (page = undefined));
    }
    return page.get(name);
  };
  const names: string[] = [];
  const remove = (): void => {
    tally.stop();
    for (const name of names) registry.removeSingleMetric(name);
  };
  try {
    for (const { name, help, kind, labels } of tally.families()) {
      const options = { name, help, labelNames: labels, registers: [registry] };
      if (kind === 'counter') {
        const counter: Counter = new Counter({ ...options, collect: () => fill(counter, (l, v) => counter.inc(l, v)) });
      } else {
        const gauge: Gauge = new Gauge({ ...options, collect: () => fill(gauge, (l, v) => gauge.set(l, v)) });
      }
      names.push(name);
      const fill = (metric: { reset(): void }, put: (labels: Record<string, string>, value: number) => void): void => {
        metric.reset();
        for (const sample of familyOf(name)?.samples ?? []) put({ ...sample.labels }, sample.value);
      };
    }
  } catch (thrown) {
    remove();
    throw thrown;
  }
  return remove;
}
