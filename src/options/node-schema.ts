/** What a node's options may hold, as JSON Schema as far as JSON goes: for `createNode`, and for the configuration of a daemon. */
import { PROVIDE_STRATEGIES } from '../actors/dht/providing/strategy.js';
import { MUXER_NAMES, SECURITY_NAMES } from '../chain-protocols.js';
import { LIMITS } from '../limits.js';
import { LOG_LEVELS } from '../telemetry/log.js';
import { EngineError } from '../errors.js';
import { checkAgainst, type Schema } from './schema-check.js';

export const text: Schema = { type: 'string', minLength: 1, maxLength: 1024 };
const texts: Schema = { type: 'array', items: text };
export const flag: Schema = { type: 'boolean' };
export const count: Schema = { type: 'integer', minimum: 0 };
const milliseconds: Schema = { type: 'number', exclusiveMinimum: 0 };

/** An object that has these properties and no others. */
export function closed(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    additionalProperties: false,
    properties,
  };
}

const scope = closed({
  connections: count,
  connectionsInbound: count,
  connectionsOutbound: count,
  streams: count,
  streamsInbound: count,
  streamsOutbound: count,
  memoryBytes: count,
});

const list = closed({ peers: texts, addresses: texts });

const dht = (description: string): Schema => ({
  description,
  anyOf: [
    flag,
    closed({
      mode: { type: 'string', enum: ['client', 'server', 'auto'] },
      peers: { type: 'string', enum: ['public', 'private', 'any'] },
      paths: { type: 'integer', minimum: 1 },
    }),
  ],
});

const routing: Readonly<Record<string, Schema>> = {
  dht: dht('Kademlia on /ipfs/kad/1.0.0.'),
  lanDht: dht('Kademlia on /ipfs/lan/kad/1.0.0.'),
  mdns: {
    description: 'Peers on the same network, by multicast DNS (docs/mdns.md).',
    anyOf: [
      flag,
      closed({
        loopback: flag,
        silent: flag,
        queryIntervalMs: milliseconds,
        port: { type: 'integer', minimum: 1 },
        group: text,
        interfaces: texts,
      }),
    ],
  },
  delegated: { ...texts, description: 'Base URLs of servers of HTTP Routing V1 (docs/delegated-routing.md).' },
  trackers: { ...texts, description: 'URLs of BitTorrent trackers (docs/trackers.md).' },
  privateAddresses: { ...flag, description: 'Try private addresses that trackers tell.' },
  rendezvous: { ...texts, description: 'Rendezvous points to use, as full multiaddrs (docs/rendezvous.md).' },
  rendezvousPoint: { ...flag, description: 'Be a rendezvous point for others.' },
  randomWalk: {
    description: 'Look up random keys now and then.',
    anyOf: [flag, closed({ intervalMs: milliseconds, timeoutMs: milliseconds })],
  },
  provide: {
    type: 'string',
    enum: [...PROVIDE_STRATEGIES],
    description: 'Which of what is added is provided in the DHTs (docs/providing.md).',
  },
  dialDiscovered: { ...flag, description: 'Dial discovered peers below the low water of connections.' },
  bootstrapAt: { type: 'string', enum: ['start', 'need'], description: 'When bootstrap peers are dialed.' },
};

const limits = (each: Schema): Schema =>
  closed(
    Object.fromEntries(Object.keys(LIMITS).map((name) => [name, each])),
    'Overrides of single bounds (src/limits.ts).',
  );

/** Options that a file can hold as well. */
export const NODE_FIELDS = {
  listen: { ...texts, description: 'Multiaddrs to listen on.' },
  security: {
    type: 'array',
    items: { type: 'string', enum: [...SECURITY_NAMES] },
    description: 'Security protocols, best first.',
  },
  muxers: { type: 'array', items: { type: 'string', enum: [...MUXER_NAMES] }, description: 'Muxers, best first.' },
  bootstrap: { ...texts, description: 'Peers to connect to at start.' },
  routing: closed(routing, 'How peers and content are found (docs/routing.md).'),
  limits: limits({ type: 'number', exclusiveMinimum: 0 }),
  connectionManager: closed(
    {
      highWater: count,
      lowWater: count,
      graceMs: { type: 'number', minimum: 0 },
      checkMs: milliseconds,
      simultaneousDials: { type: 'string', enum: ['one', 'both'] },
      keepAlive: texts,
    },
    'Which connections are kept (docs/policy.md).',
  ),
  gater: closed({ allow: list, deny: list }, 'Who gets in (docs/policy.md).'),
  resources: closed(
    {
      system: scope,
      transient: scope,
      peer: scope,
      protocol: scope,
      connection: scope,
      stream: closed({ memoryBytes: count }),
      peers: { type: 'object', additionalProperties: scope },
      protocols: { type: 'object', additionalProperties: scope },
    },
    'Limits of the resource scopes (docs/policy.md).',
  ),
  identify: closed({ push: flag, signedRecord: flag }, 'What identify does (docs/peers.md).'),
  peerstore: closed({ persistent: flag }, 'Whether what is known of peers is kept.'),
  relayV1: { ...flag, description: 'Answer circuit relay 0.1.0 with a refusal.' },
  pingMonitor: {
    description: 'Ping connected peers now and then, and close those that do not answer.',
    anyOf: [flag, closed({ intervalMs: milliseconds, maxFailures: { type: 'integer', minimum: 1 } })],
  },
  lazyNegotiation: { ...flag, description: 'Save round trips in negotiations.' },
  agentVersion: { type: 'string', minLength: 1, maxLength: 256, description: 'What identify says of this node.' },
  testProtocols: { ...flag, description: 'Answer /echo/1.0.0 and /perf/1.0.0.' },
} as const satisfies Readonly<Record<string, Schema>>;

/** Ports, functions and whatever else types alone can tell. */
const anything: Schema = {};

/** Everything that `createNode` takes. */
const CREATE_NODE_SCHEMA = closed({
  ...NODE_FIELDS,
  // Nothing at all is a bound too, for who knows what it does.
  limits: limits({ type: 'number', minimum: 0 }),
  routing: closed({
    ...routing,
    validators: { type: 'object' },
    routers: { type: 'array' },
    discovery: { type: 'array' },
  }),
  // Its hooks may be methods of a class that has more.
  gater: { type: 'object', properties: { allow: list, deny: list } },
  repo: text,
  privateKey: { type: 'object' },
  generation: count,
  transports: { type: 'array' },
  resolver: anything,
  http: anything,
  datagrams: anything,
  clock: anything,
  random: anything,
  ciphers: anything,
  blocks: anything,
  data: anything,
  trace: anything,
  flightRecorder: closed({ folder: text, megabytes: { type: 'number' } }),
  log: closed({ sink: anything, level: { type: 'string', enum: [...LOG_LEVELS] } }),
  onBroken: anything,
});

/**
 * Options of `createNode` as they are, for callers whose types nobody checked: a name that is not known would do nothing.
 * Throws `ERR_INVALID_ARGUMENT`, which names each place and what is near.
 */
export function checkNodeOptions(options: object): void {
  const problems = checkAgainst(CREATE_NODE_SCHEMA, options);
  if (problems.length === 0) return;
  const told = problems.map(({ path, why }) => `${path.slice(1).replaceAll('/', '.') || 'options'}: ${why}`);
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `createNode: ${told.join('; ')}`);
}
