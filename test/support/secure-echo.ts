/**
 * A node of ours that speaks TCP, multistream and one security protocol, and no muxer: inside the secure channel the
 * listener sends back what it reads, as the peers do in their `--raw-secio` mode. Everything below the echo is the
 * engine's own chain on real sockets.
 */
import { Subject } from 'rxjs';
import { ConnectionActor } from '../../src/actors/connection/connection-actor.js';
import type { Muxer, MuxerOptions, MuxerProtocol } from '../../src/actors/connection/muxer.js';
import type { Identity, Role, Secured, SecurityProtocol } from '../../src/actors/connection/security.js';
import { Environment } from '../../src/actors/environment.js';
import { EngineError } from '../../src/errors.js';
import type { ConnectionMessage } from '../../src/messages.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { tcpTransport } from '../../src/platform/tcp-transport.js';
import type { TransportListener } from '../../src/ports.js';
import { joinPeerAddress, splitPeerAddress } from '../../src/wire/multiaddr.js';

/** What {@link SecureEcho} is made of. */
export interface SecureEchoOptions {
  readonly identity: Identity;
  readonly security: SecurityProtocol;
}

/** One dialed channel. */
export interface EchoChannel {
  readonly secured: Secured;
  /** Sends the bytes and resolves with as many as came back. Rejects when the connection ends before. */
  echo(bytes: Uint8Array): Promise<Uint8Array>;
  close(): void;
}

/** The node. */
export class SecureEcho {
  readonly environment: Environment;
  readonly #options: SecureEchoOptions;
  /** What each finished inbound handshake agreed, in order. */
  readonly inboundSecured: Secured[] = [];
  /** Why inbound connections ended, those that did not end well. */
  readonly inboundFailed: EngineError[] = [];
  readonly broken: EngineError[] = [];
  readonly #connections = new Set<ConnectionActor>();
  #listener: TransportListener | undefined;
  #counter = 0;
  #idle: (() => void) | undefined;

  constructor(options: SecureEchoOptions) {
    this.#options = options;
    this.environment = new Environment({
      clock: systemClock,
      random: systemRandom,
      ciphers: nodeCiphers,
      limits: {},
      onBroken: (error) => this.broken.push(error),
    });
  }

  /** Listens on loopback; answers the full address. */
  async listen(): Promise<string> {
    this.#listener = await new Promise<TransportListener>((resolve, reject) => {
      tcpTransport.listen(
        '/ip4/127.0.0.1/tcp/0',
        (transport) =>
          this.environment.turns.post(() => {
            const connection = this.#connect('listener', transport.remoteAddress, undefined, {
              onOpen: (secured) => this.inboundSecured.push(secured),
              onClosed: (error) => error && this.inboundFailed.push(error),
            });
            connection.start();
            connection.attach(transport);
          }),
        resolve,
        reject,
      );
    });
    return joinPeerAddress(this.#listener.addresses[0] ?? '', this.#options.identity.peerId);
  }

  /** Dials a full address. Rejects with the failure of the connection. */
  dial(address: string): Promise<EchoChannel> {
    const { transport: plain, peer } = splitPeerAddress(address);
    return new Promise((resolve, reject) => {
      this.environment.turns.post(() => {
        let channel: RawMuxer | undefined;
        const connection = this.#connect('dialer', plain, peer, {
          onOpen: (secured, muxer) => {
            channel = muxer;
            resolve({
              secured,
              echo: (bytes) => muxer.echo(bytes),
              close: () => this.environment.turns.post(() => connection.close()),
            });
          },
          onClosed: (error) => {
            const why = error ?? new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'the connection was closed');
            channel?.ended(why);
            reject(why);
          },
        });
        connection.start(
          tcpTransport.dial(
            plain,
            (raw) => this.environment.turns.post(() => connection.attach(raw)),
            (error) => this.environment.turns.post(() => connection.connectFailed(error)),
          ),
        );
      });
    });
  }

  /** Closes everything; resolves when all of it is gone. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    const freed = listener && new Promise<void>((resolve) => listener.close(resolve));
    await new Promise<void>((resolve) => {
      this.environment.turns.post(() => {
        this.#idle = resolve;
        for (const connection of [...this.#connections]) connection.close();
        if (this.#connections.size === 0) resolve();
      });
    });
    await freed;
  }

  #connect(
    role: Role,
    remoteAddress: string,
    expectedPeer: string | undefined,
    tell: {
      readonly onOpen: (secured: Secured, muxer: RawMuxer) => void;
      readonly onClosed: (error: EngineError | undefined) => void;
    },
  ): ConnectionActor {
    const { identity, security } = this.#options;
    const connection = new ConnectionActor({
      environment: this.environment,
      address: `conn:${++this.#counter}`,
      role,
      identity,
      security: [withoutMuxer(security)],
      muxers: [rawProtocol],
      expectedPeer,
      remoteAddress,
      onOpen: ({ secured, muxer }) => {
        if (secured !== undefined && muxer instanceof RawMuxer) tell.onOpen(secured, muxer);
      },
      onStream: () => undefined,
      onClosed: (_, error) => {
        this.#connections.delete(connection);
        tell.onClosed(error);
        if (this.#connections.size === 0) this.#idle?.();
      },
    });
    this.#connections.add(connection);
    return connection;
  }
}

const RAW = 'raw';

/** Says that the muxer was agreed already: the bytes of the channel then go to {@link RawMuxer} as they are. */
function withoutMuxer(security: SecurityProtocol): SecurityProtocol {
  return {
    id: security.id,
    create: (options) =>
      security.create({ ...options, onSecured: (secured) => options.onSecured({ ...secured, muxer: RAW }) }),
  };
}

