/**
 * A stream of js-libp2p as the outermost handler of a chain of ours: what comes from it leaves on `inbound$`, what the
 * handler inside sends goes to it as one write at the end of the turn, and its back-pressure becomes
 * `transport.congested` and `transport.drained`.
 */
import type { MessageStream } from '@libp2p/interface';
import { NEVER, Subject, type Observable } from 'rxjs';
import { Uint8ArrayList } from 'uint8arraylist';
import { EngineError } from '../errors.js';
import type { ConnectionMessage, MessageEvent } from '../messages.js';
import type { Environment } from '../actors/environment.js';
import type { ConnectionHandler } from '../actors/handler.js';

/** What an outer stream is made of. */
export interface OuterStreamOptions {
  readonly environment: Environment;
  /** Name of the connection, e.g. `conn:1`. */
  readonly connection: string;
  readonly stream: MessageStream;
  /** Whether what passes is shown to who taps: not where another handler of ours has shown it already. */
  readonly shown: boolean;
  /** Bytes that may wait in the stream before the handler inside is told to. 0: as soon as the stream says so. */
  readonly patienceBytes: number;
  /** The peer makes us owe more than it reads. Absent: we owe it nothing by ourselves. */
  onOverflow?(error: EngineError): void;
}

/** The chunks of what js-libp2p passes around. */
export function chunksOf(data: Uint8Array | Uint8ArrayList): readonly Uint8Array[] {
  return data instanceof Uint8Array ? [data] : [...data];
}

/** What js-libp2p takes for some chunks; nothing is copied. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array | Uint8ArrayList {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const list = new Uint8ArrayList();
  for (const chunk of chunks) list.append(chunk);
  return list;
}

/** A stream below our handlers. */
export class OuterStream implements ConnectionHandler {
  readonly layer = 'transport';
  readonly address: string;
  readonly outbound$ = NEVER;
  readonly #options: OuterStreamOptions;
  readonly #inbound = new Subject<ConnectionMessage>();
  #gathered: Uint8Array[] = [];
  #congested = false;
  #closed = false;

  constructor(options: OuterStreamOptions) {
    this.#options = options;
    this.address = options.connection;
    options.stream.addEventListener('drain', this.#relieve);
    options.stream.addEventListener('idle', this.#relieveSoon);
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  /** Whether the handler inside was told to wait. */
  get isCongested(): boolean {
    return this.#congested;
  }

  /** Takes what came, as a turn. */
  take(data: Uint8Array | Uint8ArrayList): void {
    const chunks = chunksOf(data);
    this.#options.environment.turns.post(() => this.receive(this.#message('inbound', chunks)));
  }

  /** Tells the handler inside what happened, as a turn. */
  tell(event: MessageEvent, error?: EngineError): void {
    this.#options.environment.turns.post(() => this.receive(this.#message('inbound', [], event, error)));
  }

  receive(message: ConnectionMessage): void {
    if (!this.#closed) this.#inbound.next(message);
  }

  send(message: ConnectionMessage): void {
    if (this.#closed || message.length === 0) return;
    for (const chunk of message.chunks) this.#gathered.push(chunk);
    this.#options.environment.turns.flushLater('write', this.#flush);
  }

  /** Nothing passes any more. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#options.stream.removeEventListener('drain', this.#relieve);
    this.#options.stream.removeEventListener('idle', this.#relieveSoon);
  }

  readonly #flush = (): void => {
    const chunks = this.#gathered;
    this.#gathered = [];
    if (this.#closed || chunks.length === 0) return;
    const { environment, stream, patienceBytes } = this.#options;
    if (this.#options.shown) this.#message('outbound', chunks);
    const hasRoom = (stream.status !== 'open' && stream.status !== 'closing') || this.#write(chunks);
    const waiting = stream.writeBufferLength;
    if (waiting > environment.limits.outboxBytes && this.#options.onOverflow !== undefined) {
      const what = `${waiting} bytes wait for a peer that does not read`;
      this.#options.onOverflow(new EngineError('ERR_OUTBOX_OVERFLOW', 'remote', what));
    } else if (!hasRoom && waiting >= patienceBytes && !this.#congested) {
      this.#congested = true;
      this.receive(this.#message('inbound', [], { type: 'transport.congested' }));
    }
  };

  #write(chunks: readonly Uint8Array[]): boolean {
    try {
      return this.#options.stream.send(joined(chunks));
    } catch {
      // It was closed for writing a moment ago; its `close` event says how.
      return true;
    }
  }

  /** js-libp2p says `idle` from the middle of its sending, and forgets what is sent to it from there. */
  readonly #relieveSoon = (): void => {
    if (this.#congested) void Promise.resolve().then(this.#relieve);
  };

  readonly #relieve = (): void => {
    const { stream, patienceBytes } = this.#options;
    if (!this.#congested || stream.writeBufferLength > patienceBytes / 2) return;
    if (patienceBytes === 0 && stream.writableNeedsDrain) return;
    this.#congested = false;
    this.tell({ type: 'transport.drained' });
  };

  #message(
    direction: 'inbound' | 'outbound',
    chunks: readonly Uint8Array[],
    event?: MessageEvent,
    error?: EngineError,
  ): ConnectionMessage {
    const { environment, connection, shown } = this.#options;
    const { layer } = this;
    if (shown) return environment.message({ direction, layer, connection, chunks, event, error });
    return passing(environment, { direction, layer, connection, chunks, event, error });
  }
}

/** What {@link passing} is given. */
type Passing = Pick<ConnectionMessage, 'direction' | 'layer' | 'connection' | 'chunks' | 'event' | 'error'>;

/** A message between two handlers that nobody else needs to hear: what it carries was shown already. */
export function passing(environment: Environment, draft: Passing): ConnectionMessage {
  let length = 0;
  for (const chunk of draft.chunks) length += chunk.length;
  return { ...draft, sequence: -1, timeMs: environment.turns.nowMs, length };
}
