/**
 * Where the RPC of a daemon is found: a Unix domain socket in its repo, or TCP on loopback with a token.
 *
 *   rpc.sock      the socket; its mode (0600) says who may connect
 *   rpc.address   where the daemon listens, if not at rpc.sock
 *   rpc.token     what a client on TCP has to show; readable by its owner only
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { lstat, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { tcpAddressOf } from '../wire/multiaddr.js';
import { unixMultiaddr, unixPathOf } from '../wire/transport-address.js';

/** One connection, as `rpc/channel.ts` wants it. */
export interface SocketChannel {
  readonly queuedBytes: number;
  write(text: string): void;
  end(): void;
  destroy(): void;
  listen(events: { readonly data: (chunk: Uint8Array) => void; readonly closed: () => void }): void;
}

/** A place that is listened on. */
export interface RpcListener {
  /** As a multiaddr. */
  readonly address: string;
  /** Whether a token is the right one; absent for a socket in the file system. */
  readonly isToken: ((token: string) => boolean) | undefined;
  close(): Promise<void>;
}

const SOCKET = 'rpc.sock';
const ADDRESS = 'rpc.address';
const TOKEN = 'rpc.token';
const OWNER_ONLY = 0o600;

/** Where the daemon of a repo listens by default. */
export function defaultRpcAddress(repo: string): string {
  return unixMultiaddr(resolve(repo, SOCKET));
}

/** Whether the system would cut the path of `address` off. */
export function isTooLongForSocket(address: string): boolean {
  return Buffer.byteLength(unixPathOf(address) ?? '') > LIMITS.unixPathBytes;
}

/**
 * Listens at `address`. A socket that a dead daemon left is replaced. Rejects with `ERR_LISTEN_FAILED`, naming a live
 * one, or `ERR_INVALID_ARGUMENT` for what is neither a path nor loopback.
 */
export async function listenForRpc(
  repo: string,
  address: string,
  onChannel: (channel: SocketChannel) => void,
): Promise<RpcListener> {
  const server = createServer((socket) => onChannel(channelOf(socket)));
  const path = unixPathOf(address);
  if (path !== undefined) {
    if (isTooLongForSocket(address)) throw invalid(`${address} is longer than a socket's path may be`);
    await listenOnPath(server, path);
    if (address !== defaultRpcAddress(repo)) await writeOwn(join(repo, ADDRESS), address);
    return { address, isToken: undefined, close: () => closed(server, [join(repo, ADDRESS)]) };
  }
  const endpoint = loopbackOf(address);
  await listening(server, () => server.listen(endpoint), address);
  const bound = server.address();
  const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
  const at = `/${endpoint.host.includes(':') ? 'ip6' : 'ip4'}/${endpoint.host}/tcp/${port}`;
  const token = randomBytes(32).toString('hex');
  const left = [join(repo, TOKEN), join(repo, ADDRESS)];
  try {
    await writeOwn(join(repo, TOKEN), token);
    await writeOwn(join(repo, ADDRESS), at);
  } catch (thrown) {
    await closed(server, left);
    throw thrown;
  }
  const wanted = digestOf(token);
  const isToken = (shown: string): boolean => timingSafeEqual(digestOf(shown), wanted);
  return { address: at, isToken, close: () => closed(server, left) };
}

/** Connects with the daemon of `repo`, or the one at `address`. Rejects with `ERR_RPC_NO_DAEMON`, saying where it looked. */
export async function connectToRpc(
  repo: string,
  address?: string,
): Promise<{ readonly channel: SocketChannel; readonly token: string | undefined }> {
  const told = address ?? (await textOf(join(repo, ADDRESS))) ?? defaultRpcAddress(repo);
  const path = unixPathOf(told);
  const where = path === undefined ? loopbackOf(told) : { path };
  const channel = await new Promise<SocketChannel>((resolveWith, reject) => {
    const socket = connect(where);
    const failed = (cause?: Error): void => {
      socket.destroy();
      reject(new EngineError('ERR_RPC_NO_DAEMON', 'local', `no daemon answers at ${told}`, { cause }));
    };
    socket.setTimeout(LIMITS.rpcConnectTimeoutMs, failed);
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', failed);
      resolveWith(channelOf(socket));
    });
  });
  return { channel, token: path === undefined ? await textOf(join(repo, TOKEN)) : undefined };
}

function channelOf(socket: Socket): SocketChannel {
  socket.on('error', () => undefined);
  return {
    get queuedBytes() {
      return socket.writableLength;
    },
    write: (text) => void socket.write(text),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    listen: ({ data, closed: onClosed }) => {
      socket.on('data', data);
      socket.once('close', onClosed);
    },
  };
}

async function listenOnPath(server: Server, path: string): Promise<void> {
  const begin = (): void => {
    // The file is made inside the call: it never has another mode than this one.
    const before = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  };
  try {
    await listening(server, begin, path);
  } catch (thrown) {
    if (!(await isStale(path))) throw thrown;
    await rm(path, { force: true });
    await listening(server, begin, path);
  }
  chmodSync(path, OWNER_ONLY);
}

/** Whether `path` is a socket that nobody listens on any more. */
async function isStale(path: string): Promise<boolean> {
  const isSocket = await lstat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
  if (!isSocket) return false;
  return new Promise((resolveWith) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolveWith(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolveWith(error.code === 'ECONNREFUSED'));
  });
}

function listening(server: Server, begin: () => void, where: string): Promise<void> {
  return new Promise((resolveWith, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      server.off('listening', listened);
      const why = cause.code === 'EADDRINUSE' ? 'it is taken, and what has it is alive' : cause.message;
      reject(new EngineError('ERR_LISTEN_FAILED', 'local', `rpc: cannot listen on ${where}: ${why}`, { cause }));
    };
    const listened = (): void => {
      server.off('error', failed);
      // Running out of file descriptors shows up here; the server goes on when some are free again.
      server.on('error', () => undefined);
      resolveWith();
    };
    server.once('error', failed);
    server.once('listening', listened);
    begin();
  });
}

function closed(server: Server, left: readonly string[]): Promise<void> {
  return new Promise((resolveWith) => {
    server.close(() => {
      void Promise.all(left.map((file) => rm(file, { force: true }).catch(() => undefined))).then(() => resolveWith());
    });
  });
}

/** Host and port of a loopback address. Throws `ERR_INVALID_ARGUMENT`. */
export function loopbackOf(address: string): { readonly host: string; readonly port: number } {
  const endpoint = tcpAddressOf(address);
  if (endpoint === undefined || !(endpoint.host === '::1' || endpoint.host.startsWith('127.'))) {
    throw invalid(`${address} is not on loopback: use /ip4/127.0.0.1/tcp/PORT, /ip6/::1/tcp/PORT or /unix/PATH`);
  }
  return { host: endpoint.host, port: endpoint.port };
}

/** Written anew, so that a file that was there lends it no mode. */
async function writeOwn(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, `${text}\n`, { mode: OWNER_ONLY, flag: 'wx' });
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function invalid(message: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}
