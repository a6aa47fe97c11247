/**
 * The root actor of one connection: it owns transport, outbox, machine, chain of handlers and, once open, the muxer.
 * It is itself the outermost handler: chunks of the socket leave on `inbound$`, what is sent inside goes to the outbox.
 */
import type { Observable } from 'rxjs';
import type { EngineError, StateStay } from '../../errors.js';
import { connectionMachine, type ConnectionEffect } from '../../machines/connection.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../messages.js';
import type { TransportConnection, TransportEvents } from '../../ports.js';
import { ChainSubject } from '../chain-subject.js';
import type { Environment } from '../environment.js';
import type { ConnectionHandler } from '../handler.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { connectionClosed, connectionError, describeFailure, LAST_BYTES_KEPT, refusalOf } from './failure.js';
import { MergedStays } from './merged-stays.js';
import type { ConnectionOptions } from './connection-options.js';
import { ConnectionTransport, type Muxer } from './muxer.js';
import { Outbox } from './outbox.js';
import type { Role, Secured } from './security.js';
import { TransportTrace } from './transport-trace.js';
import { Upgrade } from './upgrade.js';

/** One connection. */
export class ConnectionActor implements ConnectionHandler, TransportEvents {
  readonly layer = 'transport';
  readonly address: string;
  readonly role: Role;
  readonly remoteAddress: string;
  readonly dial: string | undefined;
  /** When it was made, in milliseconds of the node's clock. */
  readonly createdAtMs: number;
  readonly #environment: Environment;
  readonly #options: ConnectionOptions;
  readonly #inbound = new ChainSubject<ConnectionMessage>();
  readonly #outbound = new ChainSubject<ConnectionMessage>();
  readonly #machine: MachineActor<typeof connectionMachine>;
  readonly #outbox: Outbox;
  readonly #trace: TransportTrace;
  #upgrade: Upgrade | undefined;
  #transport: TransportConnection | undefined;
  #transportGone = false;
  #muxer: Muxer | undefined;
  #secured: Secured | undefined;
  /** Of the chain that was, once it is taken apart. */
  #stays: readonly (readonly StateStay[])[] = [];
  readonly #told = new MergedStays();
  #lastBytes: Uint8Array = new Uint8Array(0);
  #error: EngineError | undefined;
  #closed = false;
  #cancelDial: (() => void) | undefined;
  readonly #traffic = { bytesIn: 0, bytesOut: 0 };

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.address = options.address;
    this.#trace = new TransportTrace(options.environment, options.address);
    this.role = options.role;
    this.remoteAddress = options.remoteAddress;
    this.dial = options.dial;
    this.createdAtMs = options.environment.turns.nowMs;
    const outbox = {
      write: (chunks: readonly Uint8Array[]) => this.#write(chunks),
      congested: () => this.#tell({ type: 'transport.congested' }),
      relieved: () => this.#tell({ type: 'transport.drained' }),
      failed: (error: EngineError) => this.#fail(error),
    };
    this.#outbox = new Outbox(this.#environment, outbox, options.resources);
    this.#upgrade = new Upgrade({
      environment: this.#environment,
      connection: this,
      identity: options.identity,
      role: options.role,
      expectedPeer: options.expectedPeer,
      security: options.security,
      muxers: options.muxers,
      lazy: options.lazy,
      resources: options.resources,
      transport: new ConnectionTransport({
        transport: () => this.#transport,
        end: () => this.#perform({ type: 'end.transport' }),
        fail: (error) => this.#fail(error),
      }),
      onSelected: (protocol) => this.#machine.send({ type: 'multistream.selected', protocol }),
      onSecured: (secured, muxer) => {
        this.#secured = secured;
        const refused = refusalOf(this, secured, options);
        if (refused !== undefined) this.#fail(refused);
        else this.#machine.send({ type: 'security.secured', muxer });
      },
      onStream: (stream) => options.onStream(this, stream),
      onMuxerEnded: (error) => this.#muxerEnded(error),
      onFailed: (error, farewell) => this.#fail(error, farewell),
    });
    const { dialAddressTimeoutMs: connectTimeoutMs, upgradeTimeoutMs, closeTimeoutMs } = this.#environment.limits;
    this.#machine = spawnMachine(this.#environment, connectionMachine, {
      address: this.address,
      input: { connectTimeoutMs, upgradeTimeoutMs, closeTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  /** What went to the transport, for taps: the connection is the outermost handler. */
  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  /** Which way it was made. */
  get direction(): Direction {
    return this.role === 'dialer' ? 'outbound' : 'inbound';
  }

  /** What the handshake proved, once secured. */
  get secured(): Secured | undefined {
    return this.#secured;
  }

  /** The agreed security protocol id, once agreed. */
  get security(): string | undefined {
    return this.#machine.context.security;
  }

  /** The agreed muxer id, once agreed. */
  get muxerProtocol(): string | undefined {
    return this.#machine.context.muxer;
  }

  get muxer(): Muxer | undefined {
    return this.#muxer;
  }

  /** Dotted state of the connection machine. */
  get state(): string {
    return this.#machine.state;
  }

  get isOpen(): boolean {
    return this.#machine.state === 'open' && !this.#closed;
  }

  /** Why it ended, if it did not end well. */
  get error(): EngineError | undefined {
    return this.#error;
  }

  /** Bytes read from and given to the transport. */
  get traffic(): { readonly bytesIn: number; readonly bytesOut: number } {
    return { ...this.#traffic };
  }

  /** Every stay of every machine on the way, oldest first. */
  get stays(): readonly StateStay[] {
    return this.#told.of([this.#machine.stays, ...(this.#upgrade?.stays ?? this.#stays)]);
  }

  /** Begins: the dialer before its transport is connected, so that connecting is a state like the others. */
  start(cancelDial?: () => void): void {
    this.#cancelDial = cancelDial;
    this.#machine.start();
  }

  /** Hands over the connected transport. */
  attach(transport: TransportConnection): void {
    this.#cancelDial = undefined;
    if (this.#closed) {
      transport.destroy();
      return;
    }
    this.#transport = transport;
    this.#trace.opened(this.role, transport);
    transport.open(this);
    this.#machine.send({ type: 'transport.connected' });
  }

  /** Identify has named the other end where nobody had. Answers the refusal that it would have met once secured: it ends. */
  named(): EngineError | undefined {
    const refused = this.#secured && refusalOf(this, this.#secured, this.#options);
    if (refused !== undefined) this.#fail(refused);
    return refused;
  }

  /** The transport could not connect. */
  connectFailed(error: EngineError): void {
    this.#fail(error);
  }

  /** Closes in order: streams are reset, the outbox is flushed, the transport ended. */
  close(): void {
    if (!this.#closed) this.#machine.send({ type: 'local.close' });
  }

  /** Takes chunks from the layer inside and queues them for the transport. */
  send(message: ConnectionMessage): void {
    if (!this.#closed && message.length > 0) this.#outbox.push(message.chunks);
  }

  /** Nothing is outside of it but the transport port. */
  receive(message: ConnectionMessage): void {
    this.#inbound.next(message);
  }

  // ------------------------------------------------------------ transport events: each one is a turn

  onChunk(chunk: Uint8Array): void {
    this.onChunks([chunk]);
  }

  onChunks(chunks: readonly Uint8Array[]): void {
    this.#environment.turns.post(() => chunks.forEach((chunk) => this.#take(chunk)));
  }

  onDrained(): void {
    this.#environment.turns.post(() => {
      if (this.#closed) return;
      this.#trace.drained();
      this.#outbox.drained();
    });
  }

  onEnded(): void {
    this.#environment.turns.post(() => {
      if (this.#closed) return;
      this.#trace.ended();
      this.#tell({ type: 'transport.ended' });
      if (!this.#closed && this.#muxer?.sole?.isHalfOpen !== true) this.#machine.send({ type: 'transport.ended' });
    });
  }

  onClosed(error?: EngineError): void {
    this.#environment.turns.post(() => {
      this.#transportGone = true;
      if (this.#closed) return;
      this.#trace.closed(error);
      if (error !== undefined && this.#machine.state !== 'draining') this.#fail(error);
      else this.#machine.send({ type: 'transport.closed' });
    });
  }

  // ------------------------------------------------------------ effects

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'negotiate.security':
        this.#upgrade?.negotiateSecurity();
        return;
      case 'start.security':
        this.#upgrade?.startSecurity(effect.protocol);
        return;
      case 'negotiate.muxer':
        this.#upgrade?.negotiateMuxer();
        return;
      case 'install.muxer':
        this.#muxer = this.#upgrade?.installMuxer(effect.protocol);
        return;
      case 'report.open':
        this.#options.onOpen(this);
        return;
      case 'close.muxer':
        this.#muxer?.goAway();
        this.#muxer?.dispose();
        return;
      case 'end.transport':
        this.#upgrade?.closeSecurity();
        // Later in this turn: the muxer's farewell is sealed and written first.
        this.#environment.turns.flushLater('publish', () => this.#outbox.whenEmpty(() => this.#transport?.end()));
        return;
      case 'report.closed':
        this.#end(this.#error);
        return;
      case 'report.failed':
        this.#end(this.#error ?? this.#describe(connectionError(effect.code, this.#machine, this.#environment.limits)));
        return;
      default:
        effect satisfies never;
    }
  }

  #muxerEnded(error?: EngineError): void {
    // The farewell that names the fault (go-away) is in the outbox: drain it instead of dropping the socket.
    if (error !== undefined) this.#error = this.#describe(error);
    this.#machine.send({ type: 'muxer.ended' });
  }

  /** A layer failed: the machine goes to its end, which reports this error. */
  #fail(error: EngineError, farewell?: readonly Uint8Array[]): void {
    if (this.#closed) return;
    this.#error ??= this.#describe(error);
    if (farewell !== undefined) this.#outbox.writeLast(farewell);
    this.#machine.send({ type: 'layer.failed', code: error.code });
  }

  /** Adds what the connection knows: timeline, peer, address, last bytes. */
  #describe(error: EngineError): EngineError {
    return describeFailure(error, {
      machine: this.#machine,
      stays: this.stays,
      address: this.remoteAddress,
      peer: this.#secured?.remotePeer ?? this.#options.expectedPeer,
      lastBytes: this.#lastBytes,
    });
  }

  #end(error: EngineError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#cancelDial?.();
    this.#stays = this.#upgrade?.stays ?? [];
    this.#muxer?.dispose(error ?? connectionClosed());
    this.#upgrade?.dispose();
    this.#upgrade = undefined;
    this.#outbox.close(error?.blame === 'remote'); // what names the peer's fault still leaves: a `na`, an alert
    this.#machine.stop();
    if (!this.#transportGone) this.#transport?.destroy();
    this.#inbound.complete();
    this.#outbound.complete();
    this.#options.onClosed(this, error);
  }

  #write(chunks: readonly Uint8Array[]): boolean {
    if (this.#transport === undefined || this.#transportGone) return true;
    for (const chunk of chunks) this.#traffic.bytesOut += chunk.length;
    this.#outbound.next(this.#message('outbound', chunks));
    const hasRoom = this.#transport.write(chunks);
    this.#trace.sent(chunks, hasRoom);
    return hasRoom;
  }

  #take(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#traffic.bytesIn += chunk.length;
    this.#lastBytes = chunk.slice(0, LAST_BYTES_KEPT); // a copy: an idle connection need not keep 64 KiB
    this.#trace.received(chunk);
    this.#inbound.next(this.#message('inbound', [chunk]));
  }

  #tell(event: MessageEvent): void {
    this.#inbound.next(this.#message('inbound', [], event));
  }

  #message(direction: Direction, chunks: readonly Uint8Array[], event?: MessageEvent): ConnectionMessage {
    return this.#environment.message({ direction, layer: 'transport', connection: this.address, chunks, event });
  }
}
