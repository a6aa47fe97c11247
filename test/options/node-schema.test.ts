/** Options of `createNode` of callers whose types nobody checked: what is taken, and what is said of what is not. */
import { describe, expect, test } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { checkNodeOptions } from '../../src/options/node-schema.js';
import { MemoryBlockStore, MemoryDataStore } from '../../src/sim/memory-store.js';

const nothing = (): void => undefined;

/** Every option there is, or this does not compile. */
const EVERYTHING: Required<Omit<CreateNodeOptions, 'resolver' | 'trace'>> & CreateNodeOptions = {
  repo: './repo',
  privateKey: new Uint8Array(36),
  listen: [],
  security: ['noise', 'tls', 'secio', 'plaintext', 'unsafe-plaintext-1'],
  muxers: ['yamux', 'mplex', 'spdy'],
  lazyNegotiation: true,
  generation: 1,
  bootstrap: [],
  routing: {
    dht: true,
    lanDht: { mode: 'client', peers: 'any', paths: 2 },
    mdns: { loopback: true, silent: true, queryIntervalMs: 1, port: 5353, group: '224.0.0.251', interfaces: [] },
    delegated: [],
    trackers: [],
    privateAddresses: true,
    rendezvous: [],
    rendezvousPoint: true,
    randomWalk: { intervalMs: 1, timeoutMs: 1 },
    provide: 'roots',
    dialDiscovered: false,
    bootstrapAt: 'need',
    validators: { v: { validate: () => undefined, select: () => 0 } },
    routers: [[]],
    discovery: [],
  },
  resources: { system: { connections: Infinity }, stream: { memoryBytes: 1 }, peers: {}, protocols: {} },
  gater: { allow: { peers: [] }, deny: { addresses: [] }, dialPeer: () => true, accept: () => true },
  connectionManager: {
    highWater: Infinity,
    lowWater: 0,
    graceMs: 1,
    checkMs: 1,
    simultaneousDials: 'one',
    keepAlive: [],
  },
  limits: { connections: 3, pingTimeoutMs: 0.5, acceptQueue: 0 },
  agentVersion: 'mine/1',
  testProtocols: true,
  transports: [],
  http: {} as never,
  datagrams: {} as never,
  clock: systemClock,
  random: systemRandom,
  ciphers: nodeCiphers,
  blocks: new MemoryBlockStore(),
  data: new MemoryDataStore(),
  flightRecorder: { folder: '.', megabytes: 1.5 },
  log: { sink: nothing, level: 'debug' },
  onBroken: nothing,
  identify: { push: true, signedRecord: true },
  peerstore: { persistent: true },
  relayV1: true,
  pingMonitor: { intervalMs: 1, maxFailures: 1 },
};

test('every option is taken, and so are those that are there and undefined', () => {
  checkNodeOptions(EVERYTHING);
  checkNodeOptions(Object.fromEntries(Object.keys(EVERYTHING).map((name) => [name, undefined])));
  checkNodeOptions({ ...EVERYTHING, routing: { mdns: false }, pingMonitor: false, trace: { record: nothing } });
});

describe('is refused, and said where', () => {
  test.each([
    [{ lissen: [] }, 'lissen: is not known (did you mean listen?)'],
    [{ listen: '/ip4/127.0.0.1/tcp/0' }, 'listen: expected a list, got "/ip4/127.0.0.1/tcp/0"'],
    [{ listen: [4001] }, 'listen.0: expected a text that is not empty of at most 1024 characters, got 4001'],
    [
      { security: ['noise', 'tls13'] },
      'security.1: expected one of noise, tls, secio, plaintext, unsafe-plaintext-1, got "tls13"',
    ],
    [{ muxers: ['qmux'] }, 'muxers.0: expected one of yamux, mplex, spdy, none, got "qmux"'],
    [{ limits: { conections: 4 } }, 'limits.conections: is not known (did you mean connections?)'],
    [{ limits: { connections: '4' } }, 'limits.connections: expected a number from 0 on, got "4"'],
    [{ limits: { connections: -1 } }, 'limits.connections: expected a number from 0 on, got -1'],
    [{ limits: { connections: NaN } }, 'limits.connections: expected a number from 0 on, got null'],
    [{ routing: { dhtt: true } }, 'routing.dhtt: is not known (did you mean dht?)'],
    [{ routing: { dht: { mode: 'both' } } }, 'routing.dht.mode: expected one of client, server, auto, got "both"'],
    [{ routing: true }, 'routing: expected an object, got true'],
    [
      { onBroken: nothing, agentVersion: nothing },
      'agentVersion: expected a text that is not empty of at most 256 characters, got function',
    ],
    [{ agentVersion: 7n }, 'agentVersion: expected a text that is not empty of at most 256 characters, got bigint'],
    [{ privateKey: 'CAES' }, 'privateKey: expected an object, got "CAES"'],
    [{ gater: { deny: ['10.0.0.0/8'] } }, 'gater.deny: expected an object, got ["10.0.0.0/8"]'],
    [
      { relay: true, testProtocol: true },
      'relay: is not known (did you mean relayV1?); testProtocol: is not known (did you mean testProtocols?)',
    ],
  ])('%p', async (options, message) => {
    await expect(createNode(options as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      blame: 'local',
      message: `createNode: ${message}`,
    });
  });
});
