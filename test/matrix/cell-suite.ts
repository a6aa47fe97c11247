/**
 * Runs cells of the matrix: one program for all cells with the same flags, one test a cell and direction. A mebibyte there and
 * back whose end is told by half-close, what was agreed as the cell says, and nothing left on either side.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ConnectionInfo, Host } from '../../src/index.js';
import { seededBytes, startPeer, type Peer } from '../peers/peers.js';
import { eventually } from '../support/hostile-pipe.js';
import { chunksOf, collect, sha256Hex } from '../support/live-bytes.js';
import { echoed, echoedByCount } from '../support/live-echo.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';
import { MUXER_IDS, SECURITY_IDS, titleOf, type Cell, type Direction, type TransportName } from './cells.js';

const ECHO = '/echo/1.0.0';
const MEBIBYTE = 1024 * 1024;
/** A peer may have to be installed first. */
const INSTALL_MS = 300_000;

/** What an address of each transport looks like. */
const FORMS: Readonly<Record<TransportName, RegExp>> = {
  tcp: /^\/ip4\/127\.0\.0\.1\/tcp\/\d+(\/p2p\/\w+)?$/,
  ws: /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws(\/p2p\/\w+)?$/,
  unix: /^\/unix\/[^/]+(\/p2p\/\w+)?$/,
};

const listenOn = (transport: TransportName, folder: string): string =>
  ({
    tcp: '/ip4/127.0.0.1/tcp/0',
    ws: '/ip4/127.0.0.1/tcp/0/ws',
    unix: `/unix/${encodeURIComponent(join(folder, 'socket'))}`,
  })[transport];

/** Defines the tests of all cells with one peer; to be called inside of a `describe`. */
export function cellTests(cells: readonly Cell[], describeGroup: (title: string, tests: () => void) => void): void {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = [cell.peer, ...cell.flags].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  for (const [title, group] of groups) describeGroup(title, () => groupTests(group));
}

function groupTests(group: readonly Cell[]): void {
  const [{ peer: name, flags } = { peer: 'ours' as const, flags: [] }] = group;
  let peer: Peer | undefined;
  let folder = '';
  if (name !== 'ours') {
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'swarmchart-matrix-'));
      const transports = [...new Set(group.map(({ transport }) => transport))];
      const listens = transports.flatMap((transport) => ['--listen', listenOn(transport, folder)]);
      peer = await startPeer(name, [...flags, ...listens]);
    }, INSTALL_MS);
    afterAll(async () => {
      await peer?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
  }
  const tests = group.flatMap((cell) =>
    cell.directions.map((direction) => ({ title: titleOf(cell, direction), cell, direction })),
  );
  test.each(tests)('$title', async ({ cell, direction }) => {
    if (peer === undefined) await weDialOurselves(cell);
    else await (direction === 'we dial' ? weDial(cell, peer) : theyDial(cell, peer));
  });
}

/** What is agreed, as the cell says it. */
const agreement = ({ security, muxer, transport }: Cell) => ({
  state: 'open',
  security: SECURITY_IDS[security],
  muxer: MUXER_IDS[muxer],
  remoteAddress: expect.stringMatching(FORMS[transport]),
});

/** Another seed for each cell and direction: what a peer of blocks has already it would not fetch. */
function seedOf(cell: Cell, direction: Direction): number {
  return Buffer.from(titleOf(cell, direction)).reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7);
}

const dialer = ({ security, muxer }: Cell): Promise<Host> =>
  liveNode({ security: [security], muxers: [muxer], listen: [] });

const listener = ({ security, muxer, transport }: Cell): Promise<Host> =>
  liveNode({ security: [security], muxers: [muxer], listen: [listenOn(transport, temporaryFolder())] });

/** Where the peer listens on the cell's transport, with its id. */
function addressOf(peer: Peer, { transport }: Cell): string {
  const address = peer.addresses.find((one) => FORMS[transport].test(one));
  if (address === undefined) throw new Error(`${peer.name} does not listen on ${transport}: ${peer.addresses.join()}`);
  return address.includes('/p2p/') ? address : `${address}/p2p/${peer.peerId}`; // js-libp2p 1 leaves it away
}

