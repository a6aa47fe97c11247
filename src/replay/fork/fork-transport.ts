/**
 * The transport of a fork. The recording answers dials and listeners of the same addresses, and says what came on their
 * connections; what the node does that the recording knows nothing of, is answered by nobody.
 */
import { EngineError } from '../../errors.js';
import type { Transport, TransportConnection, TransportEvents, TransportListener } from '../../ports.js';
import type { Trace, TraceRecord } from '../../trace/format.js';
import { decodeValue } from '../../trace/values.js';
import { congestionOf, LeftTheTrace } from '../replay-ports.js';
import { ForkSocket } from './fork-socket.js';
import { Occurrences } from './occurrences.js';

type Data = Readonly<Record<string, unknown>>;

/** Whether an input can be fed: now, perhaps later, or no more, with the reason. */
export type Fitness = 'now' | 'later' | { readonly why: string };

/** What of the recording is still to come, for what ends by itself. */
export interface StillToCome {
  /** Name of the next recorded input of a socket. */
  ofSocket(socket: number): string | undefined;
  /** Whether the recording says that a listener is closed. */
  unlistened(listen: number): boolean;
  drained(socket: number): boolean;
}

interface Attempt {
  readonly connected: (connection: TransportConnection) => void;
  readonly listening?: (listener: TransportListener) => void;
  readonly failed: (error: EngineError) => void;
  /** Answered; a listener goes on being one. */
  isSettled: boolean;
  isGivenUp: boolean;
  /** Calls back when a listener is closed. */
  unlisten?: () => void;
}

/** One transport in the place of all. */
export class ForkTransport implements Transport {
  readonly name = 'replay';
  readonly #told = new Occurrences();
  readonly #unsupported: ReadonlySet<string>;
  readonly #fullAt: ReadonlyMap<number, readonly number[]>;
  readonly #attempts = new Map<string, Attempt>();
  readonly #sockets = new Map<number, ForkSocket>();
  #untold = 0;

  constructor(trace: Trace) {
    const { records } = trace;
    const refused = records.filter(({ name }) => name === 'transport:unsupported');
    this.#unsupported = new Set(refused.map(({ data }) => String(data['address'])));
    this.#fullAt = congestionOf(trace);
    for (const { name, data } of records) {
      if (name === 'transport:dial') this.#told.tell(`dial ${String(data['address'])}`, Number(data['dial']));
      if (name === 'transport:listen') this.#told.tell(`listen ${String(data['address'])}`, Number(data['listen']));
    }
  }

  handles(address: string): boolean {
    return !this.#unsupported.has(address);
  }

  dial(address: string, connected: Attempt['connected'], failed: Attempt['failed']): () => void {
    const attempt = this.#begin('dial', address, { connected, failed, isSettled: false, isGivenUp: false });
    return () => {
      attempt.isGivenUp = true;
    };
  }

  listen(
    address: string,
    connected: Attempt['connected'],
    listening: (listener: TransportListener) => void,
    failed: Attempt['failed'],
  ): void {
    this.#begin('listen', address, { connected, listening, failed, isSettled: false, isGivenUp: false });
  }

  /** Feeds one `transport:*` record. */
  feed(name: string, data: Data): void {
    const attempt = this.#attempts.get(keyOf(data));
    if (attempt === undefined) throw new LeftTheTrace(`${keyOf(data)} is answered, which was not made`);
    switch (name) {
      case 'transport:connected':
      case 'transport:accepted': {
        const number = Number(data['socket']);
        const fullAt = this.#fullAt.get(number) ?? [];
        const socket = new ForkSocket(String(data['remote']), String(data['local']), fullAt);
        this.#sockets.set(number, socket);
        attempt.isSettled = true;
        attempt.connected(socket);
        return;
      }
      case 'transport:listening':
        attempt.isSettled = true;
        attempt.listening?.({
          addresses: data['addresses'] as readonly string[],
          close: (onClosed) => {
            attempt.isGivenUp = true;
            attempt.unlisten = onClosed;
          },
        });
        return;
      case 'transport:unlistened': {
        const { unlisten } = attempt;
        delete attempt.unlisten;
        unlisten?.();
        return;
      }
      case 'transport:failed':
        attempt.isSettled = true;
        attempt.failed(decodeValue(data['error']) as EngineError);
        return;
      default:
        throw new EngineError('ERR_TRACE_INVALID', 'local', `trace: "${name}" is no input of a transport`);
    }
  }

