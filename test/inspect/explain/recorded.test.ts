/** Kinds of failures that no fixture holds, recorded here in virtual time: each with all that the explainer says of it. */
import { expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray } from 'rxjs';
import { explainFailures } from '../../../src/inspect/explain/index.js';
import type { Host } from '../../../src/host/host.js';
import type { RecordOptions } from '../../../src/replay/index.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import type { World } from '../../../src/sim/index.js';
import { readAll } from '../../sim/world/content.js';
import { recordedScene, type Scene } from './recorded.js';
import { redacted } from './redacted.js';
import { rowOf, type Row } from './rows.js';

const CONTENT = 'bafkreicvlo3bbc7bxzvrictsjhqx3eheiiefahj7hop7zdohhjv3edutui';
const CLIENT = { routing: { dht: { mode: 'client', peers: 'any' } } } as const;
const SERVER = { routing: { dht: { mode: 'server', peers: 'any' } } } as const;
const SOON = { withinMs: 60_000 };

/** One kind of failure: how it is brought about, and what is said of it. */
interface Kind {
  readonly name: string;
  readonly options?: Partial<RecordOptions>;
  readonly use: (scene: Scene) => Promise<unknown>;
  readonly rows: (peer: string) => readonly Row[];
  /** The same, redacted; where it is left out, the rows' code, machine and state stay. */
  readonly redacted?: readonly string[];
}

const cat = (node: Host): Promise<unknown> => readAll(node.cat(CONTENT));
const providers = (node: Host): Promise<unknown> =>
  lastValueFrom(node.routing.findProviders(CID.parse(CONTENT)).pipe(toArray()));

/** Adds a node, and has it dialed and identified. */
async function met({ world, node, during }: Scene, options = {}): Promise<ReturnType<World['addNode']>> {
  const peer = world.addNode('b', options);
  await during(node.dial(peer.address));
  await during(node.identify(peer.peerId));
  return peer;
}

class FullStore extends MemoryBlockStore {
  override readonly putMany = (): Promise<void> => Promise.reject(new Error('disk is full'));
}

