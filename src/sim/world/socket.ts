/** One end of a simulated connection: what its owner holds, and what comes to it. */
import { EngineError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { TransportConnection, TransportEvents } from '../../ports.js';
import type { NodePort } from './node-port.js';
import type { Pipe, Segment } from './pipe.js';

/**
 * `open`, `closed` (its owner knows), or gone without a word: `lost` is answered for with a reset once its machine is up,
 * `silent` never is.
 */
export type SocketState = 'open' | 'closed' | 'lost' | 'silent';

/** One end of a connection. */
export class Socket implements TransportConnection {
  outgoing!: Pipe;
  incoming!: Pipe;
  onConnected: (() => void) | undefined;
  state: SocketState = 'open';
  readonly #onGone: () => void;
  #events: TransportEvents | undefined;
  /** What came while the owner took nothing. */
  #inbox: Segment[] = [];
  #isPaused = false;
  #hasEnded = false;
  #peerHasEnded = false;
  #error: EngineError | undefined;

  constructor(
    readonly port: NodePort,
    readonly localAddress: string,
    readonly remoteAddress: string,
    onGone: () => void,
  ) {
    this.#onGone = onGone;
  }

  // ------------------------------------------------------------ for the owner

  open(events: TransportEvents): void {
    if (this.state === 'closed') {
      const error = this.#error;
      this.port.runLater(() => events.onClosed(error));
      return;
    }
    this.#events = events;
    this.#handOverSoon();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#hasEnded || this.state !== 'open') return true;
    const goOn = this.outgoing.write(chunks);
    if (this.outgoing.unacknowledgedBytes > LIMITS.simulatedPipeMaxBytes) {
      const what = `simulated: ${this.localAddress} writes without waiting for room`;
      this.outgoing.send('reset');
      this.#close(new EngineError('ERR_TRANSPORT_FAILED', 'local', what));
    }
    return goOn;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#handOverSoon();
  }

  end(): void {
    if (this.#hasEnded || this.state !== 'open') return;
    this.#hasEnded = true;
    this.outgoing.send('end');
    this.port.runLater(() => this.#closeWhenDone());
  }

  destroy(): void {
    if (this.state !== 'open') return;
    this.outgoing.send('reset');
    this.#close(undefined);
  }

  /** Dropping is a reset here already. */
  reset(): void {
    this.destroy();
  }

  // ------------------------------------------------------------ for the network

  /** Takes what came over the wire. */
  arrive(segment: Segment): void {
    if (this.state !== 'open') return;
    if (segment.kind === 'reset') {
      this.port.run(() => this.wasReset());
      return;
    }
    this.#inbox.push(segment);
    // One at a time: on a slow machine each takes its own.
    this.port.run(() => this.#handOver(1));
  }

  /** Writing may go on. */
  drained(): void {
    if (this.state === 'open') this.port.run(() => this.#events?.onDrained());
  }

  /** The peer, or something on the way, dropped the connection. */
  wasReset(): void {
    this.tear(
      new EngineError('ERR_TRANSPORT_ENDED', 'remote', `simulated: ${this.remoteAddress} reset the connection`),
    );
  }

  /** Closes this end with an error; the other one is not told. */
  tear(error: EngineError): void {
    if (this.state === 'open') this.#close(error);
  }

  /** Its machine forgets it: no call of its owner comes any more. */
  vanish(state: 'lost' | 'silent'): void {
    if (this.state !== 'open') return;
    this.state = state;
    this.#inbox = [];
    this.#events = undefined;
    this.onConnected = undefined;
    this.#onGone();
  }

  #handOverSoon(): void {
    if (this.#inbox.length > 0) this.port.runLater(() => this.#handOver());
  }

  #handOver(atMost = Infinity): void {
    for (let taken = 0; taken < atMost && this.state === 'open' && !this.#isPaused; taken++) {
      const next = this.#inbox[0];
      if (next === undefined) return;
      if (next.kind !== 'connected' && this.#events === undefined) return;
      this.#inbox.shift();
      this.#handOverOne(next);
    }
  }

  #handOverOne(segment: Segment): void {
    switch (segment.kind) {
      case 'data': {
        const [only] = segment.chunks;
        if (only !== undefined && segment.chunks.length === 1) this.#events?.onChunk(only);
        else this.#events?.onChunks(segment.chunks);
        this.incoming.taken(segment.sizeBytes);
        return;
      }
      case 'connected': {
        const { onConnected } = this;
        this.onConnected = undefined;
        onConnected?.();
        return;
      }
      case 'end':
        if (this.#peerHasEnded) return;
        this.#peerHasEnded = true;
        this.#events?.onEnded();
        this.#closeWhenDone();
        return;
      case 'reset':
        return;
      default:
        segment satisfies never;
    }
  }

  #closeWhenDone(): void {
    if (this.state === 'open' && this.#hasEnded && this.#peerHasEnded) this.#close(undefined);
  }

  /** Its owner hears of it later, as of a real socket. */
  #close(error: EngineError | undefined): void {
    this.state = 'closed';
    this.#error = error;
    this.#inbox = [];
    const events = this.#events;
    this.#events = undefined;
    this.onConnected = undefined;
    if (events !== undefined) this.port.runLater(() => events.onClosed(error));
    this.#onGone();
  }
}
