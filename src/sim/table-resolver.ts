/** Names from tables: the virtual twin of DNS. */
import { EngineError } from '../errors.js';
import type { Clock, Resolver } from '../ports.js';

/** What is known, by name; what is not has no answers. `broken`: the server fails. `silent`: it never answers. */
export interface NameTables {
  readonly txt?: NameTable;
  readonly ip4?: NameTable;
  readonly ip6?: NameTable;
}

/** The answers of one kind of record. */
export type NameTable = Readonly<Record<string, readonly string[] | 'broken' | 'silent'>>;

/** How a table answers. */
export interface TableResolverOptions {
  readonly clock: Clock;
  /** Default 0: the next timer. */
  readonly latencyMs?: number;
}

/** A resolver that reads `tables` and notes what it was asked. */
export class TableResolver implements Resolver {
  /** Every look-up, in order, e.g. `txt _dnsaddr.example.com`. */
  readonly asked: string[] = [];
  readonly #tables: NameTables;
  readonly #options: TableResolverOptions;

  constructor(tables: NameTables, options: TableResolverOptions) {
    this.#tables = tables;
    this.#options = options;
  }

  resolveTxt(name: string): Promise<readonly string[]> {
    return this.#answer('txt', name);
  }

  resolve4(name: string): Promise<readonly string[]> {
    return this.#answer('ip4', name);
  }

  resolve6(name: string): Promise<readonly string[]> {
    return this.#answer('ip6', name);
  }

  #answer(kind: keyof NameTables, name: string): Promise<readonly string[]> {
    const { clock, latencyMs = 0 } = this.#options;
    this.asked.push(`${kind} ${name}`);
    const known = this.#tables[kind]?.[name] ?? [];
    return new Promise((resolve, reject) => {
      if (known === 'silent') return;
      clock.setTimeout(() => {
        if (known !== 'broken') resolve(known);
        else reject(new EngineError('ERR_RESOLVE_FAILED', 'remote', `table: the server of ${name} fails`));
      }, latencyMs);
    });
  }
}
