/**
 * The multistream handler: agrees on the protocol of a connection, of a secure channel or of a muxed stream, then
 * leaves the byte path. Whatever came behind the last message belongs to the next handler and is handed over untouched.
 */
import type { Observable } from 'rxjs';
import { EngineError, type ErrorCode, type StateStay } from '../../errors.js';
import type { MultistreamEvent } from '../../machines/multistream.js';
import { multistreamDialerMachine } from '../../machines/multistream-dialer.js';
import {
  multistreamLazyDialerMachine,
  type MultistreamLazyDialerEffect,
} from '../../machines/multistream-lazy-dialer.js';
import { multistreamListenerMachine } from '../../machines/multistream-listener.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../messages.js';
import {
  decodeMultistreamMessage,
  encodeMultistreamList,
  MULTISTREAM_ID,
  MULTISTREAM_LS,
  MULTISTREAM_NA,
} from '../../wire/multistream.js';
import { ChainSubject } from '../chain-subject.js';
import type { Environment } from '../environment.js';
import type { ConnectionHandler } from '../handler.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { StayLog } from '../stay-log.js';
import { multistreamLine } from './multistream-lines.js';
import { describeFailure, endsNegotiation, lastBytesOf, PREFIX_BYTES } from './multistream-failure.js';
import type { Role } from './security.js';

/** What a negotiation is made of, and whom it tells. */
export interface MultistreamOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `conn:1/multistream` or `conn:1/yamux/5/multistream`. */
  readonly address: string;
  /** Address of the connection, e.g. `conn:1`. */
  readonly connection: string;
  /** The muxer's stream id, where a stream is negotiated. */
  readonly stream?: number;
  readonly role: Role;
  /** Dialer: what to propose, best first. Listener: what `ls` lists, and what is accepted unless `supports` says. */
  readonly protocols: readonly string[];
  /** Listener: whether a proposal is accepted. */
  readonly supports?: (protocol: string) => boolean;
  /**
   * Dialer of one protocol that it knows the peer to speak: `onSelected` is called at once, with nothing left over, so that
   * what is said in the protocol leaves with the proposal. `onConfirmed` is called when the peer has echoed it, with
   * what came behind; until then what the peer says is the handler's.
   */
  readonly lazy?: { onConfirmed(leftover: readonly Uint8Array[]): void };
  /** `size` bytes were used; what is handed over as leftover is not among them. */
  readonly onConsumed?: (size: number) => void;
  /**
   * A protocol is agreed; the last call, unless `lazy`. `leftover` came behind the last message and belongs to the next handler. Our
   * echo was published before this is called.
   */
  onSelected(protocol: string, leftover: readonly Uint8Array[]): void;
  /** The negotiation failed; the last call. The stream or connection has to be dropped. */
  onFailed(error: EngineError): void;
}

/** A negotiation under way. */
export interface MultistreamHandler extends ConnectionHandler {
  /** Begins: the dialer's header and first proposal go out. Call once, when it is linked. */
  start(): void;
  /** Stays of its machine. */
  readonly stays: readonly StateStay[];
  /** The same, when it has left. */
  readonly log: StayLog;
  /** Lazy: nobody reads the answers any more; the last call. */
  leave(): void;
  /** Stops without a word; after it nothing is published. */
  dispose(): void;
}

/**
 * Makes a handler for one negotiation.
 * Throws `ERR_INVALID_ARGUMENT` when a dialer has nothing to propose, or something that no peer would read.
 */
export function createMultistreamHandler(options: MultistreamOptions): MultistreamHandler {
  return new Negotiation(options);
}

class Negotiation implements MultistreamHandler {
  readonly layer = 'multistream';
  readonly address: string;
  readonly #options: MultistreamOptions;
  readonly #inbound = new ChainSubject<ConnectionMessage>();
  readonly #outbound = new ChainSubject<ConnectionMessage>();
  readonly #machine;
  /** The same machine, where it is the lazy dialer's. */
  readonly #lazy: MachineActor<typeof multistreamLazyDialerMachine> | undefined;
  readonly #buffer = new ReceiveBuffer();
  #lastHeard: string | undefined;
  #outgoing: Uint8Array[] = [];
  /** What {@link #outgoing} says, line by line. */
  #said: string[] = [];
  #cause: unknown;
  #over = false;

  constructor(options: MultistreamOptions) {
    const { environment, address, role, protocols } = options;
    this.address = address;
    this.#options = options;
    const { multistreamTimeoutMs: timeoutMs } = environment.limits;
    const perform = (effect: MultistreamLazyDialerEffect): void => this.#perform(effect);
    const broken = (error: EngineError): void => this.#fail(error);
    if (role === 'dialer') {
      if (protocols.length === 0)
        throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'protocols must hold at least one id');
      for (const protocol of protocols) this.#encode(protocol);
      const [protocol = ''] = protocols;
      if (options.lazy !== undefined) {
        const input = { protocol, timeoutMs };
        this.#lazy = spawnMachine(environment, multistreamLazyDialerMachine, { address, input, perform, broken });
        this.#machine = this.#lazy;
        return;
      }
      const input = { protocols, timeoutMs };
      this.#machine = spawnMachine(environment, multistreamDialerMachine, { address, input, perform, broken });
    } else {
      const { multistreamProposals: maxProposals, multistreamLists: maxLists } = environment.limits;
      const input = { maxProposals, maxLists, timeoutMs };
      this.#machine = spawnMachine(environment, multistreamListenerMachine, { address, input, perform, broken });
    }
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  get stays(): readonly StateStay[] {
    return this.#machine.stays;
  }

