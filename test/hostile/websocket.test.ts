/** WebSocket peers that break its rules, or never finish asking: each is dropped by name, and the node serves on. */
import { connect, type Socket } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import type { ErrorCode } from '../../src/errors.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget } from '../support/hostile-target.js';
import { watchSockets } from '../support/open-sockets.js';

const LISTEN = { listen: ['/ip4/127.0.0.1/tcp/0/ws'] };
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** A socket that speaks no WebSocket of its own, and what came on it. */
async function raw(
  address: string,
): Promise<{ readonly socket: Socket; readonly text: () => string; readonly isOver: () => boolean }> {
  const [, , host = '', , port = '0'] = address.split('/');
  const socket = connect({ host, port: Number(port) });
  sockets.push(socket);
  let text = '';
  let over = false;
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (over = true));
  await eventually('connected', () => !socket.connecting);
  return { socket, text: () => text, isOver: () => over };
}

function request(headers: Readonly<Record<string, string>> = {}, line = 'GET / HTTP/1.1'): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${[line, ...lines].join('\r\n')}\r\n\r\n`;
}

/** A frame of a client, masked with zeros: the payload is what it is. */
function frame(first: number, payload: Uint8Array, length = payload.length): Buffer {
  const head = length < 126 ? Buffer.of(first, 0x80 | length) : Buffer.alloc(10);
  if (length >= 126) {
    head[0] = first;
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

async function upgraded(address: string) {
  const peer = await raw(address);
  peer.socket.write(request());
  await eventually('upgraded', () => peer.text().includes('\r\n\r\n'));
  expect(peer.text()).toMatch(/^HTTP\/1\.1 101 /);
  return peer;
}

const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;

describe('frames', () => {
  const cases: { name: string; frames: Buffer[]; code: ErrorCode }[] = [
    { name: 'text', frames: [frame(TEXT, Buffer.from('/multistream/1.0.0\n'))], code: 'ERR_WEBSOCKET_TEXT' },
    {
      name: 'an announced length over the limit',
      frames: [frame(BINARY, Buffer.alloc(0), 1001)],
      code: 'ERR_WEBSOCKET_TOO_LARGE',
    },
    {
      name: 'an announced length of 2^62',
      frames: [frame(BINARY, Buffer.alloc(0), 2 ** 62)],
      code: 'ERR_WEBSOCKET_TOO_LARGE',
    },
    {
      name: 'fragments that add up to more than the limit',
      frames: [frame(0x02, Buffer.alloc(600)), frame(0x00, Buffer.alloc(401))],
      code: 'ERR_WEBSOCKET_TOO_LARGE',
    },
    { name: 'a reserved bit', frames: [frame(0xc2, Buffer.alloc(1))], code: 'ERR_WEBSOCKET_BAD_FRAME' },
    { name: 'an opcode that is none', frames: [frame(0x83, Buffer.alloc(1))], code: 'ERR_WEBSOCKET_BAD_FRAME' },
    { name: 'a frame without a mask', frames: [Buffer.of(BINARY, 1, 0)], code: 'ERR_WEBSOCKET_BAD_FRAME' },
    { name: 'a continuation of nothing', frames: [frame(0x80, Buffer.alloc(1))], code: 'ERR_WEBSOCKET_BAD_FRAME' },
    { name: 'a ping of 126 bytes', frames: [frame(PING, Buffer.alloc(126))], code: 'ERR_WEBSOCKET_BAD_FRAME' },
  ];
  test.each(cases)('$name -> $code', async ({ frames, code }) => {
    const target = await startTarget({ ...LISTEN, limits: { websocketMessageBytes: 1000 } });
    const peer = await upgraded(target.address);
    for (const each of frames) peer.socket.write(each);
    const error = await expectFailure(target, {
      event: 'connection.failed',
      code,
      machine: 'connection',
      state: 'upgrading.negotiatingSecurity',
    });
    expect(error.message).toMatch(/^websocket: .*127\.0\.0\.1/);
    await eventually('dropped', peer.isOver);
  });

  test('a message at the limit passes: it is what it says that is wrong', async () => {
    const target = await startTarget({ ...LISTEN, limits: { websocketMessageBytes: 1000 } });
    const peer = await upgraded(target.address);
    peer.socket.write(frame(BINARY, Buffer.alloc(1000, 0xff)));
    await expectFailure(target, {
      event: 'connection.failed',
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
      machine: 'multistreamListener',
      state: 'awaitingHeader',
    });
  });

  test('pings are answered while they are read, and a peer that never reads the answers is dropped', async () => {
    const target = await startTarget({ ...LISTEN, limits: { websocketHighWaterBytes: 1000 } });
    const honest = await upgraded(target.address);
    honest.socket.write(frame(PING, Buffer.from('are you there')));
    await eventually('answered', () => honest.text().endsWith('are you there'));
    honest.socket.destroy();
    await eventually('told', () => target.events.length === 1);
    target.events.length = 0;

    const flooding = await upgraded(target.address);
    flooding.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame(PING, Buffer.alloc(125))));
    const flood = (): void => {
      while (!flooding.socket.destroyed && flooding.socket.write(pings));
    };
    flooding.socket.on('drain', flood);
    flood();
    await expectFailure(target, {
      event: 'connection.failed',
      code: 'ERR_OUTBOX_OVERFLOW',
      machine: 'connection',
      state: 'upgrading.negotiatingSecurity',
    });
    await expectStillServing(target);
  });

  test('a socket that goes without a Close frame was dropped', async () => {
    const target = await startTarget(LISTEN);
    const peer = await upgraded(target.address);
    peer.socket.end();
    const error = await expectFailure(target, {
      event: 'connection.failed',
      code: 'ERR_TRANSPORT_ENDED',
      machine: 'connection',
      state: 'upgrading.negotiatingSecurity',
    });
    expect(error.message).toContain('without a Close frame');
  });
});

describe('requests', () => {
  test.each([
    { name: 'no upgrade at all', sent: 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', answer: /^HTTP\/1\.1 426 / },
    { name: 'another protocol', sent: request({ Upgrade: 'h2c' }), answer: /^HTTP\/1\.1 400 / },
    { name: 'another version', sent: request({ 'Sec-WebSocket-Version': '7' }), answer: /^HTTP\/1\.1 400 / },
    { name: 'no key', sent: request({ 'Sec-WebSocket-Key': 'short' }), answer: /^HTTP\/1\.1 400 / },
    { name: 'another method', sent: request({}, 'POST / HTTP/1.1'), answer: /^HTTP\/1\.1 405 / },
    { name: 'a head beyond its bound', sent: request({ Cookie: 'x'.repeat(20_000) }), answer: /^HTTP\/1\.1 431 / },
    { name: 'bytes that are no HTTP', sent: '\x13/multistream/1.0.0\n', answer: /^HTTP\/1\.1 400 / },
  ])('$name is declined', async ({ sent, answer }) => {
    const target = await startTarget(LISTEN);
    const peer = await raw(target.address);
    peer.socket.write(sent);
    await eventually('answered', () => answer.test(peer.text()));
    await eventually('closed', peer.isOver);
    expect(target.events).toEqual([]);
    await expectStillServing(target);
  });

  test('of those that never finish asking, the one past the limit is dropped, and time ends the others', async () => {
    const target = await startTarget({ ...LISTEN, limits: { websocketUpgrades: 3, websocketUpgradeTimeoutMs: 500 } });
    const slow = [await raw(target.address), await raw(target.address), await raw(target.address)];
    slow[1]?.socket.write('GET / HTTP/1.1\r\nHost:');
    slow[2]?.socket.write(request().slice(0, -2));
    const refused = await raw(target.address);
    await eventually('the fourth is dropped', refused.isOver);
    expect(slow.map((peer) => peer.isOver())).toEqual([false, false, false]);
    // A byte now and then does not put the end off.
    const dripping = setInterval(() => slow[1]?.socket.write('x'), 20);
    await eventually('the others too', () => slow.every((peer) => peer.isOver()));
    clearInterval(dripping);
    await expectStillServing(target);
  });

  test('a thousand at once leave no more than the limit', async () => {
    const target = await startTarget({ ...LISTEN, limits: { websocketUpgrades: 50 } });
    const opened = watchSockets();
    const crowd = await Promise.all(Array.from({ length: 1000 }, () => raw(target.address)));
    await eventually('the others are dropped', () => crowd.filter((peer) => peer.isOver()).length === 950);
    for (const { socket } of crowd) socket.destroy();
    await eventually('room comes back', () => opened().length === 0);
    await expectStillServing(target);
  });

  test('upgraded and silent: the bound of upgrades holds there too', async () => {
    const target = await startTarget({ ...LISTEN, limits: { upgradesInProgress: 2, acceptQueue: 0 } });
    const silent = [await upgraded(target.address), await upgraded(target.address)];
    const refused = await raw(target.address);
    refused.socket.write(request());
    await eventually('the third is dropped', refused.isOver);
    expect(silent.map((peer) => peer.isOver())).toEqual([false, false]);
  });

  test('a node that stops does not wait for those that ask slowly', async () => {
    const node = await createNode(LISTEN);
    const peer = await raw(node.addresses[0] ?? '');
    peer.socket.write('GET /');
    await node.stop();
    await eventually('dropped', peer.isOver);
  });
});

describe('servers that are none', () => {
  const answers: { name: string; answer: (key: string) => string; code: ErrorCode }[] = [
    {
      name: 'a page',
      answer: () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
      code: 'ERR_WEBSOCKET_BAD_UPGRADE',
    },
    {
      name: 'another place',
      answer: () => 'HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n',
      code: 'ERR_WEBSOCKET_BAD_UPGRADE',
    },
    { name: 'multistream', answer: () => '\x13/multistream/1.0.0\n', code: 'ERR_WEBSOCKET_BAD_UPGRADE' },
    {
      name: 'an upgrade with another key',
      answer: () => `HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n`,
      code: 'ERR_WEBSOCKET_BAD_UPGRADE',
    },
    {
      name: 'an upgrade that compresses, unasked',
      answer: (key) =>
        `HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(key)}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
      code: 'ERR_WEBSOCKET_BAD_UPGRADE',
    },
    { name: 'nothing, and closes', answer: () => '', code: 'ERR_TRANSPORT_ENDED' },
  ];
  test.each(answers)('$name -> $code', async ({ answer, code }) => {
    const server = createServer();
    const answered = (key: string | undefined, socket: Duplex): void => void socket.end(answer(key ?? ''), 'latin1');
    server.on('upgrade', ({ headers }, socket) => answered(headers['sec-websocket-key'], socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const node = await createNode({ listen: [] });
    try {
      const address = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws`;
      await expect(node.dial(address)).rejects.toMatchObject({ code, blame: 'remote' });
    } finally {
      await node.stop();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(node.liveActors).toBe(0);
  });

  test('a server that never answers is given up', async () => {
    const server = createServer();
    const open: Duplex[] = [];
    server.on('upgrade', (_, socket) => open.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const node = await createNode({ listen: [], limits: { dialAddressTimeoutMs: 200 } });
    const address = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws`;
    await expect(node.dial(address)).rejects.toMatchObject({ code: 'ERR_DIAL_TIMEOUT' });
    await eventually('its socket is closed', () =>
      open.every(({ readableEnded, destroyed }) => readableEnded || destroyed),
    );
    await node.stop();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});

function accept(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