const KINDS: readonly Kind[] = [
  {
    name: 'bitswap: no peer is connected',
    use: ({ world, node, failing }) => (world.addNode('b'), failing(cat(node))),
    rows: () => [
      {
        code: 'ERR_BLOCK_NOT_FOUND',
        title: 'No peer to ask',
        blame: 'local',
        actor: 'api',
        cause:
          'Block bafkreicvlo3bbc7bxzvrictsjhqx3eheiiefahj7hop7zdohhjv3edutui is not in the store and no peer is connected.',
      },
    ],
    redacted: [],
  },
  {
    name: 'bitswap: every answer is dont-have',
    use: async (scene) => (await met(scene), scene.failing(cat(scene.node))),
    rows: () => [
      {
        code: 'ERR_BLOCK_NOT_FOUND',
        title: 'Nobody has the block',
        blame: 'local',
        actor: 'bitswap/session:1',
        machine: 'bitswapSession',
        state: 'discovering',
        ended: 'idle',
        cause: 'One peer was asked for 30 s, until it was given up, and every answer was dont-have.',
      },
    ],
  },
  {
    name: 'bitswap: nobody answers',
    options: { limits: { bitswapWantTimeoutMs: 8_000, bitswapRebroadcastMs: 2_000 } },
    use: async (scene) => {
      (await met(scene)).crash({ sockets: 'silent' });
      await scene.failing(cat(scene.node));
    },
    rows: () => [
      {
        code: 'ERR_BLOCK_NOT_FOUND',
        title: 'No answer',
        blame: 'local',
        actor: 'bitswap/session:1',
        machine: 'bitswapSession',
        state: 'discovering',
        ended: 'idle',
        cause: 'One peer was asked for 8 s, until it was given up, and none answered: no have, no dont-have, no block.',
      },
    ],
  },
  {
    name: 'the connection is lost, the peer refuses, and is not dialed again so soon',
    use: async (scene) => {
      const peer = await met(scene);
      peer.crash();
      await scene.world.until(() => scene.node.connections().length === 0, SOON);
      await scene.failing(scene.node.dial(peer.peerId));
      await scene.failing(scene.node.dial(peer.peerId));
    },
    rows: (peer) => [
      {
        code: 'ERR_TRANSPORT_ENDED',
        title: 'The connection was lost',
        blame: 'remote',
        actor: 'swarm/conn:2',
        machine: 'connection',
        state: 'open',
        ended: 'failed',
        cause: `The connection with the peer ${peer} broke while it was in use, with 1 stream open (/memory/b reset the connection).`,
      },
      {
        code: 'ERR_TRANSPORT_REFUSED',
        title: 'Not reached',
        blame: 'remote',
        actor: 'swarm/conn:4',
        machine: 'connection',
        state: 'upgrading.connecting',
        ended: 'failed',
        cause: 'Nothing answers at /memory/b: the connection was refused (/memory/b: nothing listens there).',
      },
      {
        code: 'ERR_DIAL_BACKOFF',
        title: 'Not dialed: it failed lately',
        blame: 'local',
        actor: 'api',
        cause: `Every known address of ${peer} failed lately; the next one is tried in 5000 ms.`,
      },
    ],
    redacted: ['ERR_TRANSPORT_ENDED connection open', 'ERR_TRANSPORT_FAILED connection upgrading.connecting'],
  },
  {
    name: 'a hook of the gater refuses a peer before it is dialed',
    options: { gater: { dialPeer: () => false } },
    use: ({ world, node, failing }) => failing(node.dial(world.addNode('b').address)),
    rows: (peer) => [
      {
        code: 'ERR_CONNECTION_DENIED',
        title: 'Refused by the gater',
        blame: 'local',
        actor: 'gater',
        cause: `This side’s gater refused ${peer}: its hook dialPeer answered no.`,
      },
    ],
    redacted: [],
  },
  {
    name: 'a hook of the gater refuses a peer that has proven who it is',
    options: { gater: { secured: () => false } },
    use: ({ world, node, failing }) => failing(node.dial(world.addNode('b').address)),
    rows: (peer) => [
      {
        code: 'ERR_CONNECTION_DENIED',
        title: 'Refused by the gater',
        blame: 'local',
        actor: 'gater',
        cause: `This side’s gater refused ${peer}: its hook secured answered no.`,
        machine: 'connection',
        state: 'upgrading.handshaking',
        ended: 'failed',
      },
    ],
    redacted: ['ERR_CONNECTION_DENIED connection upgrading.handshaking'],
  },
  {
    name: 'as many connections as may be',
    options: { limits: { connections: 1 } },
    use: async (scene) => (await met(scene), scene.failing(scene.node.dial(scene.world.addNode('c').address))),
    rows: () => [
      {
        code: 'ERR_CONNECTION_LIMIT',
        title: 'A limit was reached',
        blame: 'local',
        actor: 'swarm/dial:3',
        machine: 'dial',
        state: 'dialing',
        ended: 'exhausted',
        cause: 'There are 1 connections already.',
      },
    ],
    redacted: ['ERR_DIAL_FAILED dial dialing'],
  },
  {
    name: 'a protocol that the peer does not speak, as it told by identify',
    use: async (scene) => scene.failing(scene.node.openStream((await met(scene)).peerId, '/nothing/1.0.0')),
    rows: (peer) => [
      {
        code: 'ERR_MULTISTREAM_NO_OVERLAP',
        title: 'Nothing in common',
        blame: 'remote',
        actor: 'swarm/conn:2/yamux/3/multistream',
        machine: 'multistreamDialer',
        state: 'awaitingReply',
        ended: 'noOverlap',
        offered: ['/nothing/1.0.0'],
        wanted: [
          '/ipfs/id/1.0.0',
          '/ipfs/ping/1.0.0',
          '/ipfs/bitswap/1.2.0',
          '/ipfs/bitswap/1.1.0',
          '/ipfs/bitswap/1.0.0',
          '/ipfs/bitswap',
        ],
        cause: `The peer ${peer} answered "na" to the only protocol that this side proposed: /nothing/1.0.0.`,
      },
    ],
  },
  {
    name: 'the only security protocol, taken for agreed, is declined',
    use: ({ world, node, failing }) =>
      failing(node.dial(world.addNode('b', { security: ['plaintext'] } as never).address)),
    rows: () => [
      {
        code: 'ERR_MULTISTREAM_NO_OVERLAP',
        title: 'Nothing in common',
        blame: 'remote',
        actor: 'swarm/conn:2/multistream',
        machine: 'multistreamLazyDialer',
        state: 'awaitingEcho',
        ended: 'refused',
        offered: ['/noise'],
        cause: 'The peer at /memory/b answered "na" to the only security protocol that this side proposed: /noise.',
      },
    ],
  },
  {
    name: 'the DHT has no peers',
    options: CLIENT,
    use: ({ world, node, failing }) => (world.addNode('b'), failing(providers(node))),
    rows: () => [
      {
        code: 'ERR_DHT_NO_PEERS',
        title: 'No peer of the DHT',
        blame: 'local',
        actor: 'routing:1/dht',
        machine: 'routerAsk',
        state: 'asking',
        ended: 'failed',
        cause: 'The routing table of the DHT is empty: there was nobody to ask.',
      },
    ],
  },
  {
    name: 'nobody of the DHT answers',
    options: CLIENT,
    use: async (scene) => {
      (await met(scene, SERVER)).crash({ sockets: 'silent' });
      await scene.failing(providers(scene.node));
    },
    rows: () => [
      {
        code: 'ERR_DHT_NO_ANSWER',
        title: 'Nobody answered',
        blame: 'remote',
        actor: 'dht/query:1',
        machine: 'kadQuery',
        state: 'widening',
        ended: 'failed',
        cause: 'The one peer that the query asked went silent.',
      },
      {
        code: 'ERR_DHT_NO_ANSWER',
        title: 'Nobody answered',
        blame: 'remote',
        actor: 'dht/query:2',
        machine: 'kadQuery',
        state: 'widening',
        ended: 'failed',
        cause: 'The one peer that the query asked went silent.',
      },
    ],
  },
  {
    name: 'the store of blocks is full',
    options: { blocks: new FullStore() },
    use: ({ world, node, failing }) => (
      world.addNode('b'),
      failing(
        node.add(
          (async function* () {
            yield await Promise.resolve(new Uint8Array(10));
          })(),
        ),
      )
    ),
    rows: () => [
      {
        code: 'ERR_STORE_FAILED',
        title: 'The store failed',
        blame: 'local',
        actor: 'store/blocks',
        cause: 'The store of blocks failed: the store failed: Error: disk is full.',
      },
    ],
    redacted: [],
  },
];

test.each(KINDS)('$name', async ({ use, options, rows, redacted: short }) => {
  let peer = '';
  const trace = await recordedScene(async (scene) => {
    await use(scene);
    peer = scene.world.node('b').peerId;
  }, options);
  const explanations = explainFailures(trace.records, trace.header);
  expect(explanations.map(rowOf)).toEqual(rows(peer));
  const { records, header } = redacted(trace);
  const inShort = ({ code, machine, state }: Row): string => `${code} ${machine ?? ''} ${state ?? ''}`;
  expect(explainFailures(records, header).map(inShort)).toEqual(short ?? rows(peer).map(inShort));
});
