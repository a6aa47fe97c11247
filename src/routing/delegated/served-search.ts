/** One search for a client of the delegated routing server: the machine says how it ends, this gathers or streams. */
import { Subscription, type Observable } from 'rxjs';
import type { Environment } from '../../actors/environment.js';
import { spawnMachine, type MachineActor } from '../../actors/spawn.js';
import { EngineError, toEngineError } from '../../errors.js';
import { httpRoutingAnswerMachine, type HttpRoutingAnswerEffect } from '../../machines/http-routing-answer.js';
import type { HttpServerResponse } from '../../ports.js';
import { AnswerBody } from './answer-body.js';
import { textResponse } from './responses.js';

/** What is searched, and how it is told. */
export interface SearchPlan<Answer> {
  readonly search: Observable<Answer>;
  /** Answers after which it ends. */
  readonly cap: number;
  /** The whole answer, when the search has ended; of a streamed one only where nothing was found. */
  whole(answers: readonly Answer[]): HttpServerResponse;
  /** Streamed: the headers, and the bytes of one answer. Absent, answers are gathered. */
  readonly stream?: {
    readonly headers: Readonly<Record<string, string>>;
    encode(answer: Answer): Uint8Array;
  };
}

/** Hears a search, inside turns. */
export interface SearchListener {
  onResponse(response: HttpServerResponse): void;
  /** Nothing is held for it any more: its client has had everything, or has left. */
  onOver(answers: number): void;
}

/** A search under way. Start it once, inside a turn. */
export class ServedSearch<Answer> {
  readonly #environment: Environment;
  readonly #plan: SearchPlan<Answer>;
  readonly #listener: SearchListener;
  readonly #machine: MachineActor<typeof httpRoutingAnswerMachine>;
  readonly #subscription = new Subscription();
  readonly #gathered: Answer[] = [];
  #latest: readonly [Answer] | undefined;
  #count = 0;
  #body: AnswerBody | undefined;
  #cause: EngineError | undefined;
  #responded = false;
  #over = false;

  constructor(environment: Environment, address: string, plan: SearchPlan<Answer>, listener: SearchListener) {
    this.#environment = environment;
    this.#plan = plan;
    this.#listener = listener;
    this.#machine = spawnMachine(environment, httpRoutingAnswerMachine, {
      address,
      input: { timeoutMs: environment.limits.httpRoutingServedTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#breakOff(error),
    });
  }

  start(): void {
    this.#machine.start();
    // Answers come inside turns or outside, as the router likes.
    const { turns } = this.#environment;
    this.#subscription.add(
      this.#plan.search.subscribe({
        next: (answer) => turns.post(() => this.#found(answer)),
        complete: () => turns.post(() => this.#machine.send({ type: 'search.completed' })),
        error: (thrown: unknown) => turns.post(() => this.#failed(thrown)),
      }),
    );
    if (this.#machine.done) this.#subscription.unsubscribe();
  }

  /** The client is gone. */
  leave(): void {
    this.#machine.send({ type: 'client.left' });
    // It may have left what waits for it.
    void this.#body?.return();
  }

  #found(answer: Answer): void {
    if (this.#machine.done) return;
    this.#latest = [answer];
    const waiting = this.#body?.queuedBytes ?? 0;
    if (waiting >= this.#environment.limits.httpRoutingServedQueueBytes) this.#machine.send({ type: 'reader.slow' });
    else this.#machine.send({ type: this.#count + 1 >= this.#plan.cap ? 'answer.last' : 'answer.found' });
  }

  #failed(thrown: unknown): void {
    this.#cause = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', `a router threw: ${String(thrown)}`);
    this.#machine.send({ type: 'search.failed', code: this.#cause.code });
  }

  #perform(effect: HttpRoutingAnswerEffect): void {
    switch (effect.type) {
      case 'begin.answer':
        this.#begin();
        return;
      case 'take.answer':
        this.#take();
        return;
      case 'end.search':
        this.#subscription.unsubscribe();
        return;
      case 'report.answered':
        this.#subscription.unsubscribe();
        if (this.#body === undefined) this.#respond(this.#plan.whole(this.#gathered));
        else this.#body.end();
        return;
      case 'report.failed':
      case 'report.brokenOff':
        this.#breakOff(
          this.#cause ?? new EngineError(effect.code, 'remote', 'delegated routing: the search was cut off'),
        );
        return;
      default:
        effect satisfies never;
    }
  }

  #begin(): void {
    const { stream } = this.#plan;
    if (stream === undefined) return;
    this.#body = new AnswerBody(() => this.#environment.turns.post(() => this.#end()));
    this.#respond({ status: 200, headers: stream.headers, body: this.#body });
  }

  #take(): void {
    if (this.#latest === undefined) return;
    const [answer] = this.#latest;
    this.#count++;
    if (this.#body === undefined) this.#gathered.push(answer);
    else this.#body.push(this.#plan.stream?.encode(answer) ?? new Uint8Array(0));
  }

  #breakOff(error: EngineError): void {
    this.#subscription.unsubscribe();
    if (this.#body !== undefined) this.#body.fail(error);
    else this.#respond(textResponse(500, error.code));
  }

  #respond(response: HttpServerResponse): void {
    if (this.#responded) return;
    this.#responded = true;
    this.#listener.onResponse(response);
    if (this.#body === undefined) this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.onOver(this.#count);
  }
}
