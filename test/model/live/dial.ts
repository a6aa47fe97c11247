/** A dial, with connections that come to what the path wants. */
import type { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { Environment } from '../../../src/actors/environment.js';
import { DialAttempt } from '../../../src/actors/swarm/dial-attempt.js';
import { DialSlots } from '../../../src/actors/swarm/dial-slots.js';
import { EngineError } from '../../../src/errors.js';
import type { DialContext, DialEvent, DialInput } from '../../../src/machines/dial.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const model = modelOf('dial');

export const dialDriver: LiveDriver = {
  model,
  reach: {
    can: ({ type }, { state, context }) => {
      if (type === 'stranger.event') return false;
      const { begun, delaysMs } = context as unknown as DialContext;
      const isBeginning = state === 'dialing' && begun < delaysMs.length;
      // The actor says at once that there are more; only an address that is refused at once can come before.
      if (isBeginning) return type === 'addresses.more' || type === 'connection.failed';
      return type !== 'addresses.more';
    },
  },
  begin: (path, trace) => new Dialing(model.inputs[path.input] as DialInput, path, trace),
};

/** A step that is over when the dial has begun: an address was refused at once, and the next one taken. */
function isAtOnce({ from, to, event }: ModelStep): boolean {
  return event.type === 'addresses.more' || (from === 'dialing' && to === 'dialing');
}

class Dialing implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #attempt: DialAttempt;
  /** Connections without an outcome, oldest first. */
  readonly #pending: ConnectionActor[] = [];

  constructor({ delaysMs, maxAtOnce, timeoutMs }: DialInput, { steps }: ModelPath, trace: TraceSink) {
    let refusals = steps.filter((step) => isAtOnce(step) && step.event.type === 'connection.failed').length;
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      limits: { dialsPerPeer: maxAtOnce, dialTimeoutMs: timeoutMs },
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#attempt = new DialAttempt({
      environment: this.#environment,
      address: 'dial:1',
      named: [],
      find: (onFound) => {
        onFound(delaysMs.map((delayMs, index) => ({ address: `/memory/${index}`, delayMs })));
        return () => undefined;
      },
      slots: new DialSlots(this.#environment.limits),
      connect: () => {
        if (refusals-- > 0) throw new EngineError('ERR_CONNECTION_LIMIT', 'local', 'there are too many');
        const connection = { close: () => undefined } as unknown as ConnectionActor;
        this.#pending.push(connection);
        return connection;
      },
      onOutcome: () => undefined,
      onDone: () => undefined,
    });
    this.#attempt.join().catch(() => undefined);
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (steps.slice(at, at + 1).some(isAtOnce)) return 1;
    const event = steps[at]?.event as DialEvent;
    const { turns } = this.#environment;
    switch (event.type) {
      case 'addresses.more':
        break;
      case 'connection.opened':
        turns.post(() => this.#attempt.opened(this.#next()));
        break;
      case 'connection.failed':
        turns.post(() =>
          this.#attempt.failed(this.#next(), new EngineError('ERR_TRANSPORT_REFUSED', 'remote', 'refused')),
        );
        break;
      case 'local.cancel':
        this.#attempt.cancel();
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#attempt.cancel();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #next(): ConnectionActor {
    const connection = this.#pending.shift();
    if (connection === undefined) throw new Error('the path wants an outcome, and nothing is dialed');
    return connection;
  }
}