  /** The events of the connection that the recording calls socket `number`. */
  events(number: number): TransportEvents {
    const socket = this.#sockets.get(number);
    if (socket?.events === undefined) throw new LeftTheTrace(`socket ${number} is not open`);
    return {
      ...wrapped(socket.events),
      onDrained: () => {
        socket.isFull = false;
        socket.events?.onDrained();
      },
      onClosed: (error) => {
        socket.isClosed = true;
        socket.events?.onClosed(error);
      },
    };
  }

  /** Whether a `transport:*` or `io:*` record can be fed. */
  fitnessOf({ name, data }: TraceRecord): Fitness {
    if (name.startsWith('io:')) return this.#fitnessOnSocket(name, Number(data['socket']));
    const attempt = this.#attempts.get(keyOf(data));
    if (attempt === undefined) return 'later';
    if (name === 'transport:unlistened') return attempt.unlisten === undefined ? 'later' : 'now';
    if (name === 'transport:accepted' && !attempt.isSettled) return 'later';
    if (attempt.isGivenUp) return { why: 'listen' in data ? 'the listener is closed' : 'the dial was given up' };
    return 'now';
  }

  /** Ends one thing that the node has let go of, or lets it go on; answers whether there was one. */
  settleUntold(still: StillToCome): boolean {
    for (const [number, socket] of this.#sockets) {
      if (socket.isClosed || socket.events === undefined) continue;
      if (socket.isDropped && still.ofSocket(number) !== 'io:closed') {
        this.events(number).onClosed();
        return true;
      }
      if (socket.isFull && !socket.isDropped && !still.drained(number)) {
        this.events(number).onDrained();
        return true;
      }
    }
    for (const [key, attempt] of this.#attempts) {
      if (attempt.unlisten === undefined) continue;
      const [kind, number] = key.split(' ');
      if (kind === 'listen' && still.unlistened(Number(number))) continue;
      const { unlisten } = attempt;
      delete attempt.unlisten;
      unlisten();
      return true;
    }
    return false;
  }

  #fitnessOnSocket(name: string, number: number): Fitness {
    const socket = this.#sockets.get(number);
    if (socket?.events === undefined) return 'later';
    if (socket.isClosed) return { why: 'the connection is gone' };
    if (name === 'io:closed') return 'now';
    if (socket.isDropped) return { why: 'the node has dropped the connection' };
    if (name === 'io:drained') return socket.isFull ? 'now' : { why: 'the node does not wait for it' };
    return socket.isPaused ? 'later' : 'now';
  }

  #begin(kind: 'dial' | 'listen', address: string, attempt: Attempt): Attempt {
    const told = this.#told.take(`${kind} ${address}`);
    this.#attempts.set(told === undefined ? `untold ${++this.#untold}` : `${kind} ${told}`, attempt);
    return attempt;
  }
}

function keyOf({ dial, listen }: Data): string {
  return dial === undefined ? `listen ${Number(listen)}` : `dial ${Number(dial)}`;
}

/** The events of a socket may be methods of a class: each is called on it. */
function wrapped(events: TransportEvents): TransportEvents {
  return {
    onChunk: (chunk) => events.onChunk(chunk),
    onChunks: (chunks) => events.onChunks(chunks),
    onDrained: () => events.onDrained(),
    onEnded: () => events.onEnded(),
    onClosed: (error) => events.onClosed(error),
  };
}
