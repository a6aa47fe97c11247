/** The configuration file of a daemon: what is taken, and what is said of what is not. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONFIG_SCHEMA } from '../../src/cli/config-schema.js';
import { nodeOptionsOf, parseConfig, readConfig, type DaemonConfig } from '../../src/cli/config.js';
import { checkAgainst, nearest } from '../../src/options/schema-check.js';
import { createNode } from '../../src/create-node.js';
import { LIMITS } from '../../src/limits.js';
import { swarmchart } from '../support/command-line.js';

const PEER = '12D3KooWLS6YeG9JktEJjPe1ESMsg9V5JF1wGrCtdvHzAGZhZjXQ';
const PUBLISHED = fileURLToPath(new URL('../../docs/config.schema.json', import.meta.url));

/** Everything that a file may say; it has to have the type, too. */
const EVERYTHING = {
  listen: ['/ip4/127.0.0.1/tcp/0'],
  security: ['noise', 'secio', 'plaintext'],
  muxers: ['yamux', 'mplex'],
  bootstrap: [],
  routing: {
    dht: { mode: 'auto', peers: 'public', paths: 3 },
    lanDht: true,
    mdns: false,
    delegated: ['https://delegated.example'],
    trackers: [],
    privateAddresses: false,
    rendezvous: [],
    rendezvousPoint: false,
    randomWalk: { intervalMs: 300_000, timeoutMs: 30_000 },
    provide: 'all',
    dialDiscovered: true,
    bootstrapAt: 'need',
  },
  limits: { connections: 100, pingTimeoutMs: 1.5 },
  connectionManager: { highWater: 10, lowWater: 5, graceMs: 1, checkMs: 2, keepAlive: [] },
  gater: { allow: { addresses: ['127.0.0.0/8'] }, deny: { peers: [PEER], addresses: ['10.0.0.0/8'] } },
  resources: {
    system: { connections: 10, connectionsInbound: 5, connectionsOutbound: 5, streams: 9, memoryBytes: 1e9 },
    transient: { streamsInbound: 5, streamsOutbound: 5 },
    peer: {},
    protocol: {},
    connection: {},
    stream: { memoryBytes: 1e6 },
    peers: { [PEER]: { streams: 1 } },
    protocols: { '/chat/1.0.0': { streams: 1 } },
  },
  identify: { push: true, signedRecord: false },
  peerstore: { persistent: true },
  relayV1: false,
  pingMonitor: { intervalMs: 1000, maxFailures: 2 },
  lazyNegotiation: false,
  agentVersion: 'mine/1',
  testProtocols: true,
  rpc: 'off',
  log: { level: 'debug', json: true },
  metrics: '/ip4/127.0.0.1/tcp/0',
  inspect: true,
} satisfies DaemonConfig;

const REFUSED: readonly (readonly [config: unknown, why: string])[] = [
  [[], 'the whole expected an object, got []'],
  [null, 'the whole expected an object, got null'],
  [{ lisen: [] }, '/lisen is not known (did you mean listen?)'],
  [{ Security: [] }, '/Security is not known (did you mean security?)'],
  [{ muxer: [] }, '/muxer is not known (did you mean muxers?)'],
  [{ xyz: 1 }, '/xyz is not known (known are $schema, listen, security, muxers, bootstrap, routing, limits'],
  [{ listen: '/ip4/127.0.0.1/tcp/1' }, '/listen expected a list, got "/ip4/127.0.0.1/tcp/1"'],
  [{ listen: ['a', 7] }, '/listen/1 expected a text that is not empty of at most 1024 characters, got 7'],
  [{ listen: [''] }, '/listen/0 expected a text that is not empty of at most 1024 characters, got ""'],
  [{ security: ['tls9'] }, '/security/0 expected one of noise, '],
  [{ limits: { connectons: 1 } }, '/limits/connectons is not known (did you mean connections?)'],
  [{ limits: { connections: 'many' } }, '/limits/connections expected a number above 0, got "many"'],
  [{ limits: { connections: 0 } }, '/limits/connections expected a number above 0, got 0'],
  [{ connectionManager: { highWater: -1 } }, '/connectionManager/highWater expected a whole number from 0 on, got -1'],
  [
    { connectionManager: { highWater: 1.5 } },
    '/connectionManager/highWater expected a whole number from 0 on, got 1.5',
  ],
  [{ gater: { dialPeer: true } }, '/gater/dialPeer is not known (known are allow, deny)'],
  [
    { resources: { peers: { 'a/b': { stream: 1 } } } },
    '/resources/peers/a~1b/stream is not known (did you mean streams?)',
  ],
  [{ pingMonitor: 5 }, '/pingMonitor expected true or false or an object, got 5'],
  [{ pingMonitor: { intervalMs: 0 } }, '/pingMonitor/intervalMs expected a number above 0, got 0'],
  [{ routing: { delegates: [] } }, '/routing/delegates is not known (did you mean delegated?)'],
  [{ routing: { dht: 'server' } }, '/routing/dht expected true or false or an object, got "server"'],
  [{ routing: { dht: { mode: 'off' } } }, '/routing/dht/mode expected one of client, server, auto, got "off"'],
  [{ routing: { validators: {} } }, '/routing/validators is not known'],
  [{ log: { level: 'loud' } }, '/log/level expected one of silent, error, warn, info, debug, trace, got "loud"'],
  [{ relayV1: 'x'.repeat(60) }, `/relayV1 expected true or false, got "${'x'.repeat(39)}...`],
  [JSON.parse('{"__proto__":{}}'), '/__proto__ is not known (known are'],
  [
    { relayV1: 1, testProtocols: 1 },
    '/relayV1 expected true or false, got 1; /testProtocols expected true or false, got 1',
  ],
];

