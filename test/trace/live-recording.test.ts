/** A node on loopback that is recorded while it runs, and one that writes its flight recorder's tape when a peer fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, filter } from 'rxjs';
import { createNode } from '../../src/create-node.js';
import type { EngineError } from '../../src/errors.js';
import type { HostEvent } from '../../src/host/host-events.js';
import type { Host } from '../../src/host/host.js';
import { createFlightDeck } from '../../src/platform/live-trace.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { engineVersions, SWARMCHART_VERSION } from '../../src/platform/versions.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { machineHashes } from '../../src/trace/machine-hash.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';
import { draft } from './support/traces.js';

const nextEvent = (node: Host, type: HostEvent['type']): Promise<HostEvent> =>
  firstValueFrom(node.events$.pipe(filter((event) => event.type === type)));

/** Speaks to `node` in words that no peer uses; it fails the connection. */
const babble = async (node: Host): Promise<void> => {
  const failed = nextEvent(node, 'connection.failed');
  const port = Number(/tcp\/(\d+)/.exec(node.addresses[0] ?? '')?.[1]);
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.end(`GET /${'x'.repeat(100)} HTTP/1.1\r\n\r\n`);
  await failed;
  socket.destroy();
};

describe('recording a running node', () => {
  test('writes what happens from then on, without what is secret, and ends with the node', async () => {
    const folder = temporaryFolder();
    const server = await liveNode();
    const client = await liveNode({ listen: [] });
    const path = join(folder, 'run.trace.jsonl.gz');
    const recording = server.record(path, { title: 'a ping' });
    await client.dial(server.addresses[0] ?? '');
    for await (const millis of client.ping(server.addresses[0] ?? '')) expect(millis).toBeGreaterThan(0);
    await server.stop();
    await recording.stop();
    const { header, records, truncated } = await readTraceFile(path);
    expect(truncated).toBe(false);
    expect(header).toMatchObject({ title: 'a ping', vantagePoint: server.peerId });
    expect(header.engine).toMatchObject({
      class: 'redacted',
      detail: 'frames',
      clock: 'real',
      observations: true,
      partial: true,
      versions: engineVersions(),
      machines: machineHashes(),
      config: { security: ['/noise'], muxers: ['/yamux/1.0.0'] },
    });
    const names = new Set(records.map(({ name }) => name));
    expect([...names].sort()).toEqual([
      'actor:transition',
      'frame:decoded',
      'frame:encoded',
      'io:bytes_received',
      'io:bytes_sent',
      'io:closed',
      'io:ended',
      'io:opened',
      'seen:connection',
      'seen:state',
    ]);
    for (const { name, data } of records) {
      if (name.startsWith('io:bytes')) expect(Object.keys(data['raw'] as object)).toEqual(['length']);
      expect(data).not.toHaveProperty('digest');
    }
    // A chain from bytes to what was sent on account of them.
    const sent = records.filter(({ name, cause }) => name === 'io:bytes_sent' && cause !== undefined);
    const chain: string[] = [];
    for (let at = sent[0]; at !== undefined; at = at.cause === undefined ? undefined : records[at.cause])
      chain.push(at.name);
    expect(chain[0]).toBe('io:bytes_sent');
    expect(chain.at(-1)).toBe('io:bytes_received');
    expect(chain).toContain('actor:transition');
  });

  test('holds wire and plaintext in class full, which has to be asked for and named', async () => {
    const folder = temporaryFolder();
    const node = await liveNode();
    const path = join(folder, 'run.SECRET.trace.jsonl');
    expect(() => node.record(path, { class: 'full' })).toThrow('unsafeIncludeSecrets');
    expect(() => node.record(join(folder, 'run.jsonl'), { class: 'full', unsafeIncludeSecrets: true })).toThrow(
      '.SECRET',
    );
    expect(() =>
      node.record(join(`${folder}.SECRET`, 'run.jsonl'), { class: 'full', unsafeIncludeSecrets: true }),
    ).toThrow('.SECRET');
    expect(readdirSync(folder)).toEqual([]);
    const recording = node.record(path, { class: 'full', unsafeIncludeSecrets: true });
    const client = await liveNode({ listen: [] });
    await client.identify(node.addresses[0] ?? '');
    await recording.stop();
    const { records } = await readTraceFile(path);
    const plaintext = records
      .filter(({ name }) => name === 'secure:plaintext')
      .map(({ data }) => Buffer.from((data['raw'] as { data: string }).data, 'hex').toString('latin1'))
      .join('');
    expect(plaintext).toContain('/ipfs/id/1.0.0');
    const wire = records
      .filter(({ name }) => name.startsWith('io:bytes'))
      .map(({ data }) => Buffer.from((data['raw'] as { data: string }).data, 'hex').toString('latin1'))
      .join('');
    expect(wire).toContain('/noise');
    expect(wire).not.toContain('/ipfs/id/1.0.0');
  });

  test('a stopped node is not recorded, and a folder that is not there is told', async () => {
    const node = await liveNode();
    expect(() => node.record('/nowhere/at/all.trace.jsonl')).toThrow(
      '/nowhere/at/all.trace.jsonl: there is no such file or folder',
    );
    await node.stop();
    expect(() => node.record(join(temporaryFolder(), 'late.trace.jsonl'))).toThrow('is stopped');
  });

  test('the version in a header is that of the manifest', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    const xstate = JSON.parse(
      readFileSync(new URL('../../node_modules/xstate/package.json', import.meta.url), 'utf8'),
    ) as {
      version: string;
    };
    expect(SWARMCHART_VERSION).toBe(manifest.version);
    expect(engineVersions()).toEqual({ swarmchart: manifest.version, xstate: xstate.version, node: process.version });
  });
});

