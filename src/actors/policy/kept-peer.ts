/** One peer that is kept connected: performs what its machine orders, and draws the pauses between two attempts. */
import { keepAliveMachine, type KeepAliveEffect } from '../../machines/keep-alive.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** What keeping a peer needs. */
export interface KeptPeerOptions {
  readonly environment: Environment;
  readonly peer: string;
  /** Dials; resolves when connected. */
  dial(): Promise<unknown>;
}

/** A kept peer. */
export class KeptPeer {
  readonly #options: KeptPeerOptions;
  readonly #machine: MachineActor<typeof keepAliveMachine>;
  /** Dials that failed since the last connection. */
  #failures = 0;

  constructor(options: KeptPeerOptions) {
    this.#options = options;
    this.#machine = spawnMachine(options.environment, keepAliveMachine, {
      address: `keep:${options.peer}`,
      input: undefined,
      perform: (effect) => this.#perform(effect),
      broken: () => undefined,
    });
  }

  /** `connected`, `dialing`, `awaitingRetry`, or how it ended. */
  get state(): string {
    return this.#machine.state;
  }

  /** Begins by dialing; that of a connected peer is over at once. */
  start(connected: boolean): void {
    this.#machine.start();
    if (connected) this.#machine.send({ type: 'peer.connected' });
  }

  /** There is a connection, whoever dialed. */
  connected(): void {
    this.#machine.send({ type: 'peer.connected' });
  }

  /** There is none any more. */
  disconnected(): void {
    this.#machine.send({ type: 'peer.disconnected', retryMs: this.#pause() });
  }

  /** Lets the peer go. */
  release(): void {
    this.#machine.send({ type: 'local.release' });
  }

  #perform(effect: KeepAliveEffect): void {
    switch (effect.type) {
      case 'dial.peer':
        this.#dial();
        return;
      case 'report.connected':
        this.#failures = 0;
        return;
      case 'report.failed':
        return;
      default:
        effect satisfies never;
    }
  }

  #dial(): void {
    const { turns } = this.#options.environment;
    const failed = (): void =>
      turns.post(() => {
        if (this.#machine.done) return;
        this.#failures++;
        this.#machine.send({ type: 'dial.failed', retryMs: this.#pause() });
      });
    this.#options.dial().then(() => undefined, failed);
  }

  /** Doubles with each failure up to its bound, and is drawn from its upper half: nodes that lost one peer come back apart. */
  #pause(): number {
    const { limits, random } = this.#options.environment;
    const { keepAliveRetryMs, keepAliveRetryMaxMs } = limits;
    const longest = Math.min(keepAliveRetryMs * 2 ** Math.min(this.#failures, 30), keepAliveRetryMaxMs);
    const [high = 0, low = 0] = random.bytes('keep-alive:retry', 2);
    return Math.round((longest / 2) * (1 + (high * 256 + low) / 65_536));
  }
}
