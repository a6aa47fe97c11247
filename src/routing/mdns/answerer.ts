/** Answers one question of the local network, whoever asks it, at the pace that its machine allows. */
import type { Environment } from '../../actors/environment.js';
import { spawnMachine, type MachineActor } from '../../actors/spawn.js';
import { mdnsAnswerMachine } from '../../machines/mdns-answer.js';

/** What answers. */
export interface AnswererOptions {
  readonly address: string;
  readonly send: () => void;
}

/** One question's answer. All calls in a turn. */
export class MdnsAnswerer {
  readonly #environment: Environment;
  readonly #machine: MachineActor<typeof mdnsAnswerMachine>;

  constructor(environment: Environment, { address, send }: AnswererOptions) {
    this.#environment = environment;
    this.#machine = spawnMachine(environment, mdnsAnswerMachine, {
      address,
      input: { paceMs: environment.limits.mdnsPaceMs },
      perform: (effect) => {
        // A bug that ends it is told by the trace; the others go on.
        if (effect.type === 'send.answer') send();
      },
      broken: () => undefined,
    });
  }

  start(): void {
    this.#machine.start();
  }

  asked(): void {
    this.#machine.send({ type: 'wire.question', delayMs: mdnsDelayMs(this.#environment) });
  }

  stop(): void {
    this.#machine.send({ type: 'local.stop' });
  }
}

/** A delay by chance, as RFC 6762 asks for before what many may say at once. */
export function mdnsDelayMs({ random, limits }: Environment): number {
  const [high = 0, low = 0] = random.bytes('mdns.delay', 2);
  const share = (256 * high + low) / 65_535;
  return Math.round(limits.mdnsDelayMinMs + share * (limits.mdnsDelayMaxMs - limits.mdnsDelayMinMs));
}
