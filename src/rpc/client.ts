/** A client of the RPC: what the command line asks a running daemon with. */
import { EngineError, toEngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { RpcChannel } from './channel.js';
import { LineReader } from './lines.js';
import { errorOf, parseAnswer } from './protocol.js';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: EngineError): void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** Calls methods of one daemon. */
export class RpcClient {
  readonly #channel: RpcChannel;
  readonly #lines = new LineReader(LIMITS.rpcAnswerBytes);
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: EngineError | undefined;

  constructor(channel: RpcChannel) {
    this.#channel = channel;
    channel.listen({
      data: (chunk) => this.#read(chunk),
      closed: () => this.#end(new EngineError('ERR_RPC_CLOSED', 'local', 'the connection with the daemon is closed')),
    });
  }

  /** Calls `method`; `onEvent` hears what it streams. Rejects with the daemon's error, or `ERR_RPC_CLOSED`. */
  call(method: string, params: object = {}, onEvent?: (event: unknown) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject, onEvent });
      this.#channel.write(`${JSON.stringify({ id, method, params })}\n`);
    });
  }

  close(): void {
    this.#channel.end();
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#hear(line);
    } catch (thrown) {
      this.#end(toEngineError(thrown, 'ERR_RPC_BAD_ANSWER', 'local', 'what the daemon says does not read'));
      this.#channel.destroy();
    }
  }

  #hear(line: Uint8Array): void {
    const answer = parseAnswer(line);
    if (answer.id === null) {
      // Said of the connection, which ends with it.
      if (answer.error !== undefined) this.#end(errorOf(answer.error));
      return;
    }
    const waiting = this.#waiting.get(Number(answer.id));
    if (waiting === undefined) return;
    if ('event' in answer) {
      waiting.onEvent?.(answer.event);
      return;
    }
    this.#waiting.delete(Number(answer.id));
    if (answer.error === undefined) waiting.resolve(answer.result);
    else waiting.reject(errorOf(answer.error));
  }

  #end(error: EngineError): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}
