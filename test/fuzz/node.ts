/**
 * A whole node and one raw connection that says what peers said in recordings, with a few pieces changed: nothing breaks,
 * what fails has a name, an honest peer is served afterwards, and when all is stopped nothing is left. Once the node is
 * dialed, once it dials.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { EngineError } from '../../src/errors.js';
import type { Host } from '../../src/host/host.js';
import type { TransportConnection } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { concat, hex } from '../support/decoding.js';
import { during, newWorld, type World } from '../support/sim-nodes.js';
import { cut, cutting, mutate, mutation } from './bytes.js';
import { assertNamed, target, type FuzzTarget } from './target.js';

const FIXTURES = new URL('../replay/fixtures/', import.meta.url);

/** What came in on the first connection of a recording, chunk by chunk. */
interface Recorded {
  readonly name: string;
  readonly wasDialed: boolean;
  readonly muxers: CreateNodeOptions['muxers'];
  readonly chunks: readonly Uint8Array[];
}

interface Line {
  readonly name?: string;
  readonly data?: { readonly socket?: number; readonly raw?: { readonly data?: string } };
  readonly engine?: { readonly config: Pick<CreateNodeOptions, 'security' | 'muxers'> };
}

/** Recordings whose bytes say the same to any node: those without encryption. */
function recordings(): readonly Recorded[] {
  return readdirSync(FIXTURES)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => {
      const [header, ...lines] = readFileSync(new URL(file, FIXTURES), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      const config = header?.engine?.config;
      if (config?.security?.join() !== 'plaintext') return [];
      const received = lines.filter(({ name, data }) => name === 'io:bytes_received' && data?.socket === 1);
      const chunks = received.map(({ data }) => hex(data?.raw?.data ?? ''));
      const wasDialed = lines.some(({ name }) => name === 'transport:accepted');
      // Hundreds of kilobytes say no more than their beginning.
      if (chunks.length === 0 || concat(...chunks).length > 64 * 1024) return [];
      return [{ name: file.replace('.trace.jsonl', ''), wasDialed, muxers: config.muxers, chunks }];
    });
}

const RECORDED = recordings();

const inputsOf = (recorded: readonly Recorded[]) =>
  fc.record({
    recording: fc.constantFrom(...recorded.map(({ name }) => name)),
    changes: fc.array(fc.record({ chunk: fc.nat(40), mutation }), { maxLength: 3 }),
    sizes: cutting,
    end: fc.constantFrom('ends', 'breaks', 'is silent'),
  });
type Input = ReturnType<typeof inputsOf> extends fc.Arbitrary<infer Value> ? Value : never;

async function judge({ recording, changes, sizes, end }: Input): Promise<void> {
  const { wasDialed, muxers, chunks } = RECORDED.find(({ name }) => name === recording)!;
  const world = newWorld();
  const broken: EngineError[] = [];
  const open = (name: string): Promise<Host> =>
    createNode({
      clock: world.clock,
      random: new SeededRandom(name),
      transports: [world.network.transport],
      listen: [`/memory/${name}`],
      security: ['plaintext'],
      ...(muxers === undefined ? {} : { muxers }),
      onBroken: (error) => broken.push(error),
    });
  const node = await open('node');
  const failures: EngineError[] = [];
  let wasOpened = false;
  node.events$.subscribe((event) => {
    wasOpened ||= event.type === 'connection.opened';
    if ('error' in event && event.error !== undefined) failures.push(event.error);
  });
  const raw = await (wasDialed ? dialRaw(world, node) : beDialed(world, node, failures));
  for (const [at, chunk] of chunks.entries()) {
    const mutations = changes.filter((change) => change.chunk === at).map((change) => change.mutation);
    for (const piece of cut(mutate(chunk, mutations), sizes)) raw.write([piece]);
    await world.settle();
  }
  if (end === 'ends') raw.end();
  if (end === 'breaks') raw.destroy();
  await world.advance(60_000);
  if (end === 'is silent') raw.destroy();
  await world.settle();
  if (changes.length === 0 && recording.endsWith('js-libp2p')) assert(wasOpened, 'the recording led to no connection');
  for (const failure of failures) assertNamed(failure, ['remote', 'local']);
  const honest = await open('honest');
  await during(world, honest.dial(`/memory/node/p2p/${node.peerId}`));
  await during(world, Promise.all([honest.stop(), node.stop()]));
  assert.deepEqual(broken, []);
  assert.deepEqual([node.liveActors, honest.liveActors, world.clock.pendingTimers], [0, 0, 0], 'something is left');
}

const NOTHING = { onChunk: ignore, onChunks: ignore, onDrained: ignore, onEnded: ignore, onClosed: ignore };

/** A raw connection to the node. */
async function dialRaw(world: World, node: Host): Promise<TransportConnection> {
  const [address = ''] = node.addresses;
  const dialed = new Promise<TransportConnection>((resolve, reject) =>
    world.network.transport.dial(address, resolve, reject),
  );
  const raw = await during(world, dialed);
  raw.open(NOTHING);
  return raw;
}

/** A raw connection that the node has dialed. */
async function beDialed(world: World, node: Host, failures: EngineError[]): Promise<TransportConnection> {
  const accepted = new Promise<TransportConnection>((resolve, reject) =>
    world.network.transport.listen('/memory/raw', resolve, ignore, reject),
  );
  node.dial('/memory/raw').catch((error: unknown) => failures.push(error as EngineError));
  const raw = await during(world, accepted);
  raw.open(NOTHING);
  return raw;
}

function ignore(): void {
  // The raw end does not answer to what it hears: it says what was recorded.
}

export const NODE_TARGETS: readonly FuzzTarget[] = [true, false].map((wasDialed) =>
  target(
    `node that ${wasDialed ? 'is dialed' : 'dials'}`,
    inputsOf(RECORDED.filter((recorded) => recorded.wasDialed === wasDialed)),
    judge,
  ),
);
