/** Ends of the scripted hostile peer: bytes asked for by number, with a deadline, and the raw socket under them all. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { concat } from './decoding.js';

/** How long a test waits for what must come. */
export const DEADLINE_MS = 10_000;

/** Resolves with what `poll` answers as soon as it answers something; rejects with `what` when it never does. */
export async function eventually<Value>(what: string, poll: () => Value | undefined | false): Promise<Value> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = poll();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

interface Waiter {
  readonly size: number;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Bytes in, asked for by number, and bytes out. */
export abstract class BytePipe {
  #waiting: Uint8Array[] = [];
  #length = 0;
  #reader: Waiter | undefined;
  #over = false;

  /** Puts bytes on the way to the node. */
  abstract send(...pieces: readonly Uint8Array[]): void;

  /** Bytes that came and were not read. */
  get waitingBytes(): number {
    return this.#length;
  }

  /** The other side sends nothing more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** The next `size` bytes. */
  read(size: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${size} bytes did not come in time`)), DEADLINE_MS);
      this.#reader = {
        size,
        resolve: (bytes) => {
          clearTimeout(timer);
          resolve(bytes);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#serve();
    });
  }

  /** The next multistream line, without its newline. */
  async readLine(): Promise<string> {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const [byte = 0] = await this.read(1);
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return Buffer.from(await this.read(length))
      .toString('utf8')
      .trimEnd();
  }

  protected received(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    this.#serve();
  }

  protected ended(): void {
    this.#over = true;
    this.#serve();
  }

  #serve(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    if (this.#length >= reader.size) {
      const all = this.#waiting.length === 1 ? (this.#waiting[0] ?? concat()) : concat(...this.#waiting);
      const rest = all.subarray(reader.size);
      this.#waiting = rest.length === 0 ? [] : [rest];
      this.#length = rest.length;
      this.#reader = undefined;
      reader.resolve(all.subarray(0, reader.size));
    } else if (this.#over) {
      this.#reader = undefined;
      reader.reject(new Error(`closed with ${this.#length} of ${reader.size} bytes`));
    }
  }
}

/** A pipe as what it is; a test that has another one is wrong. */
export function as<Kind>(kind: abstract new (...given: never[]) => Kind, pipe: unknown): Kind {
  if (pipe instanceof kind) return pipe;
  throw new Error(`not a ${kind.name}`);
}

const sockets = new Set<Socket>();
const servers = new Set<Server>();

/** A raw TCP socket to or from the node under test. */
export class RawPeer extends BytePipe {
  readonly socket: Socket;
  /** Bytes that came in all. */
  receivedBytes = 0;

  constructor(socket: Socket) {
    super();
    this.socket = socket;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      this.received(new Uint8Array(chunk));
    });
    // A node that drops us is what many tests are about; the close tells.
    socket.on('error', () => undefined);
    socket.on('end', () => this.ended());
    socket.on('close', () => {
      sockets.delete(socket);
      this.ended();
    });
  }

  send(...pieces: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(concat(...pieces));
  }

  /** Closes our side. */
  end(): void {
    this.socket.end();
  }

  /** The node dropped this connection, and nothing else did. */
  async expectClosed(): Promise<void> {
    await eventually('the node closes the socket', () => this.isOver);
  }
}

/** Dials a node's TCP address. */
export function connectRaw(address: string): Promise<RawPeer> {
  const [, , host = '', , port = '0'] = address.split('/');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => resolve(new RawPeer(socket)));
    socket.once('error', reject);
  });
}

/** Listens for one connection of a node; what it dials, and the connection once it is there. */
export async function listenRaw(): Promise<{ readonly address: string; readonly peer: Promise<RawPeer> }> {
  let accept: (peer: RawPeer) => void;
  const peer = new Promise<RawPeer>((resolve) => (accept = resolve));
  const server = createServer((socket) => accept(new RawPeer(socket)));
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`, peer };
}

/** Closes what tests left open. */
export async function closeHostileSockets(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  const closing = [...servers].map((server) => new Promise((resolve) => server.close(resolve)));
  servers.clear();
  await Promise.all(closing);
}