describe('the flight recorder of a node', () => {
  test('leaves a trace of a connection that failed, named by it and by why', async () => {
    const folder = join(temporaryFolder(), 'flights');
    const node = await liveNode({ flightRecorder: { folder } });
    await babble(node);
    await babble(node);
    await node.stop();
    const files = readdirSync(folder).sort();
    expect(files.map((name) => name.replace(/^.*?Z-/, ''))).toEqual([
      'conn-1-ERR_MULTISTREAM_BAD_MESSAGE.trace.jsonl',
      'conn-2-ERR_MULTISTREAM_BAD_MESSAGE.trace.jsonl',
    ]);
    const { header, records } = await readTraceFile(join(folder, files[0] ?? ''));
    expect(header.engine).toMatchObject({ class: 'redacted', partial: true, dropped: 0 });
    expect(records.at(-1)).toMatchObject({
      name: 'actor:transition',
      actor: '/node/swarm/conn:1',
      data: { machine: 'connection', to: 'failed' },
    });
  });

  test('leaves nothing where nothing fails', async () => {
    const folder = join(temporaryFolder(), 'flights');
    const node = await liveNode({ flightRecorder: { folder, megabytes: 1 } });
    const client = await liveNode({ listen: [] });
    await client.identify(node.addresses[0] ?? '');
    await node.identify(client.peerId);
    const closed = nextEvent(node, 'connection.closed');
    await client.stop();
    await closed;
    await node.stop();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([0, -1, Number.NaN])('keeps more than %d megabytes or is refused', async (megabytes) => {
    const folder = temporaryFolder();
    await expect(createNode({ flightRecorder: { folder, megabytes } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

describe('tapes', () => {
  const node = { peerId: '12D3KooWTest', config: {} };
  const limits = { flightRecorderBytes: 100_000, flightRecorderFiles: 3, flightRecorderPauseMs: 1_000 };
  const deckAt = (folder: string, failures: EngineError[] = []) => {
    const clock = new VirtualClock();
    const deck = createFlightDeck({ folder, node, clock, limits, onFailed: (error) => failures.push(error) });
    return { clock, deck };
  };
  const kinds = (folder: string): string[] =>
    readdirSync(folder)
      .map((name) => /conn-\d+/.exec(name)?.[0] ?? name)
      .sort();

  test('not before the pause is over, and then with what waited', async () => {
    const folder = temporaryFolder();
    const { clock, deck } = deckAt(folder);
    deck.failed('conn:1', 'ERR_ONE');
    clock.advance(999);
    deck.failed('conn:2', 'ERR_TWO');
    deck.failed('conn:3', 'ERR_THREE');
    clock.advance(1);
    deck.failed('conn:4', 'ERR_FOUR');
    await deck.close();
    expect(kinds(folder)).toEqual(['conn-1', 'conn-2']);
  });

  test('what waits when the node stops is written then', async () => {
    const folder = temporaryFolder();
    const { clock, deck } = deckAt(folder);
    deck.failed('conn:1', 'ERR_ONE');
    clock.advance(10);
    deck.recorder.record(draft('a:b', 'conn:2'));
    deck.failed('conn:2', 'ERR_TWO');
    await deck.close();
    expect(kinds(folder)).toEqual(['conn-1', 'conn-2']);
  });

  test('the newest stay, to the bound', async () => {
    const folder = temporaryFolder();
    const { clock, deck } = deckAt(folder);
    for (let index = 1; index <= 3; index++) {
      deck.failed(`conn:${index}`, 'ERR');
      clock.advance(1_000);
    }
    await deck.close();
    expect(kinds(folder)).toEqual(['conn-1', 'conn-2', 'conn-3']);
    deck.failed('conn:4', 'ERR');
    await deck.close();
    expect(kinds(folder)).toEqual(['conn-2', 'conn-3', 'conn-4']);
  });

  test('a tape that cannot be written is told, and the next one is tried', async () => {
    const folder = temporaryFolder();
    const failures: EngineError[] = [];
    const { clock, deck } = deckAt(folder, failures);
    deck.failed('conn:1', 'long'.repeat(100));
    clock.advance(1_000);
    deck.failed('conn:2', 'ERR');
    await deck.close();
    expect(failures.map(({ code, blame }) => [code, blame])).toEqual([['ERR_STORE_FAILED', 'local']]);
    expect(kinds(folder)).toEqual(['conn-2']);
  });
});
