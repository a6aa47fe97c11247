/** What crosses the transport port of one connection, as it stands in a trace. Free while nothing traces. */
import type { EngineError } from '../../errors.js';
import type { PassedBytes, TransportConnection } from '../../ports.js';
import type { Environment } from '../environment.js';
import { rawBytes } from './trace-bytes.js';

/** Writes the `io:*` records of one connection. */
export class TransportTrace {
  readonly #environment: Environment;
  readonly #address: string;
  #socket: number | undefined;

  constructor(environment: Environment, address: string) {
    this.#environment = environment;
    this.#address = address;
  }

  opened(role: string, transport: TransportConnection): void {
    this.#socket = transport.number;
    this.#record('io:opened', { role, remote: transport.remoteAddress, local: transport.localAddress });
  }

  /** A chunk came: what is made of it has it as its cause. */
  received(chunk: Uint8Array): void {
    const environment = this.#environment;
    if (!environment.tracing) return;
    const passed = this.#passed('inbound', chunk.length);
    environment.turns.cause = environment.recordPassed('io:bytes_received', this.#address, passed, () => ({
      socket: this.#socket,
      raw: rawBytes(environment, [chunk]),
    }));
  }

  drained(): void {
    const environment = this.#environment;
    if (!environment.tracing) return;
    const passed = this.#passed('inbound', 0);
    environment.turns.cause = environment.recordPassed('io:drained', this.#address, passed, () => ({
      socket: this.#socket,
    }));
  }

  ended(): void {
    this.#input('io:ended', {});
  }

  closed(error: EngineError | undefined): void {
    this.#input('io:closed', { error: error?.code, blame: error?.blame, message: error?.message });
  }

  /** Chunks went out as one write; `hasRoom` is what the transport answered. */
  sent(chunks: readonly Uint8Array[], hasRoom: boolean): void {
    const environment = this.#environment;
    if (!environment.tracing) return;
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    environment.recordPassed('io:bytes_sent', this.#address, this.#passed('outbound', length), () => ({
      socket: this.#socket,
      raw: rawBytes(environment, chunks),
      full: hasRoom ? undefined : true,
    }));
  }

  #passed(direction: PassedBytes['direction'], length: number): PassedBytes {
    const { nowMs: timeMs } = this.#environment.turns;
    return { timeMs, direction, layer: 'transport', connection: this.#address, stream: undefined, length };
  }

  #input(name: string, data: Readonly<Record<string, unknown>>): void {
    this.#environment.turns.cause = this.#record(name, data);
  }

  #record(name: string, data: Readonly<Record<string, unknown>>): number | undefined {
    return this.#environment.record(name, this.#address, { socket: this.#socket, ...data });
  }
}
