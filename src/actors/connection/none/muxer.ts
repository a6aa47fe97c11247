/**
 * The muxer slot left empty: the secure channel carries one stream, and is it. Nothing of it goes on the wire: behind
 * security the dialer proposes the stream's protocol at once. Both sides must be set so.
 *
 * The dialer may take the stream, the listener is offered it. Its end is the connection's end; a second stream with a peer
 * takes a second connection.
 */
import { NEVER, type Observable } from 'rxjs';
import { assert, EngineError, type StateStay } from '../../../errors.js';
import type { ConnectionMessage } from '../../../messages.js';
import type { MuxedStream } from '../../stream/muxed-stream.js';
import { SoleStream } from '../../stream/sole/stream.js';
import { connectionClosed } from '../failure.js';
import type { Muxer, MuxerOptions, MuxerProtocol } from '../muxer.js';
import { StreamPump } from '../pump.js';

/** No muxer. Its id never goes on the wire. */
export const noMuxer: MuxerProtocol = {
  id: 'none',
  isSilent: true,
  create: (options) => new NoMuxer(options),
};

/** One connection's only stream, in the place of a muxer. */
export class NoMuxer implements Muxer {
  readonly address: string;
  readonly layer = 'stream';
  readonly streams = new Map<number, MuxedStream>();
  readonly inbound$: Observable<ConnectionMessage> = NEVER;
  readonly #options: MuxerOptions;
  readonly #stream: SoleStream;
  readonly #pump: StreamPump;
  #isTaken: boolean;
  #isOver = false;

  constructor(options: MuxerOptions) {
    const { environment, connection, role, transport } = options;
    assert(transport !== undefined, `${connection} lends its transport to no muxer`);
    this.#options = options;
    // Only the dialer proposes: a listener's stream is the dialer's from the start.
    this.#isTaken = role === 'listener';
    this.#pump = new StreamPump(environment);
    this.#stream = new SoleStream(environment, connection, role === 'dialer' ? 'outbound' : 'inbound', {
      sendable: (stream) => this.#pump.add(stream),
      endTransport: () => transport.end(),
      dropTransport: (error) => {
        transport.reset();
        transport.fail(error);
      },
      holdTransport: (isHeld) => {
        if (isHeld) transport.pause();
        else transport.resume();
      },
      hold: (size) => this.#hold(size),
      ended: (error) => this.#ended(error),
    });
    this.address = this.#stream.address;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#stream.outbound$;
  }

  get stays(): readonly StateStay[] {
    return this.#stream.stays;
  }

  get state(): string {
    return this.#stream.state;
  }

  get sole(): { readonly isTaken: boolean; readonly isHalfOpen: boolean } {
    const isHalfOpen = this.#stream.isLive && this.#stream.isRemoteClosed;
    return { isTaken: this.#isTaken || this.#isOver, isHalfOpen };
  }

  start(): void {
    this.#stream.start();
    if (this.#options.role === 'dialer') return;
    // In a turn of its own: the connection is open by then.
    this.#options.environment.turns.post(() => {
      if (this.#isOver) return;
      const refused = this.#countIn();
      if (refused !== undefined) {
        this.#stream.resetFor(refused);
        return;
      }
      this.#use();
      this.#options.onStream(this.#stream);
    });
  }

  openStream(): MuxedStream {
    if (this.#isOver) throw new EngineError('ERR_CONNECTION_CLOSED', 'local', `${this.address} is closed`);
    if (this.#isTaken) {
      throw new EngineError('ERR_CONNECTION_TAKEN', 'local', `${this.address} is the only one, and in use`);
    }
    const refused = this.#countIn();
    if (refused !== undefined) throw refused;
    this.#isTaken = true;
    this.#use();
    return this.#stream;
  }

  /** There is nobody to tell it. */
  goAway(): void {}

  /** There is no ping: nobody is called back. */
  ping(): void {}

  dispose(error: EngineError = connectionClosed()): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // The peer must not take for an end what is none: of a stream in the middle, the transport is all that can say so.
    if (this.#stream.isLive) this.#options.transport?.reset();
    this.#stream.endSession(error);
  }

  send(): void {
    throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', `${this.address}: a stream sends for itself`);
  }

  receive(message: ConnectionMessage): void {
    if (this.#isOver) return;
    if (message.chunks.length > 0) this.#stream.receive(message);
    switch (message.event?.type) {
      case 'transport.congested':
        this.#pump.congested();
        return;
      case 'transport.drained':
        this.#pump.drained();
        return;
      case 'transport.ended':
        this.#stream.finish();
        return;
      case 'transport.failed':
        this.#stream.lose(message.error);
        return;
    }
  }

  #use(): void {
    this.streams.set(this.#stream.id, this.#stream);
    this.#stream.open();
  }

  #countIn(): EngineError | undefined {
    return this.#options.resources?.openStream(this.#stream.id, this.#stream.direction);
  }

  #hold(size: number): EngineError | undefined {
    const { resources } = this.#options;
    if (size >= 0) return resources?.reserve(this.#stream.id, size);
    resources?.release(this.#stream.id, -size);
    return undefined;
  }

  #ended(error: EngineError | undefined): void {
    this.#options.resources?.closeStream(this.#stream.id);
    this.streams.clear();
    this.#pump.clear();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnded(error);
  }
}
