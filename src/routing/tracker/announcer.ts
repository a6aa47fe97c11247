/** Keeps one tracker told that we have the content of one CID. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import { spawnMachine, type MachineActor } from '../../actors/spawn.js';
import type { EngineError } from '../../errors.js';
import { trackerAnnounceMachine, type TrackerAnnounceEffect } from '../../machines/tracker-announce.js';
import type { Cancel } from '../../ports.js';
import type { TrackerRequest } from '../../wire/tracker.js';
import type { AnnounceListener, TrackerTarget } from './client.js';

/** What one announcer is made of. */
export interface AnnouncerOptions {
  /** Address of its actor. */
  readonly address: string;
  readonly target: TrackerTarget;
  /** One announce. */
  announce(target: TrackerTarget, event: TrackerRequest['event'], listener: AnnounceListener): Cancel;
  /** The tracker took it, or did not: each time. */
  told(target: TrackerTarget, error?: EngineError): void;
  /** It is over; the last call. */
  stopped(): void;
}

/** One tracker, one CID. */
export class TrackerAnnouncer {
  readonly #options: AnnouncerOptions;
  readonly #machine: MachineActor<typeof trackerAnnounceMachine>;
  #cancel: Cancel = () => undefined;

  constructor(environment: Environment, options: AnnouncerOptions) {
    this.#options = options;
    const { trackerIntervalMinMs, trackerIntervalMaxMs, trackerRetryMs, trackerFarewellMs } = environment.limits;
    this.#machine = spawnMachine(environment, trackerAnnounceMachine, {
      address: options.address,
      input: {
        minIntervalMs: trackerIntervalMinMs,
        maxIntervalMs: trackerIntervalMaxMs,
        retryMs: trackerRetryMs,
        farewellMs: trackerFarewellMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: () => this.#end(),
    });
  }

  start(): void {
    this.#machine.start();
  }

  /** Tells the tracker, if it knows of us, that we leave; `stopped` follows. */
  stop(): void {
    this.#machine.send({ type: 'local.stop' });
  }

  #perform(effect: TrackerAnnounceEffect): void {
    switch (effect.type) {
      case 'send.announce':
        this.#announce(effect.isFirst ? 'started' : undefined);
        return;
      case 'send.farewell':
        this.#announce('stopped');
        return;
      case 'report.stopped':
      case 'report.failed':
        this.#end();
        return;
      default:
        effect satisfies never;
    }
  }

  #announce(event: TrackerRequest['event']): void {
    this.#cancel();
    this.#cancel = this.#options.announce(this.#options.target, event, {
      answered: ({ intervalSeconds }) => {
        this.#machine.send({ type: 'tracker.answered', intervalMs: 1000 * intervalSeconds });
        if (event !== 'stopped') this.#options.told(this.#options.target);
      },
      failed: (error) => {
        this.#machine.send({ type: 'tracker.failed' });
        if (event !== 'stopped') this.#options.told(this.#options.target, error);
      },
    });
  }

  #end(): void {
    this.#cancel();
    this.#options.stopped();
  }
}
