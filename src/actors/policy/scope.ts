/**
 * A scope: what one part of the node (all of it, a peer, a protocol, a connection) uses of connections, streams and
 * memory, and what it may use at the most. Counters only.
 */
import { EngineError, type Blame } from '../../errors.js';
import type { Direction } from '../../messages.js';

/** What is counted. */
export type Resource =
  'connectionsInbound' | 'connectionsOutbound' | 'streamsInbound' | 'streamsOutbound' | 'memoryBytes';

/** What a scope uses now. */
export type ResourceUsage = Readonly<Record<Resource, number>>;

/** What a scope may use; what is not named has no bound in this scope. `connections` and `streams`: both directions together. */
export interface ScopeLimits {
  readonly connections?: number;
  readonly connectionsInbound?: number;
  readonly connectionsOutbound?: number;
  readonly streams?: number;
  readonly streamsInbound?: number;
  readonly streamsOutbound?: number;
  readonly memoryBytes?: number;
}

/** A scope as it is now, for people. */
export interface ScopeSnapshot {
  readonly usage: ResourceUsage;
  readonly limits: ScopeLimits;
}

/** What a holder (a connection, a stream) has taken: given back in one piece. */
export type Holding = Record<Resource, number>;

/** A holding of nothing. */
export function emptyHolding(): Holding {
  return { connectionsInbound: 0, connectionsOutbound: 0, streamsInbound: 0, streamsOutbound: 0, memoryBytes: 0 };
}

/** All of `holdings` as one. */
export function sumOf(holdings: readonly Holding[]): Holding {
  const sum = emptyHolding();
  for (const held of holdings) for (const resource of RESOURCES) sum[resource] += held[resource];
  return sum;
}

export const RESOURCES = Object.keys(emptyHolding()) as readonly Resource[];

/** One scope. */
export class ResourceScope {
  readonly usage: Holding = emptyHolding();

  /** `name`, e.g. `system` or `peer:12D3Koo...`, is what an error says. */
  constructor(
    readonly name: string,
    readonly limits: ScopeLimits,
  ) {}

  get isEmpty(): boolean {
    return RESOURCES.every((resource) => this.usage[resource] === 0);
  }

  get snapshot(): ScopeSnapshot {
    return { usage: { ...this.usage }, limits: this.limits };
  }

  /** The bound that `amount` more would break, or `undefined`. Memory may be asked for a `share` of the limit only. */
  brokenBy(
    resource: Resource,
    amount: number,
    share = 1,
  ): { readonly resource: string; readonly limit: number } | undefined {
    const { usage, limits } = this;
    const own = limits[resource];
    if (own !== undefined && usage[resource] + amount > own * share) return { resource, limit: own };
    if (resource === 'memoryBytes') return undefined;
    const isConnection = resource === 'connectionsInbound' || resource === 'connectionsOutbound';
    const both = isConnection ? limits.connections : limits.streams;
    if (both === undefined) return undefined;
    const used = isConnection
      ? usage.connectionsInbound + usage.connectionsOutbound
      : usage.streamsInbound + usage.streamsOutbound;
    return used + amount <= both ? undefined : { resource: isConnection ? 'connections' : 'streams', limit: both };
  }

  /** Counts `amount` (negative: back) without asking. */
  count(resource: Resource, amount: number): void {
    this.usage[resource] += amount;
  }
}

/** Counts `amount` in every scope, or in none: then the refusal, which names the scope and its limit. */
export function reserve(
  scopes: readonly ResourceScope[],
  resource: Resource,
  amount: number,
  options: { readonly blame: Blame; readonly share?: number },
): EngineError | undefined {
  for (const scope of scopes) {
    const broken = scope.brokenBy(resource, amount, options.share);
    if (broken !== undefined) return refusal(scope, broken, options.blame);
  }
  for (const scope of scopes) scope.count(resource, amount);
  return undefined;
}

/** Moves a whole holding into `scope`, or says why it has no room. */
export function join(scope: ResourceScope, held: Holding, blame: Blame): EngineError | undefined {
  for (const resource of RESOURCES) {
    const broken = held[resource] === 0 ? undefined : scope.brokenBy(resource, held[resource]);
    if (broken !== undefined) return refusal(scope, broken, blame);
  }
  // Written out, for it is done four times for each stream.
  const { usage } = scope;
  usage.connectionsInbound += held.connectionsInbound;
  usage.connectionsOutbound += held.connectionsOutbound;
  usage.streamsInbound += held.streamsInbound;
  usage.streamsOutbound += held.streamsOutbound;
  usage.memoryBytes += held.memoryBytes;
  return undefined;
}

/** Takes a whole holding out of `scope`. No sign is multiplied with: -0 is no small integer, and each count would be boxed. */
export function leave({ usage }: ResourceScope, held: Holding): void {
  usage.connectionsInbound -= held.connectionsInbound;
  usage.connectionsOutbound -= held.connectionsOutbound;
  usage.streamsInbound -= held.streamsInbound;
  usage.streamsOutbound -= held.streamsOutbound;
  usage.memoryBytes -= held.memoryBytes;
}

/** `connectionsInbound` for `inbound` connections, and so on. */
export function resourceOf(kind: 'connections' | 'streams', direction: Direction): Resource {
  if (kind === 'connections') return direction === 'inbound' ? 'connectionsInbound' : 'connectionsOutbound';
  return direction === 'inbound' ? 'streamsInbound' : 'streamsOutbound';
}

function refusal(
  { name, usage }: ResourceScope,
  { resource, limit }: { readonly resource: string; readonly limit: number },
  blame: Blame,
): EngineError {
  const used = resource in usage ? ` (${usage[resource as Resource]} used)` : '';
  const what = `scope ${name} is full: ${resource} may be ${limit}${used}`;
  return new EngineError('ERR_RESOURCE_LIMIT', blame, what, { details: { scope: name, resource, limit } });
}
