/** What a daemon's configuration file may hold, as JSON Schema: `docs/config.schema.json` is this, printed. */
import { MUXER_NAMES, SECURITY_NAMES } from '../chain-protocols.js';
import { LIMITS } from '../limits.js';
import { LOG_LEVELS } from '../telemetry/log.js';
import type { Schema } from './schema-check.js';

const text: Schema = { type: 'string', minLength: 1, maxLength: 1024 };
const texts: Schema = { type: 'array', items: text };
const flag: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
const milliseconds: Schema = { type: 'number', exclusiveMinimum: 0 };

function closed(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
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

const routing = closed(
  {
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
    dialDiscovered: { ...flag, description: 'Dial discovered peers below the low water of connections.' },
    bootstrapAt: { type: 'string', enum: ['start', 'need'], description: 'When bootstrap peers are dialed.' },
  },
  'How peers and content are found (docs/routing.md).',
);

/** The whole file. */
export const CONFIG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Configuration of swarmchart daemon',
  ...closed({
    $schema: { type: 'string', description: 'Where this schema is, for editors; not read.' },
    listen: { ...texts, description: 'Multiaddrs to listen on.' },
    security: {
      type: 'array',
      items: { type: 'string', enum: [...SECURITY_NAMES] },
      description: 'Security protocols, best first.',
    },
    muxers: { type: 'array', items: { type: 'string', enum: [...MUXER_NAMES] }, description: 'Muxers, best first.' },
    bootstrap: { ...texts, description: 'Peers to connect to at start.' },
    routing,
    limits: closed(
      Object.fromEntries(Object.keys(LIMITS).map((name) => [name, { type: 'number', exclusiveMinimum: 0 }])),
      'Overrides of single bounds (src/limits.ts).',
    ),
    connectionManager: closed(
      {
        highWater: count,
        lowWater: count,
        graceMs: milliseconds,
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
    rpc: { ...text, description: 'Where the local RPC listens, or off (docs/rpc.md).' },
    log: closed({ level: { type: 'string', enum: [...LOG_LEVELS] }, json: flag }, 'Log lines on standard error.'),
    metrics: { ...text, description: 'Where Prometheus metrics are served: a loopback multiaddr.' },
    inspect: {
      description: "The port of the inspector's page, on loopback; true: a free one (docs/inspector.md).",
      anyOf: [flag, count],
    },
  }),
} as const;
