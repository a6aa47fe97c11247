/** What hostile tests are judged by when they end: sockets that they left open, and no others. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from './hostile-pipe.js';
import { startTarget } from './hostile-target.js';
import { watchSockets } from './open-sockets.js';

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.resume().end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const closed = (closing: Server | Socket): Promise<void> =>
  new Promise((resolve) => void closing.once('close', () => resolve()));

async function close(server: Server): Promise<void> {
  const ended = closed(server);
  server.close();
  await ended;
}

describe('what was opened since', () => {
  test('a server and both ends of a connection, until they are closed', async () => {
    const opened = watchSockets();
    expect(opened()).toHaveLength(0);
    const server = await listening();
    expect(opened().includes(server)).toBe(true);
    const accepting = new Promise<object>((resolve) => void server.once('connection', resolve));
    const socket = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1' });
    expect(opened().includes(socket)).toBe(true);
    const accepted = await accepting;
    expect(opened().includes(accepted)).toBe(true);
    expect(opened()).toHaveLength(3);
    const ended = closed(socket);
    socket.destroy();
    await ended;
    await close(server);
    await eventually('all are gone', () => opened().length === 0);
  });

  test.each(['stays', 'goes'])('nothing of what was open before, whether it %s', async (does) => {
    const before = await listening();
    const opened = watchSockets();
    if (does === 'goes') await close(before);
    expect(opened()).toHaveLength(0);
    const another = await listening();
    expect(opened().includes(another)).toBe(true);
    expect(opened()).toHaveLength(1);
    await close(another);
    if (does === 'stays') await close(before);
    await eventually('the other is gone', () => opened().length === 0);
  });
});

describe('a test with a node under attack', () => {
  let left: Server;

  // Before the hostile tests' own hook looks at what is open, as the test file before this one may leave it.
  beforeAll(async () => {
    left = await listening();
  });

  test('may see the end of what an earlier one has left', async () => {
    await startTarget();
    await close(left);
  });
});
