/** Our own records on a data store, one entry a name: what was published last, and when it goes out again. */
import { ipnsNameText, parseIpnsName } from '../../crypto/ipns-name.js';
import { readIpnsRecord, type IpnsRecord } from '../../crypto/ipns-record.js';
import { EngineError, toEngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { DataStore } from '../../ports.js';
import { decodeOwnIpns, encodeOwnIpns, type OwnIpnsEntry } from '../../wire/ipns-own.js';

const PREFIX = '/own/ipns/';

/** One name, as it is stored, and what its record says. */
export interface OwnRecord {
  readonly entry: OwnIpnsEntry;
  readonly read: IpnsRecord;
}

/** A name that was read. */
export type StoredName =
  | { readonly name: string; readonly own: OwnRecord }
  /** It is left as it is, and another record is not written over it before its number is known. */
  | { readonly name: string; readonly damage: EngineError };

/** The entries of a store. */
export class OwnRecords {
  readonly #store: DataStore;
  readonly #limits: Limits;

  constructor(store: DataStore, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  /**
   * All that is stored, as many names as the limit; `surplus` hears of those beyond, which stay stored. A key that names
   * nobody is passed over. Rejects with `ERR_STORE_FAILED`.
   */
  async *all(surplus: (name: string) => void): AsyncGenerator<StoredName, void, undefined> {
    let names = 0;
    try {
      for await (const [key, bytes] of this.#store.query(PREFIX)) {
        const name = nameOf(key);
        if (name === undefined) continue;
        if (++names > this.#limits.ipnsOwnNames) surplus(name);
        else yield this.#read(name, bytes);
      }
    } catch (thrown) {
      throw toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading our IPNS records');
    }
  }

  /** Writes an entry in place of the one before. Rejects with `ERR_STORE_FAILED`. */
  async write(name: string, entry: OwnIpnsEntry): Promise<void> {
    try {
      await this.#store.put(PREFIX + ipnsNameText(name), encodeOwnIpns(entry));
    } catch (thrown) {
      throw toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'writing an IPNS record');
    }
  }

  #read(name: string, bytes: Uint8Array): StoredName {
    try {
      const entry = decodeOwnIpns(bytes);
      return { name, own: { entry, read: readIpnsRecord(entry.record, this.#limits) } };
    } catch (cause) {
      const what = `what is stored of /ipns/${ipnsNameText(name)} does not decode`;
      return { name, damage: new EngineError('ERR_IPNS_DAMAGED', 'local', what, { cause }) };
    }
  }
}

function nameOf(key: string): string | undefined {
  try {
    return parseIpnsName(key.slice(PREFIX.length));
  } catch {
    return undefined;
  }
}