const rawProtocol: MuxerProtocol = { id: RAW, create: (options) => new RawMuxer(options) };

/** In the muxer's slot: a listener sends back what it hears, a dialer keeps it for who asked. */
class RawMuxer implements Muxer {
  readonly layer = 'yamux';
  readonly address: string;
  readonly inbound$ = new Subject<ConnectionMessage>();
  readonly outbound$ = new Subject<ConnectionMessage>();
  readonly streams = new Map<never, never>();
  readonly stays = [];
  readonly state = 'open';
  readonly #options: MuxerOptions;
  #heard: Uint8Array[] = [];
  #awaited: { readonly size: number; resolve(bytes: Uint8Array): void; reject(error: EngineError): void } | undefined;

  constructor(options: MuxerOptions) {
    this.#options = options;
    this.address = `${options.connection}/raw`;
  }

  echo(bytes: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#heard = [];
      this.#awaited = { size: bytes.length, resolve, reject };
      this.#options.environment.turns.post(() => this.#say([bytes]));
    });
  }

  ended(error: EngineError): void {
    this.#awaited?.reject(error);
  }

  receive(message: ConnectionMessage): void {
    if (this.#options.role === 'listener') {
      if (message.length > 0) this.#say(message.chunks);
      return;
    }
    this.#heard.push(...message.chunks);
    const heard = this.#heard.reduce((sum, chunk) => sum + chunk.length, 0);
    if (this.#awaited === undefined || heard < this.#awaited.size) return;
    this.#awaited.resolve(new Uint8Array(Buffer.concat(this.#heard)));
    this.#awaited = undefined;
  }

  send(): void {
    throw new Error('nothing is inside of the raw channel');
  }

  openStream(): never {
    throw new Error('the raw channel has no streams');
  }

  start(): void {
    // Nothing to keep alive.
  }

  goAway(): void {
    // No farewell: the socket's end says it.
  }

  ping(): void {
    throw new Error('the raw channel has no ping');
  }

  dispose(error?: EngineError): void {
    if (error !== undefined) this.ended(error);
    this.outbound$.complete();
  }

  #say(chunks: readonly Uint8Array[]): void {
    const { environment, connection } = this.#options;
    this.outbound$.next(environment.message({ direction: 'outbound', layer: 'yamux', connection, chunks }));
  }
}
