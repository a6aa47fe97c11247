/**
 * Carries messages to peers of the DHT over streams: so many at once in all and to one peer, the others wait their turn.
 */
import { EngineError, toEngineError } from '../../errors.js';
import type { KadMessage, KadType } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import { KadExchange } from './kad-exchange.js';
import { pipelineOf, pipelinesOf, type KadPipeline } from './kad-pipeline.js';
import { KadStreams } from './kad-streams.js';
import type { AskOptions, DhtNetwork, KadRequester } from './network.js';

/** What a {@link KadRequests} is made of. */
export interface KadRequestsOptions {
  readonly environment: Environment;
  readonly network: DhtNetwork;
  /** `/ipfs/kad/1.0.0` or `/ipfs/lan/kad/1.0.0`; the first that the peer speaks. */
  readonly protocols: readonly string[];
  /** Address in the actor tree, e.g. `dht`. */
  readonly address: string;
}

type CallOptions = AskOptions;

/** One call, from its beginning to its end. */
interface Call {
  readonly peer: string;
  readonly type: KadType;
  /** What is sent, made when its turn has come. Throws where it cannot be written. */
  readonly pipeline: () => KadPipeline;
  readonly awaitsResponse: boolean;
  readonly sent: (() => void) | undefined;
  settle(outcome: { readonly response?: KadMessage | undefined } | { readonly error: EngineError }): void;
  exchange: KadExchange | undefined;
}

/** What goes on with one peer. */
interface Lane {
  /** Those that have a place: under way, or next in all. */
  placed: number;
  readonly waiting: Call[];
}

/** The requester of one DHT. */
export class KadRequests implements KadRequester {
  readonly #options: KadRequestsOptions;
  readonly #environment: Environment;
  readonly #streams: KadStreams;
  readonly #lanes = new Map<string, Lane>();
  /** Calls whose peer has room, in order; they wait for room in all. */
  #next: Call[] = [];
  readonly #running = new Set<Call>();
  #waiting = 0;
  #number = 0;
  #isStopped = false;

  constructor(options: KadRequestsOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#streams = new KadStreams(options.environment, options.network, options.protocols);
  }

  /**
   * Sends a request and resolves to its answer. Rejects with `ERR_KAD_...` (timeout, ended, too large, bad message,
   * unexpected, busy), with what opening a stream failed with, and with `ERR_ABORTED`.
   */
  async ask(peer: string, request: KadMessage, options?: CallOptions): Promise<KadMessage> {
    const response = await this.#call(peer, request.type, () => pipelineOf(request), true, options);
    // The machine is done only by an answer.
    return response as KadMessage;
  }

  /** Sends what has no answer; resolves when it was handed over whole. Rejects as {@link ask}. */
  async tell(peer: string, message: KadMessage, options?: CallOptions): Promise<void> {
    await this.#call(peer, message.type, () => pipelineOf(message), false, options);
  }

  /**
   * Sends several that have no answer, in order, as many in one go as the limit holds, on one stream as long as the peer
   * keeps it; resolves when all were handed over. Rejects as {@link ask}, when some may have been sent.
   */
  async tellMany(peer: string, messages: readonly KadMessage[], options?: CallOptions): Promise<void> {
    const { kadPipelineBytes } = this.#environment.limits;
    const pipelines = pipelinesOf(messages, kadPipelineBytes);
    for (;;) {
      const next = nextOf(pipelines);
      if (next === undefined) return;
      await this.#call(peer, next.type, () => next, false, options);
    }
  }