  get log(): StayLog {
    return this.#machine.log;
  }

  start(): void {
    this.#machine.start();
    this.#flush();
  }

  leave(): void {
    this.#lazy?.send({ type: 'local.leave' });
    this.dispose();
  }

  dispose(): void {
    this.#over = true;
    this.#machine.stop();
    this.#outgoing = [];
    this.#said = [];
  }

  receive(message: ConnectionMessage): void {
    if (this.#over) return;
    for (const chunk of message.chunks) this.#buffer.append(chunk);
    this.#read();
    this.#flush();
    if (message.event !== undefined) this.#hearEvent(message);
  }

  /** Nothing is sent through a handler that only negotiates: its neighbours are linked when it is done. */
  send(): void {
    throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', `${this.address}: nothing is inside of a negotiation`);
  }

  /** Reads message after message, until a protocol is agreed or more bytes are needed. */
  #read(): void {
    const { environment, onConsumed } = this.#options;
    const maxBytes = environment.limits.multistreamMessageBytes;
    while (!this.#over && this.#buffer.length > 0) {
      let decoded;
      try {
        decoded = decodeMultistreamMessage(this.#buffer.peek(maxBytes + PREFIX_BYTES), 0, maxBytes);
      } catch (thrown) {
        this.#cause = thrown;
        this.#machine.send({ type: 'wire.invalid' });
        return;
      }
      if (decoded === undefined) return;
      this.#buffer.skip(decoded.size);
      onConsumed?.(decoded.size);
      this.#hear(decoded.value);
    }
  }

  #hear(text: string): void {
    this.#lastHeard = text;
    this.#inbound.next(this.#message('inbound', [], { type: 'multistream.message', text }));
    const event = this.#classify(text);
    this.#machine.send(event);
    const declined = this.#options.role === 'listener' && event.type === 'wire.protocol' && !this.#over;
    if (declined && this.#buffer.length > 0) this.#machine.send({ type: 'wire.surplus' });
  }

  #classify(text: string): MultistreamEvent {
    if (text === MULTISTREAM_ID) return { type: 'wire.header' };
    if (text === MULTISTREAM_NA) return { type: 'wire.na' };
    if (text === MULTISTREAM_LS) return { type: 'wire.ls' };
    const { role, protocols, supports } = this.#options;
    if (role === 'dialer') return { type: 'wire.protocol', protocol: text };
    return { type: 'wire.protocol', protocol: text, supported: supports?.(text) ?? protocols.includes(text) };
  }

  #hearEvent({ event, error }: ConnectionMessage): void {
    if (this.#over || !endsNegotiation(event)) return;
    this.#cause = error;
    this.#machine.send({ type: 'transport.ended' });
  }

  #perform(effect: MultistreamLazyDialerEffect): void {
    switch (effect.type) {
      case 'send.header':
        this.#queue(MULTISTREAM_ID);
        return;
      case 'send.protocol':
        this.#queue(effect.protocol);
        return;
      case 'send.na':
        this.#queue(MULTISTREAM_NA);
        return;
      case 'send.list':
        this.#queue(
          `list of ${this.#options.protocols.length} protocols`,
          encodeMultistreamList(this.#options.protocols, this.#options.environment.limits.multistreamMessageBytes),
        );
        return;
      case 'report.selected':
        this.#select(effect.protocol);
        return;
      case 'report.confirmed':
        this.#over = true;
        this.#options.lazy?.onConfirmed(this.#buffer.drain());
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #queue(text: string, line = this.#encode(text)): void {
    this.#outgoing.push(line);
    this.#said.push(text);
  }

  #select(protocol: string): void {
    this.#flush();
    const { lazy } = this.#options;
    this.#over = lazy === undefined;
    this.#inbound.next(this.#message('inbound', [], { type: 'multistream.selected', protocol }));
    this.#options.onSelected(protocol, lazy === undefined ? this.#buffer.drain() : []);
  }

  #fail(error: EngineError): void {
    if (this.#over) return;
    this.#flush();
    this.#over = true;
    this.#options.onFailed(error);
  }

  /** What is to be sent goes out as one message: header and proposal, or header and echo, in one write. */
  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const [chunks, lines] = [this.#outgoing, this.#said];
    this.#outgoing = [];
    this.#said = [];
    this.#outbound.next(this.#message('outbound', chunks, { type: 'multistream.messages', lines }));
  }

  #encode(text: string): Uint8Array {
    return multistreamLine(text, this.#options.environment.limits.multistreamMessageBytes);
  }

  #message(direction: Direction, chunks: readonly Uint8Array[], event?: MessageEvent): ConnectionMessage {
    const { environment, connection, stream } = this.#options;
    return environment.message({ direction, layer: this.layer, connection, stream, chunks, event });
  }

  #failure(code: ErrorCode): EngineError {
    const { stays, machine, lastEvent } = this.#machine;
    const state = stays.at(-2)?.state ?? '';
    const heard = { state, last: this.#lastHeard };
    return new EngineError(code, 'remote', `multistream: ${describeFailure(code, this.#options, heard)}`, {
      cause: this.#cause,
      details: { machine, state, lastEvent, timeline: [...stays], ...lastBytesOf(this.#buffer, this.#lastHeard) },
    });
  }
}
