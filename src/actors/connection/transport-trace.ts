/** What crosses the transport port of one connection, as it stands in a trace. Free while nothing traces. */
import type { EngineError } from '../../errors.js';
import type { TransportConnection } from '../../ports.js';
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
    if (this.#environment.tracing) this.#input('io:bytes_received', { raw: rawBytes(this.#environment, [chunk]) });
  }

  drained(): void {
    this.#input('io:drained', {});
  }

  ended(): void {
    this.#input('io:ended', {});
  }

  closed(error: EngineError | undefined): void {
    this.#input('io:closed', { error: error?.code, blame: error?.blame, message: error?.message });
  }

  /** Chunks went out as one write; `hasRoom` is what the transport answered. */
  sent(chunks: readonly Uint8Array[], hasRoom: boolean): void {
    if (!this.#environment.tracing) return;
    this.#record('io:bytes_sent', { raw: rawBytes(this.#environment, chunks), full: hasRoom ? undefined : true });
  }

  #input(name: string, data: Readonly<Record<string, unknown>>): void {
    this.#environment.turns.cause = this.#record(name, data);
  }

  #record(name: string, data: Readonly<Record<string, unknown>>): number | undefined {
    return this.#environment.record(name, this.#address, { socket: this.#socket, ...data });
  }
}
