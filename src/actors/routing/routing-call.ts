/** One call of a composed router: asks tier by tier, passes on what comes, and says how it ended. */
import type { Observable, Subscriber } from 'rxjs';
import { EngineError } from '../../errors.js';
import { routingCallMachine, type RoutingCallEffect } from '../../machines/routing-call.js';
import type { Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { RouterAsk } from './router-ask.js';

/** A router with the time that one of its calls may take. */
export interface RouterEntry {
  readonly router: Router;
  /** Default `limits.routerTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** A router that failed, or did not end in time; the call went on. */
export interface RouterProblem {
  readonly source: string;
  readonly error: EngineError;
}

/** What can be asked. */
export type RoutingMethod = Exclude<keyof Router, 'name'>;

/** One question: how a router is asked, and what of its answers is passed on. */
export interface Question<Answer> {
  readonly method: RoutingMethod;
  /** What it is about, for messages. */
  readonly about: string;
  readonly enough: number;
  readonly ask: (router: Router) => Observable<Answer> | undefined;
  readonly isNews?: (answer: Answer) => boolean;
}

/** What a call is made of. */
export interface RoutingCallOptions<Answer> {
  readonly environment: Environment;
  readonly address: string;
  readonly tiers: readonly (readonly RouterEntry[])[];
  readonly question: Question<Answer>;
  readonly subscriber: Subscriber<Answer>;
  readonly onProblem: (problem: RouterProblem) => void;
  readonly onEnded: () => void;
}

/** One call. */
export class RoutingCall<Answer> {
  readonly #options: RoutingCallOptions<Answer>;
  readonly #machine: MachineActor<typeof routingCallMachine>;
  readonly #asks = new Set<RouterAsk<Answer>>();
  readonly #errors: EngineError[] = [];
  #over = false;

  constructor(options: RoutingCallOptions<Answer>) {
    const { environment, address, tiers, question } = options;
    this.#options = options;
    this.#machine = spawnMachine(environment, routingCallMachine, {
      address,
      input: { tiers: tiers.map((tier) => tier.length), enough: question.enough },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
  }

  /** Begins. */
  start(): void {
    if (!this.#over) this.#machine.start();
  }

  /** Ends it with `ERR_ABORTED`. Does nothing when it is over. */
  cancel(): void {
    if (this.#over) return;
    if (this.#machine.state === '') this.#end(this.#failure('ERR_ABORTED'));
    else this.#machine.send({ type: 'local.cancel' });
  }

  #perform(effect: RoutingCallEffect): void {
    switch (effect.type) {
      case 'ask.tier':
        for (const entry of this.#options.tiers[effect.tier] ?? []) this.#ask(entry);
        return;
      case 'drop.routers':
        this.#over = true;
        for (const ask of this.#asks) ask.cancel();
        return;
      case 'report.finished':
        this.#end();
        return;
      case 'report.failed':
        this.#end(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #ask({ router, timeoutMs }: RouterEntry): void {
    const { environment, address, question, subscriber, onProblem } = this.#options;
    const ask = new RouterAsk<Answer>({
      environment,
      address: `${address}/${router.name}`,
      name: router.name,
      timeoutMs: timeoutMs ?? environment.limits.routerTimeoutMs,
      ask: () => {
        const answers = question.ask(router);
        if (answers === undefined) throw new EngineError('ERR_ROUTING_UNSUPPORTED', 'local', router.name);
        return answers;
      },
      onAnswer: (answer) => {
        if (this.#over || question.isNews?.(answer) === false) return;
        this.#machine.send({ type: 'router.answered' });
        subscriber.next(answer);
      },
      onEnded: (error) => {
        this.#asks.delete(ask);
        if (this.#over) return;
        if (error !== undefined) {
          this.#errors.push(error);
          onProblem({ source: router.name, error });
        }
        this.#machine.send({ type: 'router.ended', failed: error !== undefined });
      },
    });
    this.#asks.add(ask);
    ask.start();
  }

  #end(error?: EngineError): void {
    this.#over = true;
    for (const ask of [...this.#asks]) ask.cancel();
    this.#options.onEnded();
    const { subscriber } = this.#options;
    if (error === undefined) subscriber.complete();
    else subscriber.error(error);
  }

  #failure(code: EngineError['code']): EngineError {
    const { method, about } = this.#options.question;
    const { machine, state, stays: timeline } = this.#machine;
    const details = { machine, state, timeline };
    // The only router that there is speaks for itself.
    const [sole, ...others] = this.#errors;
    if (code === 'ERR_ROUTING_FAILED' && sole !== undefined && others.length === 0) return sole.withDetails(details);
    const why = this.#errors.map(({ message }) => message).join('; ');
    const what = code === 'ERR_ROUTING_FAILED' ? `every router failed: ${why}` : 'it was cancelled';
    const blame = code === 'ERR_ROUTING_FAILED' ? 'remote' : code === 'ERR_ABORTED' ? 'local' : 'engine';
    const cause = code === 'ERR_ROUTING_FAILED' ? new AggregateError(this.#errors) : undefined;
    return new EngineError(code, blame, `${method} ${about}: ${what}`, { details, cause });
  }
}