describe('the schema', () => {
  test('that is shipped is this one: every bound and every option', () => {
    expect(JSON.parse(readFileSync(PUBLISHED, 'utf8'))).toEqual(JSON.parse(JSON.stringify(CONFIG_SCHEMA)));
    expect(Object.keys(CONFIG_SCHEMA.properties?.['limits']?.properties ?? {})).toEqual(Object.keys(LIMITS));
    expect(Object.keys(CONFIG_SCHEMA.properties ?? {})).toEqual(['$schema', ...Object.keys(EVERYTHING)]);
  });

  test('says the same to a validator that we did not write', () => {
    const check = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(PUBLISHED, 'utf8')));
    expect(check(EVERYTHING)).toBe(true);
    expect(check({ $schema: 'x' })).toBe(true);
    expect(REFUSED.filter(([config]) => check(config))).toEqual([]);
  });
});

describe('a file', () => {
  test('with everything is taken, and makes a node', async () => {
    const config = parseConfig('all.json', JSON.stringify({ $schema: './config.schema.json', ...EVERYTHING }));
    expect(config).toEqual(EVERYTHING);
    const options = nodeOptionsOf(config);
    expect(options).not.toHaveProperty('rpc');
    const node = await createNode(options);
    expect(node.resources().system.limits.connections).toBe(10);
    await node.stop();
  });

  test.each(REFUSED)('%j is refused: %s', (config, why) => {
    expect(() => parseConfig('my.json', JSON.stringify(config))).toThrow(`my.json: ${why}`);
    try {
      parseConfig('my.json', JSON.stringify(config));
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'ERR_CONFIG_INVALID', blame: 'local' });
    }
  });

  test('that is not JSON says so', () => {
    expect(() => parseConfig('my.json', '{"listen": [}')).toThrow(/^my\.json: it is not JSON: ./);
  });

  test('with many faults tells the first eight', () => {
    const config = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`odd-option-${at}`, 1]));
    expect(checkAgainst(CONFIG_SCHEMA, config).length).toBe(8);
  });

  test.each([
    ['conections', 'connections'],
    ['CONNECTIONS', 'connections'],
    ['streams', undefined],
    ['co', undefined],
  ])('%s is near to %s', (key, name) => {
    expect(nearest(key, ['connections', 'peers'])).toBe(name);
  });
});

describe('on the disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'swarmchart-config-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('the repo’s own is read where it is there; one that is named has to be', async () => {
    expect(await readConfig(folder, undefined)).toEqual({});
    writeFileSync(join(folder, 'swarmchart.json'), '{"relayV1":true}');
    expect(await readConfig(folder, undefined)).toEqual({ relayV1: true });
    const other = join(folder, 'other.json');
    await expect(readConfig(folder, other)).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `${other}: there is no such file`,
    });
    await expect(readConfig(folder, folder)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  test('a file at the bound is read, one byte more is not', async () => {
    const file = join(folder, 'big.json');
    writeFileSync(file, '{}'.padEnd(LIMITS.configFileBytes));
    expect(await readConfig(folder, file)).toEqual({});
    writeFileSync(file, '{}'.padEnd(LIMITS.configFileBytes + 1));
    await expect(readConfig(folder, file)).rejects.toMatchObject({
      message: `${file}: it has more than 1048576 bytes`,
    });
  });

  test.each([
    ['all', 4],
    ['roots', 2],
    ['none', 0],
  ] as const)('what add notes to be provided follows it: %s', async (provide, keys) => {
    const repo = join(folder, 'repo');
    mkdirSync(repo);
    writeFileSync(join(repo, 'swarmchart.json'), JSON.stringify({ routing: { provide } }));
    // A file of one block and the folder that holds it, in each of the two DHTs.
    mkdirSync(join(folder, 'added'));
    writeFileSync(join(folder, 'added', 'file'), `provided: ${provide}`);
    expect(await swarmchart('add', join(folder, 'added'), '--repo', repo)).toMatchObject({ code: 0 });
    const node = await createNode({
      repo,
      listen: [],
      routing: { dht: { mode: 'client' }, lanDht: { mode: 'client' }, provide },
    });
    try {
      // What is added waits for what is stored.
      for (const providing of node.providing) await providing.add([]);
      expect(node.providing.reduce((sum, { counts }) => sum + counts.keys, 0)).toBe(keys);
    } finally {
      await node.stop();
    }
  });
});
