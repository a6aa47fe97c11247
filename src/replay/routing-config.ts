/** Routing of a node in the header of a trace and back: what is plain data, and comes in through ports that are recorded. */
import type { CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { MdnsChoice, NodeRoutingOptions } from '../host/routing/options.js';
import type { TraceConfig } from '../trace/format.js';

/** Options that are code of the embedder: no trace holds what it does. */
const UNRECORDED = ['validators', 'routers', 'discovery'] as const;

/**
 * Refuses what a replayable trace cannot repeat: routers, validators and discovery of the embedder's own. Throws
 * `ERR_TRACE_NOT_REPLAYABLE`.
 */
export function assertRecordable({ routing = {} }: Pick<CreateNodeOptions, 'routing'>): void {
  const unrecorded = UNRECORDED.filter((name) => isOn(routing[name]));
  if (unrecorded.length === 0) return;
  const what = `what routing.${unrecorded.join(', routing.')} does is not recorded: leave it out, or record in class redacted`;
  throw new EngineError('ERR_TRACE_NOT_REPLAYABLE', 'local', what);
}

/** The header's words; `undefined` without routing, as it was before there was any. */
export function routingConfigOf(routing: NodeRoutingOptions | undefined): TraceConfig | undefined {
  if (routing === undefined) return undefined;
  const { randomWalk, dialDiscovered, bootstrapAt, provide, rendezvous, rendezvousPoint } = routing;
  const { mdns, delegated, trackers, privateAddresses } = routing;
  return {
    dht: routing.dht,
    lan_dht: routing.lanDht,
    random_walk:
      typeof randomWalk === 'object'
        ? { interval_ms: randomWalk.intervalMs, timeout_ms: randomWalk.timeoutMs }
        : randomWalk,
    dial_discovered: dialDiscovered,
    bootstrap_at: bootstrapAt,
    provide,
    rendezvous,
    rendezvous_point: rendezvousPoint,
    mdns: typeof mdns === 'object' ? mdnsConfigOf(mdns) : mdns,
    delegated,
    trackers,
    private_addresses: privateAddresses,
  };
}

/** And back. */
export function routingIn({ routing }: TraceConfig): NodeRoutingOptions | undefined {
  if (routing === undefined) return undefined;
  const told = routing as Readonly<Record<string, unknown>>;
  const walk = told['random_walk'] as
    { readonly interval_ms?: number; readonly timeout_ms?: number } | boolean | undefined;
  const options = {
    dht: told['dht'],
    lanDht: told['lan_dht'],
    randomWalk: typeof walk === 'object' ? defined({ intervalMs: walk.interval_ms, timeoutMs: walk.timeout_ms }) : walk,
    dialDiscovered: told['dial_discovered'],
    bootstrapAt: told['bootstrap_at'],
    provide: told['provide'],
    rendezvous: told['rendezvous'],
    rendezvousPoint: told['rendezvous_point'],
    mdns: typeof told['mdns'] === 'object' ? mdnsIn(told['mdns'] as TraceConfig) : told['mdns'],
    delegated: told['delegated'],
    trackers: told['trackers'],
    privateAddresses: told['private_addresses'],
  };
  return defined(options);
}

function mdnsConfigOf({ queryIntervalMs, ...plain }: MdnsChoice): TraceConfig {
  return { ...plain, query_interval_ms: queryIntervalMs };
}

function mdnsIn({ query_interval_ms: queryIntervalMs, ...plain }: TraceConfig): TraceConfig {
  return defined({ ...plain, queryIntervalMs });
}

function defined(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isOn(option: unknown): boolean {
  return option !== undefined && option !== false && !(Array.isArray(option) && option.length === 0);
}
