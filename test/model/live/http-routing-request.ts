/** A delegated request, over a port whose server answers what the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { HttpRoutingRequestEvent, HttpRoutingRequestInput } from '../../../src/machines/http-routing-request.js';
import type { HttpClient, HttpRequest, HttpResponse, TraceSink } from '../../../src/ports.js';
import { AnswerBody } from '../../../src/routing/delegated/answer-body.js';
import { DelegatedRequest } from '../../../src/routing/delegated/request.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { utf8 } from '../../support/decoding.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

export const httpRoutingRequestDriver: LiveDriver = {
  model: modelOf('httpRoutingRequest'),
  reach: {
    can: ({ type }, { state }) => {
      if (isDeadline(type)) return state !== 'idle';
      if (type.startsWith('local.')) return state === 'idle';
      if (type === 'http.connected') return state === 'connecting';
      if (type.startsWith('head.')) return state === 'awaitingHead';
      if (type.startsWith('body.')) return state === 'streaming';
      return type === 'transport.failed' && ['connecting', 'awaitingHead', 'streaming'].includes(state);
    },
  },
  begin: ({ input }, trace) => new Requesting(input, trace),
};

class Requesting implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #request: DelegatedRequest;
  #asked: HttpRequest | undefined;
  #answer: (response: HttpResponse) => void = () => undefined;
  #lose: (error: EngineError) => void = () => undefined;
  #body = new AnswerBody(() => undefined);

  constructor(input: ModelPath['input'], trace: TraceSink) {
    const { timeoutMs } = httpRoutingRequestDriver.model.inputs[input] as HttpRoutingRequestInput;
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      limits: { httpRoutingTimeoutMs: timeoutMs },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const http: HttpClient = {
      request: (request) => {
        this.#asked = request;
        return new Promise((resolve, reject) => {
          this.#answer = resolve;
          this.#lose = reject;
        });
      },
      close: () => undefined,
    };
    const plan = { method: 'GET', url: 'http://a/b', headers: {}, expects: 'Providers' } as const;
    this.#request = new DelegatedRequest(this.#environment, http, 'delegated:1/0', plan, {
      onRecord: () => undefined,
      onValue: () => undefined,
      onThrottled: () => undefined,
      onFinished: () => undefined,
      onFailed: () => undefined,
    });
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const event = steps[at]?.event as HttpRoutingRequestEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    this.#bring(event, steps[at]?.from === 'streaming');
    // What the port promised is heard some promises later.
    await new Promise((resolve) => setImmediate(resolve));
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#request.stop());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #bring(event: HttpRoutingRequestEvent, isStreaming: boolean): void {
    switch (event.type) {
      case 'local.start':
        this.#environment.turns.post(() => this.#request.start(0));
        return;
      case 'local.rest':
        this.#environment.turns.post(() => this.#request.start(event.restMs));
        return;
      case 'http.connected':
        this.#asked?.onConnected?.();
        return;
      case 'head.records':
        this.#head(200, { 'content-type': 'application/x-ndjson' });
        return;
      case 'head.nothing':
        this.#head(404);
        return;
      case 'head.redirect':
        this.#head(302, { location: '/c' });
        return;
      case 'head.throttled':
        this.#head(429, { 'retry-after': String(event.restMs / 1000) });
        return;
      case 'head.refused':
        this.#head(500);
        return;
      case 'body.bytes':
        this.#body.push(utf8('\n'));
        return;
      case 'body.ended':
        this.#body.end();
        return;
      case 'body.refused':
        this.#body.push(utf8('words\n'));
        return;
      case 'transport.failed': {
        const error = new EngineError(event.code, 'remote', 'lost');
        if (isStreaming) this.#body.fail(error);
        else this.#lose(error);
        return;
      }
      default:
        event satisfies never;
    }
  }

  #head(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#answer({ status, headers, body: this.#body });
  }
}
