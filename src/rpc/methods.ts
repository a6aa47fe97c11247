/** The methods of the local RPC: what each takes, and what it does with the node. */
import { parsePeerId } from '../crypto/peer-id.js';
import type { ConnectionInfo } from '../host/connection-info.js';
import type { HostEvent } from '../host/host-events.js';
import type { Host } from '../host/host.js';
import type { Clock } from '../ports.js';
import type { Limits } from '../limits.js';
import type { Sample } from '../telemetry/counter-table.js';
import type { NodeTally } from '../telemetry/tally.js';
import { badRequest } from './protocol.js';

/** What methods work with. */
export interface RpcService {
  readonly node: Host;
  readonly tally: NodeTally;
  readonly clock: Clock;
  readonly limits: Limits;
  /** When the daemon began, by `clock`. */
  readonly startedMs: number;
}

/** One call under way. */
export interface RpcCall {
  readonly service: RpcService;
  readonly params: Readonly<Record<string, unknown>>;
  /** Aborted when the client cancels or goes. */
  readonly signal: AbortSignal;
  /** Tells one event of a stream. */
  readonly tell: (event: unknown) => void;
}

type Method = (call: RpcCall) => unknown;

/** Methods by name; each throws or rejects with an `EngineError`. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['id', id],
  ['peers', peers],
  ['conns', ({ service: { node } }) => node.connections().map(plainConnection)],
  ['streams', ({ service: { node } }) => node.streams()],
  ['stats', stats],
  ['dial', dial],
  ['disconnect', disconnect],
  ['ping', ping],
  ['events', events],
]);

function id({ service: { node } }: RpcCall): unknown {
  const { peerId, addresses, observedAddresses, handledProtocols } = node;
  return { peerId, addresses, observedAddresses, protocols: handledProtocols };
}

async function peers({ service: { node } }: RpcCall): Promise<unknown> {
  const byPeer = new Map<string, ConnectionInfo[]>();
  for (const connection of node.connections()) {
    const { remotePeer } = connection;
    byPeer.set(remotePeer, [...(byPeer.get(remotePeer) ?? []), connection]);
  }
  const rows = [...byPeer].map(async ([peer, connections]) => {
    const known = await node.peers.get(peer);
    const { agentVersion, protocols = [], latencyMs } = known ?? {};
    return {
      peer,
      addresses: connections.map(({ remoteAddress }) => remoteAddress),
      connections: connections.length,
      streams: connections.reduce((sum, { streams }) => sum + streams, 0),
      ...(agentVersion === undefined ? {} : { agentVersion }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      protocols,
      tags: Object.fromEntries(Object.entries(node.tagsOf(peer)).map(([name, tag]) => [name, tag.value])),
    };
  });
  return Promise.all(rows);
}

function stats({ service }: RpcCall): unknown {
  const { node, tally, clock, startedMs } = service;
  const connections = node.connections();
  const { system, transient } = node.resources();
  const inbound = connections.filter(({ direction }) => direction === 'inbound').length;
  return {
    peerId: node.peerId,
    upMs: Math.round(clock.now() - startedMs),
    peers: new Set(connections.map(({ remotePeer }) => remotePeer)).size,
    connections: { inbound, outbound: connections.length - inbound },
    streams: node.streams().length,
    ...tally.traffic,
    liveActors: node.liveActors,
    upgrades: totals(tally.samplesOf('upgrades'), 'outcome'),
    closed: totals(tally.samplesOf('connectionsClosed'), 'code'),
    refused: totals(tally.samplesOf('refused'), 'code'),
    streamFailures: totals(tally.samplesOf('streamsFailed'), 'code'),
    bugs: totals(tally.samplesOf('bugs'), 'code'),
    resources: { system, transient },
  };
}

async function dial({ service: { node }, params, signal }: RpcCall): Promise<unknown> {
  only(params, ['target', 'force']);
  const force = params['force'] ?? false;
  if (typeof force !== 'boolean') throw badRequest('params.force is true or false');
  return plainConnection(await node.dial(textOf(params, 'target'), { signal, force }));
}

function disconnect({ service: { node }, params }: RpcCall): unknown {
  only(params, ['peer']);
  const peer = parsePeerId(textOf(params, 'peer'));
  const open = node.connections().filter(({ remotePeer }) => remotePeer === peer).length;
  node.disconnect(peer);
  return { closed: open };
}

async function ping({ service: { node, limits }, params, signal, tell }: RpcCall): Promise<unknown> {
  only(params, ['target', 'count']);
  const count = params['count'] ?? 1;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > limits.rpcPings) {
    throw badRequest(`params.count is a whole number from 1 to ${limits.rpcPings}`);
  }
  const roundTripsMs: number[] = [];
  for await (const roundTripMs of node.ping(textOf(params, 'target'), { count, signal })) {
    roundTripsMs.push(roundTripMs);
    tell({ roundTripMs });
  }
  return { roundTripsMs };
}

/** Streams until it is cancelled: then its result says how many were told. */
function events({ service: { node }, params, signal, tell }: RpcCall): Promise<unknown> {
  only(params, ['types']);
  const types = params['types'] ?? [];
  if (!Array.isArray(types) || types.some((type) => typeof type !== 'string')) {
    throw badRequest('params.types is a list of event types');
  }
  return new Promise((resolve) => {
    let told = 0;
    const listening = node.events$.subscribe((event) => {
      if (types.length > 0 && !types.includes(event.type)) return;
      told++;
      tell(plainEvent(event));
    });
    const end = (): void => {
      listening.unsubscribe();
      resolve({ told });
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** A connection without its history. */
function plainConnection(info: ConnectionInfo): unknown {
  return { ...info, timeline: undefined };
}

function plainEvent(event: HostEvent): unknown {
  return {
    ...event,
    ...('info' in event ? { info: plainConnection(event.info) } : {}),
    ...('error' in event && event.error !== undefined
      ? { error: { code: event.error.code, message: event.error.message } }
      : {}),
  };
}

/** Sums of a counter by one of its labels. */
function totals(samples: readonly Sample[], label: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples) sums[labels[label] ?? ''] = (sums[labels[label] ?? ''] ?? 0) + value;
  return sums;
}

function textOf(params: Readonly<Record<string, unknown>>, name: string): string {
  const value = params[name];
  if (typeof value !== 'string' || value === '') throw badRequest(`params.${name} is a text`);
  return value;
}

function only(params: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const odd = Object.keys(params).find((name) => !names.includes(name));
  if (odd !== undefined) throw badRequest(`params has no ${odd.slice(0, 64)}; it takes ${names.join(', ')}`);
}
