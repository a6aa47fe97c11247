/** The places where a daemon's RPC is found: modes, tokens, and what dead and live daemons leave there. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectToRpc,
  defaultRpcAddress,
  isTooLongForSocket,
  listenForRpc,
  loopbackOf,
  type RpcListener,
} from '../../src/platform/rpc-socket.js';
import { RpcClient } from '../../src/rpc/client.js';

let repo: string;
let open: RpcListener[];
beforeEach(() => {
  repo = mkdtempSync(join(tmpdir(), 'swarmchart-rpc-'));
  open = [];
});
afterEach(async () => {
  for (const listener of open) await listener.close();
  rmSync(repo, { recursive: true, force: true });
});

async function listen(address: string, answer = '{"id":1,"result":"pong"}\n'): Promise<RpcListener> {
  const listener = await listenForRpc(repo, address, (channel) => {
    channel.listen({ data: () => channel.write(answer), closed: () => undefined });
  });
  open.push(listener);
  return listener;
}

const modeOf = (name: string): number => statSync(join(repo, name)).mode & 0o777;

describe('a socket in the repo', () => {
  test('is its owner’s alone, is found by the repo, and is gone with the daemon', async () => {
    const listener = await listen(defaultRpcAddress(repo));
    expect(modeOf('rpc.sock')).toBe(0o600);
    const { channel, token } = await connectToRpc(repo);
    expect(token).toBeUndefined();
    const client = new RpcClient(channel);
    expect(await client.call('ping')).toBe('pong');
    client.close();
    await listener.close();
    open = [];
    expect(existsSync(join(repo, 'rpc.sock'))).toBe(false);
    await expect(connectToRpc(repo)).rejects.toMatchObject({ code: 'ERR_RPC_NO_DAEMON' });
  });

  test('that a dead daemon left is replaced; a live one is named; another file is left alone', async () => {
    const path = join(repo, 'rpc.sock');
    const listenAndDie = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', listenAndDie]);
    expect(existsSync(path)).toBe(true);
    await listen(defaultRpcAddress(repo));
    await expect(listenForRpc(repo, defaultRpcAddress(repo), () => undefined)).rejects.toMatchObject({
      code: 'ERR_LISTEN_FAILED',
      message: `rpc: cannot listen on ${path}: it is taken, and what has it is alive`,
    });
    const { channel } = await connectToRpc(repo);
    channel.destroy();
    for (const listener of open) await listener.close();
    open = [];
    writeFileSync(path, 'precious');
    await expect(listenForRpc(repo, defaultRpcAddress(repo), () => undefined)).rejects.toMatchObject({
      code: 'ERR_LISTEN_FAILED',
    });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test('has a path of bounded length', () => {
    const address = (bytes: number): string => `/unix/${encodeURIComponent(`/${'x'.repeat(bytes - 1)}`)}`;
    expect([isTooLongForSocket(address(103)), isTooLongForSocket(address(104))]).toEqual([false, true]);
  });
});

describe('TCP on loopback', () => {
  test('has a token in a file of its owner’s, a new one each time, and is found by the repo', async () => {
    writeFileSync(join(repo, 'rpc.token'), 'old', { mode: 0o644 });
    const { address, isToken } = await listen('/ip4/127.0.0.1/tcp/0');
    expect(address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*$/);
    expect([modeOf('rpc.token'), modeOf('rpc.address')]).toEqual([0o600, 0o600]);
    const { channel, token = '' } = await connectToRpc(repo);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect([isToken?.(token), isToken?.('old'), isToken?.(''), isToken?.(`${token}0`)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    channel.destroy();
    for (const listener of open) await listener.close();
    open = [];
    expect([existsSync(join(repo, 'rpc.token')), existsSync(join(repo, 'rpc.address'))]).toEqual([false, false]);
  });

  test.each([
    '/ip4/0.0.0.0/tcp/5001',
    '/ip4/10.0.0.1/tcp/5001',
    '/dns4/localhost/tcp/1',
    '/ip4/127.0.0.1/tcp/1/ws',
    'x',
  ])('%s is not taken', (address) => {
    expect(() => loopbackOf(address)).toThrow('is not on loopback');
  });
});

describe('a client', () => {
  test.each([
    ['nonsense', 'hello\n', 'ERR_RPC_BAD_ANSWER'],
    ['another shape', '{"id":1,"error":"no"}\n', 'ERR_RPC_BAD_ANSWER'],
    [
      'a refusal of the connection',
      '{"id":null,"error":{"code":"ERR_RPC_LIMIT","message":"full","blame":"local"}}\n',
      'ERR_RPC_LIMIT',
    ],
    ['an error that it does not know', '{"id":1,"error":{"code":"ERR_NEW","message":"new"}}\n', 'ERR_RPC_BAD_ANSWER'],
    ['a line without end', 'x'.repeat(4 * 1024 * 1024 + 1), 'ERR_RPC_TOO_LARGE'],
  ])('that hears %s says so', async (_, answer, code) => {
    await listen(defaultRpcAddress(repo), answer);
    const { channel } = await connectToRpc(repo);
    const client = new RpcClient(channel);
    await expect(client.call('id')).rejects.toMatchObject({ code });
    channel.destroy();
  });

  test('whose daemon goes away says so, for this call and the next', async () => {
    const listener = await listenForRpc(repo, defaultRpcAddress(repo), (channel) => {
      channel.listen({ data: () => channel.destroy(), closed: () => undefined });
    });
    open.push(listener);
    const { channel } = await connectToRpc(repo);
    const client = new RpcClient(channel);
    await expect(client.call('id')).rejects.toMatchObject({ code: 'ERR_RPC_CLOSED' });
    await expect(client.call('id')).rejects.toMatchObject({ code: 'ERR_RPC_CLOSED' });
  });
});
