/** One client of the RPC: reads its requests, bounds what it may have under way, and writes the answers. */
import { EngineError } from '../errors.js';
import type { RpcChannel } from './channel.js';
import { LineReader } from './lines.js';
import { METHODS, type RpcService } from './methods.js';
import {
  badRequest,
  failureOf,
  idOf,
  parseRequest,
  type RequestId,
  type RpcAnswer,
  type RpcRequest,
} from './protocol.js';

/** What a session needs besides its channel. */
export interface SessionOptions {
  readonly service: RpcService;
  /** Whether a token is the right one, in constant time; absent where the socket's mode says who may connect. */
  readonly isToken?: ((token: string) => boolean) | undefined;
  onClosed(): void;
}

/** A client that is connected. */
export class RpcSession {
  readonly #channel: RpcChannel;
  readonly #options: SessionOptions;
  readonly #lines: LineReader;
  readonly #running = new Map<RequestId, AbortController>();
  #isKnown: boolean;
  #closed = false;
  #tokenTimer: unknown;

  constructor(channel: RpcChannel, options: SessionOptions) {
    const { limits, clock } = options.service;
    this.#channel = channel;
    this.#options = options;
    this.#lines = new LineReader(limits.rpcRequestBytes);
    this.#isKnown = options.isToken === undefined;
    channel.listen({ data: (chunk) => this.#read(chunk), closed: () => this.#end() });
    if (!this.#isKnown) {
      const late = (): void => this.#leave(null, unauthorized('no token came in time'));
      this.#tokenTimer = clock.setTimeout(late, limits.rpcTokenTimeoutMs);
    }
  }

  /** Closes the channel; what is under way is given up. */
  close(): void {
    this.#channel.destroy();
    this.#end();
  }

  /** Says why, and closes. */
  refuse(error: EngineError): void {
    this.#leave(null, error);
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const line of this.#lines.push(chunk)) {
        if (this.#closed) return;
        if (line.length > 0) this.#hear(line);
      }
    } catch (thrown) {
      // Where one line ends is not known any more.
      this.#leave(null, thrown);
    }
  }

  #hear(line: Uint8Array): void {
    let request: RpcRequest;
    try {
      request = parseRequest(line);
    } catch (thrown) {
      // Whoever has shown no token gets one try: a browser that posts here is gone with its first line.
      if (this.#isKnown) this.#send({ id: idOf(line), error: failureOf(thrown) });
      else this.#leave(null, thrown);
      return;
    }
    const { id, method, params } = request;
    if (method === 'auth') this.#authorize(id, params['token']);
    else if (!this.#isKnown) this.#leave(id, unauthorized('the first request has to be auth'));
    else if (method === 'cancel') this.#cancel(id, params['id']);
    else void this.#run(request);
  }

  #authorize(id: RequestId, token: unknown): void {
    const { isToken, service } = this.#options;
    if (isToken !== undefined && (typeof token !== 'string' || !isToken(token))) {
      this.#leave(id, unauthorized('the token is wrong'));
      return;
    }
    service.clock.clearTimeout(this.#tokenTimer);
    this.#isKnown = true;
    this.#send({ id, result: {} });
  }

  #cancel(id: RequestId, other: unknown): void {
    const running = this.#running.get(other as RequestId);
    running?.abort(new EngineError('ERR_ABORTED', 'local', 'cancelled by the client'));
    this.#send({ id, result: { cancelled: running !== undefined } });
  }

  async #run({ id, method, params }: RpcRequest): Promise<void> {
    const { service } = this.#options;
    const { rpcRequestsAtOnce } = service.limits;
    const aborter = new AbortController();
    let isOurs = false;
    try {
      const perform = METHODS.get(method);
      if (perform === undefined)
        throw new EngineError('ERR_RPC_UNKNOWN_METHOD', 'local', `there is no method ${method}`);
      if (this.#running.has(id)) throw badRequest(`the request ${id} is still under way`);
      if (this.#running.size >= rpcRequestsAtOnce) {
        throw new EngineError('ERR_RPC_LIMIT', 'local', `${rpcRequestsAtOnce} requests are under way`);
      }
      this.#running.set(id, aborter);
      isOurs = true;
      const tell = (event: unknown): void => this.#send({ id, event });
      const result: unknown = await perform({ service, params, signal: aborter.signal, tell });
      this.#running.delete(id);
      this.#send({ id, result });
    } catch (thrown) {
      if (isOurs) this.#running.delete(id);
      this.#send({ id, error: failureOf(thrown) });
    }
  }

  #send(answer: RpcAnswer): void {
    if (this.#closed) return;
    const { rpcAnswerBytes, rpcQueueBytes } = this.#options.service.limits;
    let text = JSON.stringify(answer);
    if (text.length > rpcAnswerBytes) {
      const { id } = answer;
      const why = `the answer has more than ${rpcAnswerBytes} bytes`;
      text = JSON.stringify({ id, error: failureOf(new EngineError('ERR_RPC_TOO_LARGE', 'local', why)) });
    }
    this.#channel.write(`${text}\n`);
    // It does not read: nothing that is said to it would arrive.
    if (this.#channel.queuedBytes > rpcQueueBytes) this.close();
  }

  #leave(id: RequestId | null, thrown: unknown): void {
    if (this.#closed) return;
    this.#send({ id, error: failureOf(thrown) });
    this.#channel.end();
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.service.clock.clearTimeout(this.#tokenTimer);
    const gone = new EngineError('ERR_ABORTED', 'local', 'the client went away');
    for (const aborter of this.#running.values()) aborter.abort(gone);
    this.#running.clear();
    this.#options.onClosed();
  }
}

function unauthorized(why: string): EngineError {
  return new EngineError('ERR_RPC_UNAUTHORIZED', 'local', why);
}
