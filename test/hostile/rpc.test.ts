/** Clients of the local RPC that mean harm, over real sockets, while a good one goes on. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { LIMITS } from '../../src/limits.js';
import { connectToRpc, listenForRpc, type RpcListener } from '../../src/platform/rpc-socket.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { RpcClient } from '../../src/rpc/client.js';
import { RpcServer } from '../../src/rpc/server.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { NodeTally } from '../../src/telemetry/tally.js';

let folder: string;
let node: Host;
let tally: NodeTally;
let server: RpcServer;
let listener: RpcListener;
let good: RpcClient;
let sockets: Socket[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'swarmchart-hostile-'));
  node = await createNode();
  tally = new NodeTally(node);
  sockets = [];
  listener = await listenForRpc(folder, `/unix/${encodeURIComponent(join(folder, 'rpc.sock'))}`, (channel) =>
    server.accept(channel),
  );
  server = new RpcServer({ node, tally, clock: systemClock, limits: LIMITS, startedMs: 0 }, listener.isToken);
  good = new RpcClient((await connectToRpc(folder)).channel);
});
afterEach(async () => {
  // Whatever the others did, the good one is answered, and is the only one left.
  const answer = await good.call('id').catch((thrown: unknown) => thrown);
  const { clients } = server;
  good.close();
  for (const socket of sockets) socket.destroy();
  server.close();
  await listener.close();
  tally.stop();
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(answer).toMatchObject({ peerId: node.peerId });
  expect({ clients, actors: node.liveActors }).toEqual({ clients: 1, actors: 0 });
});

function hostile(): Socket {
  const socket = connect({ path: join(folder, 'rpc.sock') });
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('close', resolve));

test.each([1, 2, 3])('seed %i: noise, until a line is too long or it hangs up', async (seed) => {
  const random = new SeededRandom(seed);
  const socket = hostile();
  socket.resume();
  const gone = closed(socket);
  for (let index = 0; index < 64; index++) socket.write(random.bytes('noise', 4096));
  socket.end();
  await gone;
});

test('a line without end is cut off at its bound', async () => {
  const socket = hostile();
  const said: string[] = [];
  socket.on('data', (chunk) => said.push(String(chunk)));
  const gone = closed(socket);
  socket.write('x'.repeat(LIMITS.rpcRequestBytes + 1));
  await gone;
  expect(JSON.parse(said.join(''))).toMatchObject({ id: null, error: { code: 'ERR_RPC_TOO_LARGE' } });
});

test('one that asks and never reads is dropped, with no more kept for it than the bound', async () => {
  const socket = hostile();
  socket.pause();
  const asks = '{"id":1,"method":"id"}\n'.repeat(1000);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  while (server.clients < 2) await turn();
  while (server.clients > 1) {
    if (socket.writable) socket.write(asks);
    await turn();
  }
});

test('one that begins streams and goes leaves nothing behind', async () => {
  const socket = hostile();
  const answered = new Promise((resolve) => socket.once('data', resolve));
  for (let id = 0; id < LIMITS.rpcRequestsAtOnce; id++) socket.write(`{"id":${id},"method":"events"}\n`);
  socket.write('{"id":"last","method":"id"}\n');
  expect(JSON.parse(String(await answered))).toMatchObject({ id: 'last', error: { code: 'ERR_RPC_LIMIT' } });
  const gone = closed(socket);
  socket.destroy();
  await gone;
  while (server.clients > 1) await new Promise((resolve) => setImmediate(resolve));
});
