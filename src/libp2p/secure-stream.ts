/**
 * A secured stream for js-libp2p: a security handler of ours between a stream of js-libp2p below and one above. Above, it
 * is the innermost handler of the chain: plaintext that the handler publishes becomes `message` events, what js-libp2p
 * sends is handed to the handler.
 */
import type { AbortOptions, MessageStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { AbstractMessageStream, type SendResult } from '@libp2p/utils';
import { NEVER, type Subscription } from 'rxjs';
import type { Uint8ArrayList } from 'uint8arraylist';
import type { Secured, SecurityHandler, SecurityOptions, SecurityProtocol } from '../actors/connection/security.js';
import type { Environment } from '../actors/environment.js';
import { link, type ConnectionHandler } from '../actors/handler.js';
import { EngineError } from '../errors.js';
import type { ConnectionMessage } from '../messages.js';
import { toLibp2pError } from './errors.js';
import { chunksOf, joined, OuterStream, passing } from './outer-stream.js';
import { untilStream } from './wait.js';

/** What a secured stream is made of. */
export type SecureStreamOptions = Pick<
  SecurityOptions,
  'environment' | 'connection' | 'role' | 'identity' | 'expectedPeer' | 'muxers'
> & {
  readonly protocol: SecurityProtocol;
  readonly stream: MessageStream;
  /** The handshake is done: this stream may be used. */
  onSecured(secured: Secured): void;
  /** The handshake failed, or was given up; not called after {@link onSecured}. */
  onFailed(error: Error): void;
};

/** A stream of js-libp2p inside a secure channel of ours. */
export class SecureStream extends AbstractMessageStream {
  readonly #environment: Environment;
  readonly #options: SecureStreamOptions;
  readonly #outer: OuterStream;
  readonly #handler: SecurityHandler;
  readonly #links: Subscription;
  #state: 'handshaking' | 'secured' | 'over' = 'handshaking';
  /** Bytes sent in the turn under way, which nothing below has seen yet. */
  #turnBytes = 0;

  constructor(options: SecureStreamOptions) {
    const { environment, connection, stream, protocol } = options;
    super({
      log: stream.log.newScope(protocol.id.split('/')[1] ?? 'secure'),
      direction: stream.direction,
      inactivityTimeout: stream.inactivityTimeout,
      maxReadBufferLength: stream.maxReadBufferLength,
    });
    this.#environment = environment;
    this.#options = options;
    this.#outer = new OuterStream({ environment, connection, stream, shown: true, patienceBytes: 0 });
    this.#handler = protocol.create({
      environment,
      connection,
      role: options.role,
      identity: options.identity,
      expectedPeer: options.expectedPeer,
      muxers: options.muxers,
      onSecured: (secured) => {
        this.#state = 'secured';
        options.onSecured(secured);
      },
      onFailed: (error) => this.#fail(error),
    });
    const onBroken = (error: EngineError): void => this.#fail(error);
    this.#links = link(environment, this.#outer, this.#handler, onBroken);
    this.#links.add(link(environment, this.#handler, this.#innermost(), onBroken));
  }

  /** Begins the handshake. */
  start(): void {
    const { stream } = this.#options;
    stream.addEventListener('close', this.#onClose);
    this.#environment.turns.post(() => this.#handler.start());
    // Last: what came before is handed over as soon as somebody listens.
    stream.addEventListener('message', this.#onMessage);
    if (stream.status !== 'open') this.#outer.tell({ type: 'transport.ended' });
  }

  /** Gives the handshake up. */
  giveUp(reason: Error): void {
    this.#fail(reason);
  }

  // ------------------------------------------------------------ for AbstractMessageStream

  /** Takes what there is room for: what js-libp2p has queued while we were told to wait may be any amount. */
  sendData(data: Uint8ArrayList): SendResult {
    const { outboxLowWaterBytes } = this.#environment.limits;
    let sentBytes = 0;
    while (sentBytes < data.byteLength && this.#hasRoom) {
      const end = Math.min(data.byteLength, sentBytes + outboxLowWaterBytes - this.#turnBytes);
      this.#seal(chunksOf(data.sublist(sentBytes, end)), end - sentBytes);
      sentBytes = end;
    }
    return { sentBytes, canSendMore: this.#hasRoom };
  }

  sendReset(error: Error): void {
    this.#end();
    this.#options.stream.abort(error);
  }

  sendPause(): void {
    if (this.#options.stream.status === 'open') this.#options.stream.pause();
  }

  sendResume(): void {
    if (this.#options.stream.status === 'open') this.#options.stream.resume();
  }

  /**
   * Closes the stream below when all that waits here was handed to it. It reads nothing more then, so that what the peer
   * has said by now gets a moment to arrive.
   */
  async close(options?: AbortOptions): Promise<void> {
    if (this.status !== 'open') return;
    this.status = 'closing';
    this.writeStatus = 'closing';
    await untilStream(this, ['idle'], () => this.writeBuffer.byteLength === 0, options);
    await new Promise<void>((resolve) => void this.#environment.clock.setTimeout(() => resolve(), 0));
    await this.#options.stream.close(options);
  }

  // ------------------------------------------------------------ inside

  /** The end of the chain: nothing is further inward but js-libp2p. */
  #innermost(): ConnectionHandler {
    const { connection } = this.#options;
    return {
      address: connection,
      layer: 'protocol',
      inbound$: NEVER,
      outbound$: NEVER,
      receive: (message) => this.#receive(message),
      send: (message) => this.#handler.send(message),
    };
  }

  #receive(message: ConnectionMessage): void {
    if (message.length > 0) this.onData(joined(message.chunks));
    switch (message.event?.type) {
      case 'transport.congested':
        this.writableNeedsDrain = true;
        return;
      case 'transport.drained':
        this.#goOn();
        return;
      case 'transport.ended':
        this.#end();
        this.onTransportClosed();
    }
  }

  #seal(chunks: readonly Uint8Array[], size: number): void {
    const { connection } = this.#options;
    const message = passing(this.#environment, { direction: 'outbound', layer: 'protocol', connection, chunks });
    this.#turnBytes += size;
    this.#environment.turns.post(() => {
      this.#handler.send(message);
      this.#environment.turns.flushLater('publish', this.#turnOver);
    });
  }

  get #hasRoom(): boolean {
    return !this.#outer.isCongested && this.#turnBytes < this.#environment.limits.outboxLowWaterBytes;
  }

  readonly #turnOver = (): void => {
    this.#turnBytes = 0;
    if (this.#hasRoom) this.#goOn();
  };

  #goOn(): void {
    if (this.writableNeedsDrain) this.safeDispatchEvent('drain');
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => this.#outer.take(data);

  readonly #onClose = ({ error, local }: StreamCloseEvent): void => {
    if (error === undefined) {
      this.#outer.tell({ type: 'transport.ended' });
      return;
    }
    const blame = local === true ? 'local' : 'remote';
    const cause = new EngineError('ERR_TRANSPORT_FAILED', blame, error.message, { cause: error });
    this.#environment.turns.post(() => {
      if (this.#state === 'handshaking') this.#outer.tell({ type: 'transport.failed' }, cause);
      else if (local === true) this.abort(error);
      else this.#resetByPeer();
    });
  };

  #resetByPeer(): void {
    this.#end();
    if (this.status === 'open' || this.status === 'closing') this.onRemoteReset();
  }

  #fail(thrown: Error): void {
    if (this.#state === 'over') return;
    const error = toLibp2pError(thrown);
    const wasSecured = this.#state === 'secured';
    this.#end();
    if (wasSecured) this.abort(error);
    else this.#options.onFailed(error);
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const { stream } = this.#options;
    stream.removeEventListener('message', this.#onMessage);
    stream.removeEventListener('close', this.#onClose);
    this.#outer.close();
    this.#links.unsubscribe();
    this.#handler.dispose();
  }
}
