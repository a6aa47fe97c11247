/** One delegated request under way: the machine says how far it is, this asks over the HTTP port, counts and reads. */
import type { Environment } from '../../actors/environment.js';
import { spawnMachine, type MachineActor } from '../../actors/spawn.js';
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { httpRoutingRequestMachine, type HttpRoutingRequestEffect } from '../../machines/http-routing-request.js';
import type { HttpClient, HttpResponse } from '../../ports.js';
import type { PeerRecord } from '../../wire/http-routing.js';
import { LinesReader, ListReader, ValueReader, type AnswerReader } from './answer-readers.js';
import { headOf, type Expected } from './head.js';

/** What is asked. */
export interface DelegatedPlan {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly expects: Expected;
}

/** Hears a request; always inside a turn. */
export interface DelegatedListener {
  onRecord(record: PeerRecord): void;
  /** May throw an `EngineError`, which refuses the value: the request then fails with it. */
  onValue(value: Uint8Array): void;
  /** The server wants to be left alone for so long. */
  onThrottled(restMs: number): void;
  onFinished(): void;
  onFailed(error: EngineError): void;
}

/** A request. Start it once, inside a turn. */
export class DelegatedRequest {
  readonly #environment: Environment;
  readonly #http: HttpClient;
  readonly #plan: DelegatedPlan;
  readonly #listener: DelegatedListener;
  readonly #machine: MachineActor<typeof httpRoutingRequestMachine>;
  /** Where it is asked now: a redirect changes it. */
  #url: string;
  /** Of the exchange under way; what comes of an earlier one is dropped. */
  #controller: AbortController | undefined;
  #reader: AnswerReader | undefined;
  #cause: unknown;
  #why = '';

  constructor(
    environment: Environment,
    http: HttpClient,
    address: string,
    plan: DelegatedPlan,
    listener: DelegatedListener,
  ) {
    const { limits } = environment;
    this.#environment = environment;
    this.#http = http;
    this.#plan = plan;
    this.#url = plan.url;
    this.#listener = listener;
    this.#machine = spawnMachine(environment, httpRoutingRequestMachine, {
      address,
      input: {
        connectTimeoutMs: limits.httpRoutingConnectTimeoutMs,
        headTimeoutMs: limits.httpRoutingHeadTimeoutMs,
        idleTimeoutMs: limits.httpRoutingIdleTimeoutMs,
        timeoutMs: limits.httpRoutingTimeoutMs,
        restWaitMs: limits.httpRoutingRestWaitMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#drop();
        listener.onFailed(error);
      },
    });
  }

  /** `restMs`: the server asked before to be left alone for so long. */
  start(restMs: number): void {
    this.#machine.start();
    this.#machine.send(restMs > 0 ? { type: 'local.rest', restMs } : { type: 'local.start' });
  }

  /** Ends it without a word, wherever it is. */
  stop(): void {
    this.#machine.stop();
    this.#drop();
  }

  #perform(effect: HttpRoutingRequestEffect): void {
    switch (effect.type) {
      case 'send.request':
        void this.#exchange();
        return;
      case 'drop.request':
        this.#drop();
        return;
      case 'report.finished':
        this.#drop();
        this.#listener.onFinished();
        return;
      case 'report.failed':
        this.#drop();
        this.#listener.onFailed(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  async #exchange(): Promise<void> {
    const controller = new AbortController();
    this.#controller = controller;
    const { signal } = controller;
    const post = (work: () => void): void =>
      this.#environment.turns.post(() => {
        if (!signal.aborted && !this.#machine.done) work();
      });
    const { method, headers, body } = this.#plan;
    const onConnected = (): void => post(() => this.#connected());
    try {
      const response = await this.#http.request({ method, url: this.#url, headers, body, signal, onConnected });
      post(() => this.#hear(response));
      if (signal.aborted) return;
      for await (const chunk of response.body) {
        post(() => this.#receive(chunk));
        if (signal.aborted) return;
      }
      post(() => this.#ended());
    } catch (thrown) {
      post(() => this.#lost(thrown));
    }
  }

  #connected(): void {
    if (this.#machine.state === 'connecting') this.#machine.send({ type: 'http.connected' });
  }

  #hear(response: HttpResponse): void {
    this.#connected();
    const { clock, limits } = this.#environment;
    const request = { url: this.#url, expects: this.#plan.expects };
    const head = headOf(response, request, { wallTimeMs: clock.wallTime(), limits });
    switch (head.means) {
      case 'lines':
      case 'list':
      case 'value':
        this.#reader = this.#readerFor(head.means);
        this.#machine.send({ type: 'head.records' });
        return;
      case 'nothing':
        this.#machine.send({ type: 'head.nothing' });
        return;
      case 'redirect':
        this.#url = head.url;
        this.#machine.send({ type: 'head.redirect' });
        return;
      case 'throttled':
        this.#listener.onThrottled(head.restMs);
        this.#machine.send({ type: 'head.throttled', restMs: head.restMs });
        return;
      case 'refused':
        this.#why = head.why;
        this.#machine.send({ type: 'head.refused', code: head.code });
        return;
      default:
        head satisfies never;
    }
  }

  #readerFor(means: 'lines' | 'list' | 'value'): AnswerReader {
    const { limits } = this.#environment;
    const { expects } = this.#plan;
    const onRecord = (record: PeerRecord): void => this.#listener.onRecord(record);
    if (means === 'lines') return new LinesReader(limits, onRecord);
    if (means === 'list') return new ListReader(limits, expects === 'Peers' ? 'Peers' : 'Providers', onRecord);
    return new ValueReader(limits, (value) => this.#listener.onValue(value));
  }

  #receive(chunk: Uint8Array): void {
    this.#read(() => this.#reader?.push(chunk), 'body.bytes');
  }

  #ended(): void {
    this.#read(() => this.#reader?.end(), 'body.ended');
  }

  #read(read: () => void, event: 'body.bytes' | 'body.ended'): void {
    try {
      read();
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_HTTP_ROUTING_BAD_JSON', 'remote', String(thrown));
      this.#cause = error;
      this.#machine.send({ type: 'body.refused', code: error.code });
      return;
    }
    this.#machine.send({ type: event });
  }

  #lost(thrown: unknown): void {
    const error = toEngineError(thrown, 'ERR_HTTP_FAILED', 'remote', String(thrown));
    this.#cause = error;
    this.#machine.send({ type: 'transport.failed', code: error.code });
  }

  #drop(): void {
    this.#controller?.abort();
    this.#controller = undefined;
  }

  #failure(code: ErrorCode): EngineError {
    const { machine, stays, lastEvent } = this.#machine;
    const details = { machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: [...stays], address: this.#url };
    const cause = this.#cause;
    // What refused the answer says it best.
    if (cause instanceof EngineError && cause.code === code) return cause.withDetails(details);
    const what =
      this.#why === '' ? (WORDS[stays.at(-1)?.state ?? ''] ?? 'it heard what it does not expect') : this.#why;
    return new EngineError(code, 'remote', `delegated routing: ${this.#url}: ${what}`, { cause, details });
  }
}

/** What the failures of the machine mean. */
const WORDS: Readonly<Record<string, string>> = {
  cutOff: 'the connection was lost in the middle of the answer',
  redirected: 'a second redirect',
  throttled: 'the server is asked too often',
  connectTimedOut: 'no connection in time',
  headTimedOut: 'no answer in time',
  timedOut: 'the answer was not whole in time',
  stalled: 'the server went silent in the middle of the answer',
};
