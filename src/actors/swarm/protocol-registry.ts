/** Which protocols this node answers, and who handles their streams. */
import { Subject, type Observable } from 'rxjs';
import { EngineError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { StreamHandler } from '../stream/protocol-stream.js';

/** A protocol with its handler and bounds. */
export interface RegisteredProtocol {
  readonly protocol: string;
  readonly handler: StreamHandler;
  /** Inbound streams of this protocol on one connection. */
  readonly maxInboundStreams: number;
}

/** Exact protocol ids, or all ids that begin with one ending in `*`, e.g. `/chat/1.*`. */
export class ProtocolRegistry {
  readonly #exact = new Map<string, RegisteredProtocol>();
  readonly #prefixes = new Map<string, RegisteredProtocol>();
  readonly #changes = new Subject<readonly string[]>();
  readonly #maxBytes: number;

  /** `maxBytes` is what a multistream message holds at the most, its newline included. */
  constructor(maxBytes: number = LIMITS.multistreamMessageBytes) {
    this.#maxBytes = maxBytes;
  }

  /** Emits the list of ids when it changes. */
  get changes$(): Observable<readonly string[]> {
    return this.#changes;
  }

  /** The ids that can be told to others, in order of registration; prefixes are not among them. */
  list(): readonly string[] {
    return [...this.#exact.keys()];
  }

  /** Every id and pattern that has a handler. */
  all(): readonly string[] {
    return [...this.#exact.keys(), ...[...this.#prefixes.keys()].map((prefix) => `${prefix}*`)];
  }

  /** Adds a handler; throws `ERR_PROTOCOL_DUPLICATE` when the id is taken, `ERR_INVALID_ARGUMENT` for an odd id. */
  register(registered: RegisteredProtocol): void {
    const { protocol } = registered;
    checkProtocolId(protocol, this.#maxBytes);
    const isPrefix = protocol.endsWith('*');
    const table = isPrefix ? this.#prefixes : this.#exact;
    const key = isPrefix ? protocol.slice(0, -1) : protocol;
    if (table.has(key)) {
      throw new EngineError('ERR_PROTOCOL_DUPLICATE', 'local', `protocol ${protocol} already has a handler`);
    }
    table.set(key, registered);
    this.#changes.next(this.list());
  }

  /** Removes a handler; live streams go on. Answers whether there was one. */
  unregister(protocol: string): boolean {
    const removed = protocol.endsWith('*')
      ? this.#prefixes.delete(protocol.slice(0, -1))
      : this.#exact.delete(protocol);
    if (removed) this.#changes.next(this.list());
    return removed;
  }

  /** Who handles `protocol`: the exact id first, then the longest prefix. */
  find(protocol: string): RegisteredProtocol | undefined {
    const exact = this.#exact.get(protocol);
    if (exact !== undefined) return exact;
    let best: string | undefined;
    for (const prefix of this.#prefixes.keys()) {
      if (protocol.startsWith(prefix) && (best === undefined || prefix.length > best.length)) best = prefix;
    }
    return best === undefined ? undefined : this.#prefixes.get(best);
  }
}

/** Throws `ERR_INVALID_ARGUMENT` for an id that cannot be negotiated: no slash in front, blanks in it, or too long. */
export function checkProtocolId(protocol: string, maxBytes: number): void {
  if (/^\/[\x21-\x7e]+$/.test(protocol) && protocol.length < maxBytes) return;
  const given: unknown = protocol;
  const what = `a protocol id begins with "/", holds no blanks and has less than ${maxBytes} bytes`;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what}, got "${String(given).slice(0, 64)}"`);
}