async function weDial(cell: Cell, peer: Peer): Promise<void> {
  const node = await dialer(cell);
  const address = addressOf(peer, cell);
  const bytes = seededBytes(seedOf(cell, 'we dial'), MEBIBYTE);
  if (cell.exchange === 'bitswap') {
    const path = join(temporaryFolder(), 'file');
    await writeFile(path, bytes);
    const { cid } = await peer.request('addFile', { path });
    await node.dial(address);
    expect((await node.identify(address)).protocols).toContain('/ipfs/bitswap/1.2.0');
    for await (const roundTripMs of node.ping(address, { count: 1 })) expect(roundTripMs).toBeGreaterThan(0);
    expect(sha256Hex(await collect(node.cat(String(cid))))).toBe(sha256Hex(bytes));
  } else {
    await echoFrom(node, address, cell, bytes);
  }
  if (cell.muxer !== 'none') {
    expect(node.connections()).toEqual([
      expect.objectContaining({ ...agreement(cell), direction: 'outbound', remotePeer: peer.peerId }),
    ]);
  }
  await nothingLeft(node, peer, cell);
}

/** Opens an echo, sends the bytes and half-closes, and hears all of them and then the other side's end. */
async function echoFrom(node: Host, address: string, cell: Cell, bytes: Uint8Array): Promise<void> {
  const stream = await node.openStream(address, ECHO);
  expect(node.connections()).toMatchObject([agreement(cell)]);
  if (cell.exchange === 'echo') {
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    await stream.closed;
  } else {
    expect(sha256Hex(await echoedByCount(stream, bytes))).toBe(sha256Hex(bytes));
  }
}

async function theyDial(cell: Cell, peer: Peer): Promise<void> {
  const node = await listener(cell);
  const [address = ''] = node.addresses;
  const seed = seedOf(cell, 'they dial');
  const bytes = seededBytes(seed, MEBIBYTE);
  const opened: ConnectionInfo[] = [];
  node.events$.subscribe((event) => event.type === 'connection.opened' && opened.push(event.info));
  const named = new Set<string>();
  node.events$.subscribe((event) => 'info' in event && named.add(event.info.remotePeer));
  const answer = { bytes: MEBIBYTE, sha256: sha256Hex(bytes) };
  if (cell.exchange === 'bitswap') {
    const { cid } = await node.add(chunksOf(bytes));
    expect(await peer.request('identify', { address })).toMatchObject({ peerId: node.peerId });
    expect(await peer.request('ping', { address, count: 1 })).toMatchObject({ peerId: node.peerId });
    expect(await peer.request('get', { cid: cid.toString(), address })).toMatchObject(answer);
  } else {
    expect(await peer.request('echo', { address, size: MEBIBYTE, seed })).toMatchObject(answer);
  }
  expect(opened).toEqual([expect.objectContaining({ ...agreement(cell), direction: 'inbound' })]);
  // Where no security protocol says who it is, identify does.
  await eventually('it is the peer', () => named.has(peer.peerId));
  await nothingLeft(node, peer, cell);
}

/** Our own pair, for the combinations that nobody else has as for those that others have. */
async function weDialOurselves(cell: Cell): Promise<void> {
  const [node, other] = [await dialer(cell), await listener(cell)];
  await echoFrom(node, other.addresses[0] ?? '', cell, seededBytes(seedOf(cell, 'we dial'), MEBIBYTE));
  if (cell.muxer !== 'none') expect(other.connections()).toMatchObject([agreement(cell)]);
  for (const { id } of node.connections()) node.closeConnection(id);
  await eventually('both are alone', () => [node, other].every((one) => one.connections().length === 0));
  expect([node, other].map((one) => one.streams())).toEqual([[], []]);
}

/** No stream but those of the peer's services, then no connection either, on both sides. */
async function nothingLeft(node: Host, peer: Peer, { muxer }: Cell): Promise<void> {
  await eventually('the echo is over', () => node.streams().every(({ protocol }) => protocol !== ECHO));
  for (const { id } of node.connections()) node.closeConnection(id);
  await eventually('we are alone', () => node.connections().length === 0);
  expect(node.streams()).toEqual([]);
  if (muxer === 'none') return; // of bare channels the peer keeps no list
  const withUs = async (): Promise<number> => {
    const { list } = await peer.request('connections');
    return (list as readonly { readonly peerId: string }[]).filter(({ peerId }) => peerId === node.peerId).length;
  };
  while ((await withUs()) > 0);
}
