/** A simulated network without hosts: raw connections between named ports, and what their owners hear. */
import { runDrained } from '../../../src/platform/drained-steps.js';
import type { EngineError } from '../../../src/errors.js';
import type { TransportConnection, TransportEvents } from '../../../src/ports.js';
import { Agenda } from '../../../src/sim/world/agenda.js';
import type { LinkOptions } from '../../../src/sim/world/link-options.js';
import { SimNetwork } from '../../../src/sim/world/network.js';

/** What the owner of one end heard, in order, each with its time. */
export class Ear implements TransportEvents {
  readonly heard: string[] = [];
  readonly bytes: number[] = [];
  readonly chunks: number[] = [];
  error: EngineError | undefined;
  isClosed = false;
  readonly #agenda: Agenda;

  constructor(
    agenda: Agenda,
    readonly connection: TransportConnection,
    opens = true,
  ) {
    this.#agenda = agenda;
    if (opens) connection.open(this);
  }

  onChunk(chunk: Uint8Array): void {
    this.chunks.push(chunk.length);
    for (const byte of chunk) this.bytes.push(byte);
    this.#note(`${chunk.length} bytes`);
  }

  onChunks(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.onChunk(chunk);
  }

  onDrained(): void {
    this.#note('drained');
  }

  onEnded(): void {
    this.#note('ended');
  }

  onClosed(error?: EngineError): void {
    this.isClosed = true;
    this.error = error;
    this.#note(`closed ${error?.code ?? 'clean'}`);
  }

  #note(what: string): void {
    this.heard.push(`${this.#agenda.nowMs} ${what}`);
  }
}

/** Two ports, `a` and `b`, and more by name; `b` listens. */
export class Links {
  readonly agenda = new Agenda();
  readonly network: SimNetwork;
  /** Ends that were accepted, in order. */
  readonly accepted: Ear[] = [];
  /** How each dial failed. */
  readonly failures: string[] = [];
  /** When set, accepted ends are not opened. */
  keepsShut = false;

  constructor(options: Partial<LinkOptions> = {}, seed = 'links') {
    this.network = new SimNetwork(this.agenda, seed, options);
    this.listen('b');
  }

  listen(name: string): void {
    this.network.transportOf(name).listen(
      `/memory/${name}`,
      (connection) => this.accepted.push(new Ear(this.agenda, connection, !this.keepsShut)),
      () => undefined,
      (error) => this.failures.push(`${this.agenda.nowMs} ${error.code}`),
    );
  }

  dial(from: string, to: string, onConnected: (ear: Ear) => void = () => undefined): () => void {
    return this.network.transportOf(from).dial(
      `/memory/${to}`,
      (connection) => onConnected(new Ear(this.agenda, connection)),
      (error) => this.failures.push(`${this.agenda.nowMs} ${error.code}`),
    );
  }

  /** A connection from a to b, with both ends open. */
  async pair(): Promise<readonly [near: Ear, far: Ear]> {
    let near: Ear | undefined;
    const before = this.accepted.length;
    this.dial('a', 'b', (ear) => (near = ear));
    await this.run();
    const far = this.accepted[before];
    if (near === undefined || far === undefined) throw new Error('no connection');
    near.heard.length = far.heard.length = 0;
    return [near, far];
  }

  /** Everything that happens by itself, or up to a time. */
  async run(untilMs = Infinity): Promise<void> {
    const { clock } = this.agenda;
    const nothing = { onEnter: () => undefined, onLeave: () => undefined };
    await runDrained(() => {
      const { nextDueMs } = clock;
      return nextDueMs !== undefined && nextDueMs <= untilMs && clock.fireNext();
    }, nothing);
    if (untilMs !== Infinity) clock.advance(untilMs - clock.now());
  }
}

/** Bytes that tell their place. */
export function counting(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (from + index) % 251);
}
