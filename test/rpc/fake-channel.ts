/** A channel in memory: what a client writes is given at once; what the server writes is kept, and read when asked. */
import type { RpcChannel } from '../../src/rpc/channel.js';

type Json = Record<string, unknown>;

export class FakeChannel implements RpcChannel {
  readonly written: string[] = [];
  /** Whether what is written stays queued, as with a client that never reads. */
  isStuck = false;
  isClosed = false;
  #queued = 0;
  #events: { data(chunk: Uint8Array): void; closed(): void } | undefined;

  get queuedBytes(): number {
    return this.#queued;
  }

  write(text: string): void {
    if (this.isClosed) throw new Error('written to after its end');
    this.written.push(text);
    if (this.isStuck) this.#queued += text.length;
  }

  end(): void {
    this.isClosed = true;
  }

  destroy(): void {
    this.isClosed = true;
  }

  listen(events: { data(chunk: Uint8Array): void; closed(): void }): void {
    this.#events = events;
  }

  /** The other end says something, in chunks of `size`. */
  say(text: string | Uint8Array, size = Infinity): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    for (let at = 0; at < bytes.length; at += size) this.#events?.data(bytes.subarray(at, at + size));
  }

  /** The other end asks something. */
  ask(request: Json): void {
    this.say(`${JSON.stringify(request)}\n`);
  }

  /** The other end is gone. */
  hangUp(): void {
    this.isClosed = true;
    this.#events?.closed();
  }

  get answers(): readonly Json[] {
    return this.written.map((line) => JSON.parse(line) as Json);
  }
}
