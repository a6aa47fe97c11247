/**
 * Asks the other end of a stream which protocols it speaks: `ls`, and its list in either form. Nodes before js-libp2p 0.27
 * echo the question and say the list line by line; all since say it in one message.
 */
import type { Observable } from 'rxjs';
import { EngineError, type ErrorCode } from '../../errors.js';
import {
  multistreamAskerMachine,
  type MultistreamAskerEffect,
  type MultistreamAskerEvent,
} from '../../machines/multistream-asker.js';
import type { ConnectionMessage, MessageEvent } from '../../messages.js';
import { decodeVarintPrefixed } from '../../wire/length-prefixed.js';
import {
  decodeLegacyMultistreamHead,
  decodeMultistreamList,
  decodeMultistreamMessage,
  encodeMultistreamMessage,
  MULTISTREAM_ID,
  MULTISTREAM_LS,
  MULTISTREAM_NA,
} from '../../wire/multistream.js';
import { ChainSubject } from '../chain-subject.js';
import type { Environment } from '../environment.js';
import type { ConnectionHandler } from '../handler.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { endsNegotiation, lastBytesOf, PREFIX_BYTES } from './multistream-failure.js';

/** Who asks, and whom it tells. */
export interface MultistreamAskerOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `conn:1/yamux/5/multistream`. */
  readonly address: string;
  readonly connection: string;
  readonly stream?: number;
  /** `size` bytes were used. */
  onConsumed?(size: number): void;
  /** The last call. */
  onListed(protocols: readonly string[]): void;
  /** It failed; the last call. */
  onFailed(error: EngineError): void;
}

/** One question. */
export class MultistreamAsker implements ConnectionHandler {
  readonly layer = 'multistream';
  readonly address: string;
  readonly #options: MultistreamAskerOptions;
  readonly #inbound = new ChainSubject<ConnectionMessage>();
  readonly #outbound = new ChainSubject<ConnectionMessage>();
  readonly #machine: MachineActor<typeof multistreamAskerMachine>;
  readonly #buffer = new ReceiveBuffer();
  readonly #protocols: string[] = [];
  /** Entries of an old list still to come, once its head is here. */
  #left: number | undefined;
  #cause: unknown;
  #over = false;

  constructor(options: MultistreamAskerOptions) {
    this.#options = options;
    this.address = options.address;
    const { environment, address } = options;
    this.#machine = spawnMachine(environment, multistreamAskerMachine, {
      address,
      input: { timeoutMs: environment.limits.multistreamTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  /** Asks; call once, when it is linked. */
  start(): void {
    this.#machine.start();
  }

  /** Stops without a word. */
  dispose(): void {
    this.#over = true;
    this.#machine.stop();
  }

  /** Nothing is inside of a question. */
  send(): void {
    throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', `${this.address}: nothing is inside of a question`);
  }

  receive({ chunks, event, error }: ConnectionMessage): void {
    for (const chunk of chunks) this.#buffer.append(chunk);
    while (!this.#over && this.#buffer.length > 0 && this.#readOne());
    if (this.#over || !endsNegotiation(event)) return;
    this.#cause = error;
    this.#machine.send({ type: 'transport.ended' });
  }

  /** Reads one message; `false`: it is not all here. */
  #readOne(): boolean {
    const maxBytes = this.#options.environment.limits.multistreamMessageBytes;
    let read;
    try {
      read = this.#decode(this.#buffer.peek(maxBytes + PREFIX_BYTES), maxBytes);
    } catch (thrown) {
      this.#cause = thrown;
      read = { size: 0, event: { type: 'wire.invalid' } as const, text: 'what is no message' };
    }
    if (read === undefined) return false;
    const { size, event, text } = read;
    this.#buffer.skip(size);
    if (size > 0) {
      this.#options.onConsumed?.(size);
      this.#inbound.next(this.#message('inbound', [], { type: 'multistream.message', text }));
    }
    if (event !== undefined) this.#machine.send(event);
    return true;
  }

  /** The next message, what it says to people, and to the machine if it says something. */
  #decode(
    bytes: Uint8Array,
    maxBytes: number,
  ): { readonly size: number; readonly text: string; readonly event?: MultistreamAskerEvent | undefined } | undefined {
    if (this.#machine.state === 'awaitingOldList') return this.#decodeOld(bytes, maxBytes);
    const whole = decodeVarintPrefixed(bytes, maxBytes);
    if (whole === undefined) return undefined;
    const line = new TextDecoder().decode(whole.value);
    const { size } = whole;
    if (line === `${MULTISTREAM_ID}\n`) return { size, text: MULTISTREAM_ID, event: { type: 'wire.header' } };
    if (line === `${MULTISTREAM_NA}\n`) return { size, text: MULTISTREAM_NA, event: { type: 'wire.na' } };
    if (line === `${MULTISTREAM_LS}\n`) return { size, text: MULTISTREAM_LS, event: { type: 'wire.ls' } };
    if (this.#machine.state === 'awaitingHeader') {
      const text = decodeMultistreamMessage(bytes, 0, maxBytes)?.value ?? '';
      return { size, text, event: { type: 'wire.list' } };
    }
    this.#protocols.push(...(decodeMultistreamList(bytes, 0, maxBytes)?.value ?? []));
    return { size, text: this.#protocols.join(' '), event: { type: 'wire.list' } };
  }

  #decodeOld(bytes: Uint8Array, maxBytes: number) {
    const { multistreamProposals } = this.#options.environment.limits;
    if (this.#left === undefined) {
      const head = decodeLegacyMultistreamHead(bytes, 0, maxBytes, multistreamProposals);
      if (head === undefined) return undefined;
      this.#left = head.value;
      return { size: head.size, text: `list of ${head.value} protocols`, event: this.#wholeOld() };
    }
    const entry = decodeMultistreamMessage(bytes, 0, maxBytes);
    if (entry === undefined) return undefined;
    this.#protocols.push(entry.value);
    this.#left--;
    return { size: entry.size, text: entry.value, event: this.#wholeOld() };
  }

  #wholeOld(): MultistreamAskerEvent | undefined {
    return this.#left === 0 ? { type: 'wire.list' } : undefined;
  }

  #perform(effect: MultistreamAskerEffect): void {
    switch (effect.type) {
      case 'send.question': {
        const lines = [MULTISTREAM_ID, MULTISTREAM_LS];
        const chunks = lines.map((line) => encodeMultistreamMessage(line));
        this.#outbound.next(this.#message('outbound', chunks, { type: 'multistream.messages', lines }));
        return;
      }
      case 'report.listed':
        this.#over = true;
        this.#options.onListed(this.#protocols);
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #fail(error: EngineError): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.onFailed(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { stays, machine, lastEvent } = this.#machine;
    const state = stays.at(-2)?.state ?? '';
    return new EngineError(code, 'remote', `multistream: no list of protocols (in ${state})`, {
      cause: this.#cause,
      details: { machine, state, lastEvent, timeline: [...stays], ...lastBytesOf(this.#buffer, undefined) },
    });
  }

  #message(direction: 'inbound' | 'outbound', chunks: readonly Uint8Array[], event: MessageEvent): ConnectionMessage {
    const { environment, connection, stream } = this.#options;
    return environment.message({ direction, layer: this.layer, connection, stream, chunks, event });
  }
}