  /** Requests under way, those that wait, and streams that are kept: for who watches. */
  get counts(): { readonly running: number; readonly waiting: number; readonly keptStreams: number } {
    return { running: this.#running.size, waiting: this.#waiting, keptStreams: this.#streams.kept };
  }

  /** Cancels everything: the calls reject with `ERR_ABORTED`. Later ones reject with `ERR_NODE_STOPPED`. */
  stop(): void {
    this.#environment.turns.post(() => {
      this.#isStopped = true;
      const waiting = [...this.#next, ...[...this.#lanes.values()].flatMap((lane) => lane.waiting)];
      for (const call of waiting) this.#cancel(call);
      for (const call of [...this.#running]) this.#cancel(call);
      this.#streams.stop();
    });
  }

  #call(
    peer: string,
    type: KadType,
    pipeline: () => KadPipeline,
    awaitsResponse: boolean,
    { signal, sent }: CallOptions = {},
  ): Promise<KadMessage | undefined> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#environment.turns.post(() => this.#cancel(call));
      const call: Call = {
        peer,
        type,
        pipeline,
        awaitsResponse,
        sent,
        exchange: undefined,
        settle: (outcome) => {
          signal?.removeEventListener('abort', onAbort);
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.response);
        },
      };
      if (signal?.aborted === true) {
        call.settle({ error: cancelled(call) });
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#environment.turns.post(() => this.#enqueue(call));
    });
  }

  #enqueue(call: Call): void {
    const { kadRequestsPerPeer, kadRequestsWaiting } = this.#environment.limits;
    if (this.#isStopped) {
      call.settle({ error: new EngineError('ERR_NODE_STOPPED', 'local', 'the DHT is stopped') });
      return;
    }
    const lane = this.#lanes.get(call.peer) ?? { placed: 0, waiting: [] };
    const mayStart = lane.placed < kadRequestsPerPeer && this.#hasRoom();
    if (!mayStart && this.#waiting >= kadRequestsWaiting) {
      const what = `${this.#waiting} requests to peers of the DHT wait, as many as may`;
      call.settle({ error: new EngineError('ERR_KAD_BUSY', 'local', what) });
      return;
    }
    this.#lanes.set(call.peer, lane);
    this.#waiting++;
    if (lane.placed < kadRequestsPerPeer) {
      lane.placed++;
      this.#next.push(call);
    } else lane.waiting.push(call);
    this.#startNext();
  }

  #hasRoom(): boolean {
    return this.#running.size < this.#environment.limits.kadRequestsAtOnce;
  }

  #startNext(): void {
    while (this.#hasRoom()) {
      const call = this.#next.shift();
      if (call === undefined) return;
      this.#waiting--;
      this.#start(call);
    }
  }

  #start(call: Call): void {
    const { peer, pipeline, awaitsResponse, sent } = call;
    this.#running.add(call);
    try {
      call.exchange = new KadExchange({
        environment: this.#environment,
        streams: this.#streams,
        address: `${this.#options.address}/request:${++this.#number}`,
        peer,
        pipeline: pipeline(),
        awaitsResponse,
        ...(sent && { sent }),
        done: (response) => this.#end(call, { response }),
        failed: (error) => this.#end(call, { error }),
      });
      call.exchange.start();
    } catch (thrown) {
      this.#end(call, { error: unwritable(thrown) });
    }
  }

  #end(call: Call, outcome: Parameters<Call['settle']>[0]): void {
    if (!this.#running.delete(call)) return;
    call.settle(outcome);
    this.#leavePlace(call.peer);
  }

  /** The next call to the same peer takes the place. In a turn of its own: a thousand failures are no deep stack. */
  #leavePlace(peer: string): void {
    const lane = this.#lanes.get(peer);
    if (lane === undefined) return;
    const next = lane.waiting.shift();
    if (next !== undefined) this.#next.push(next);
    else if (--lane.placed === 0) this.#lanes.delete(peer);
    this.#environment.turns.post(() => this.#startNext());
  }

  #cancel(call: Call): void {
    if (call.exchange !== undefined) {
      call.exchange.cancel();
      return;
    }
    const lane = this.#lanes.get(call.peer);
    const at = lane?.waiting.indexOf(call) ?? -1;
    if (at >= 0) {
      lane?.waiting.splice(at, 1);
      this.#waiting--;
    } else if (this.#next.includes(call)) {
      this.#next = this.#next.filter((other) => other !== call);
      this.#waiting--;
      this.#leavePlace(call.peer);
    } else return;
    call.settle({ error: cancelled(call) });
  }
}

/** The next of some pipelines. Throws `ERR_INVALID_ARGUMENT` where a message cannot be written. */
function nextOf(pipelines: Generator<KadPipeline, void, undefined>): KadPipeline | undefined {
  try {
    return pipelines.next().value ?? undefined;
  } catch (thrown) {
    throw unwritable(thrown);
  }
}

/** The message is an argument of the caller. */
function unwritable(thrown: unknown): EngineError {
  return toEngineError(thrown, 'ERR_INVALID_ARGUMENT', 'local', 'the message cannot be written');
}

function cancelled({ type, peer }: Call): EngineError {
  return new EngineError('ERR_ABORTED', 'local', `${type} to ${peer}: cancelled`);
}
