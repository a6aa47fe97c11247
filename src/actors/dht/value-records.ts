/**
 * Values that others put here (libp2p/specs kad-dht/README.md, "Entry validation"): only of namespaces that have a
 * validator, only valid ones, and never a worse one over a better. They live for 48 h from when they were received. Where
 * too many are stored, those whose keys are farthest from our own id go first.
 */
import type { Observable } from 'rxjs';
import { namespaceOf } from '../../crypto/ipns-name.js';
import { peerIdToBytes } from '../../crypto/peer-id.js';
import { EngineError, toEngineError } from '../../errors.js';
import type { DataStore } from '../../ports.js';
import type { ValueValidator } from '../../routing/router.js';
import { fromHex, toHex } from '../../wire/hex.js';
import { decodeKadRecord, encodeKadRecord, type KadRecord } from '../../wire/kad.js';
import { formatRfc3339Ms, parseRfc3339Ms } from '../../wire/rfc3339.js';
import type { Environment } from '../environment.js';
import { closenessTo } from './closeness.js';
import type { ValueStore } from './kad-answers.js';
import { RecordProblems, Sweep, type RecordProblem } from '../records/record-keeping.js';
import { validatorIn, type Validators } from './value-choice.js';

/** What {@link ValueRecords} are made of. */
export interface ValueRecordsOptions {
  readonly environment: Environment;
  readonly store: DataStore;
  /** Our own peer id. */
  readonly self: string;
  /** Which DHT it is, e.g. `wan`: part of the keys in the store. */
  readonly name: string;
  /** By namespace, e.g. `ipns` and `pk`. */
  readonly validators: Validators;
}

/** What is known in memory of a stored value. */
interface Noted {
  readonly bytes: number;
  readonly receivedAtMs: number;
  readonly closeness: number;
}

/** The value records of one DHT. */
export class ValueRecords implements ValueStore {
  readonly #environment: Environment;
  readonly #options: ValueRecordsOptions;
  readonly #prefix: string;
  readonly #closeness: (key: Uint8Array) => number;
  readonly #noted = new Map<string, Noted>();
  readonly #problems: RecordProblems;
  readonly #sweep: Sweep;
  /** One change of the store at a time: what is better is judged against what is stored. */
  #work: Promise<void> = Promise.resolve();
  #bytes = 0;
  #isStopped = false;

  constructor(options: ValueRecordsOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#prefix = `/kad/${options.name}/values/`;
    this.#closeness = closenessTo(options.environment, peerIdToBytes(options.self));
    this.#problems = new RecordProblems(options.environment);
    this.#sweep = new Sweep(options.environment, () => this.#expire());
  }

  get problems$(): Observable<RecordProblem> {
    return this.#problems.problems$;
  }

  /** How much is kept. */
  get counts(): { readonly keys: number; readonly bytes: number } {
    return { keys: this.#noted.size, bytes: this.#bytes };
  }

  /** Reads what is stored. Call inside a turn. */
  start(): void {
    this.#work = this.#readAll();
  }

  /** Resolves when what is under way is written. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    this.#sweep.stop();
  }

  /**
   * The value under a key that is not too old; whether it is still valid is for whoever asks to judge. A damaged one is
   * told of and is none. Rejects with `ERR_STORE_FAILED`.
   */
  async get(key: Uint8Array): Promise<KadRecord | undefined> {
    const record = await this.#readOne(toHex(key));
    if (record === undefined || !isSame(record.key, key)) return undefined;
    return this.#ageOf(record) < this.#environment.limits.kadValueLifeMs ? record : undefined;
  }

  /**
   * Stores a value. Rejects with `ERR_KAD_RECORD_REFUSED` (no such namespace, too large, a better one is stored), with the
   * validator's word, and with `ERR_STORE_FAILED`.
   */
  put(key: Uint8Array, value: Uint8Array): Promise<void> {
    const putting = this.#work.then(() => this.#put(key, value));
    this.#work = putting.catch(() => undefined);
    return putting;
  }

  async #put(key: Uint8Array, value: Uint8Array): Promise<void> {
    if (this.#isStopped) throw new EngineError('ERR_NODE_STOPPED', 'local', 'the DHT is stopped');
    const { kadValueBytes } = this.#environment.limits;
    if (value.length > kadValueBytes) throw refused(`a value of ${value.length} bytes, the limit is ${kadValueBytes}`);
    const validator = validatorIn(this.#options.validators, key);
    if (validator === undefined) throw refused(`no validator of the namespace "${namespaceOf(key) ?? ''}"`);
    validator.validate(key, value);
    const name = toHex(key);
    const stored = await this.#readOne(name);
    if (
      stored !== undefined &&
      isValid(validator, key, stored.value) &&
      validator.select(key, [value, stored.value]) !== 0
    ) {
      throw refused('a better value is stored');
    }
    const receivedAtMs = this.#environment.clock.wallTime();
    const record = encodeKadRecord({ key, value, timeReceived: formatRfc3339Ms(receivedAtMs) });
    await this.#options.store.put(this.#prefix + name, record);
    this.#note(name, { bytes: record.length, receivedAtMs, closeness: this.#closeness(key) });
    this.#environment.turns.post(() => {
      if (!this.#isStopped) this.#sweep.arm();
    });
    await this.#makeRoom();
  }

  async #readOne(name: string): Promise<KadRecord | undefined> {
    const key = this.#prefix + name;
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.#options.store.get(key);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading a value of the DHT');
      this.#problems.tell(error, key);
      throw error;
    }
    return bytes === undefined ? undefined : this.#decode(key, bytes);
  }

  #decode(key: string, bytes: Uint8Array): KadRecord | undefined {
    try {
      const record = decodeKadRecord(bytes, this.#environment.limits);
      if (parseRfc3339Ms(record.timeReceived ?? '') === undefined) throw new RangeError('no time at which it came');
      return record;
    } catch (cause) {
      const error = new EngineError('ERR_KAD_RECORD_DAMAGED', 'local', 'a stored value does not decode', { cause });
      this.#problems.tell(error, key);
      return undefined;
    }
  }

  /** One from the future counts as received now. */
  #ageOf({ timeReceived = '' }: KadRecord): number {
    const receivedAtMs = parseRfc3339Ms(timeReceived) ?? 0;
    return Math.max(0, this.#environment.clock.wallTime() - receivedAtMs);
  }

  #note(name: string, noted: Noted | undefined): void {
    this.#bytes += (noted?.bytes ?? 0) - (this.#noted.get(name)?.bytes ?? 0);
    this.#noted.delete(name);
    if (noted !== undefined) this.#noted.set(name, noted);
  }

  async #makeRoom(): Promise<void> {
    const { kadValueKeys, kadValuesBytes } = this.#environment.limits;
    while (this.#noted.size > kadValueKeys || this.#bytes > kadValuesBytes) {
      let farthest: readonly [name: string, closeness: number] | undefined;
      for (const [name, { closeness }] of this.#noted) {
        if (farthest === undefined || closeness < farthest[1]) farthest = [name, closeness];
      }
      if (farthest === undefined) return;
      await this.#remove(farthest[0]);
    }
  }

  async #remove(name: string): Promise<void> {
    this.#note(name, undefined);
    try {
      await this.#options.store.delete(this.#prefix + name);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'deleting a value of the DHT');
      this.#problems.tell(error, this.#prefix + name);
    }
  }

  /** Removes what is too old; answers whether anything is left. */
  #expire(): boolean {
    const nowMs = this.#environment.clock.wallTime();
    const { kadValueLifeMs } = this.#environment.limits;
    const old: string[] = [];
    for (const [name, noted] of [...this.#noted]) {
      if (nowMs - noted.receivedAtMs >= kadValueLifeMs) old.push(name);
      // The clock went back: it counts from now.
      else if (noted.receivedAtMs > nowMs) this.#noted.set(name, { ...noted, receivedAtMs: nowMs });
    }
    this.#work = this.#work.then(async () => {
      for (const name of old) {
        // It may have been renewed meanwhile.
        const noted = this.#noted.get(name);
        if (noted !== undefined && nowMs - noted.receivedAtMs >= kadValueLifeMs) await this.#remove(name);
      }
    });
    this.#problems.tellRest();
    return this.#noted.size > old.length;
  }

  async #readAll(): Promise<void> {
    const nowMs = this.#environment.clock.wallTime();
    try {
      for await (const [key, bytes] of this.#options.store.query(this.#prefix)) {
        const name = key.slice(this.#prefix.length);
        const record = this.#decode(key, bytes);
        // A damaged one is as old as can be: the next sweep removes it.
        const receivedAtMs = record === undefined ? 0 : Math.min(nowMs, parseRfc3339Ms(record.timeReceived ?? '') ?? 0);
        this.#note(name, { bytes: bytes.length, receivedAtMs, closeness: this.#closeness(keyBytes(name)) });
      }
    } catch (thrown) {
      this.#problems.tell(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading the values that are stored'));
    }
    await this.#makeRoom();
    this.#environment.turns.post(() => {
      this.#problems.tellRest();
      if (this.#noted.size > 0 && !this.#isStopped) this.#sweep.arm();
    });
  }
}

function keyBytes(name: string): Uint8Array {
  try {
    return fromHex(name);
  } catch {
    return new Uint8Array(0);
  }
}

function isValid(validator: ValueValidator, key: Uint8Array, value: Uint8Array): boolean {
  try {
    validator.validate(key, value);
    return true;
  } catch {
    // It was valid once: expired, most of the time. The new one is better.
    return false;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function refused(message: string): EngineError {
  return new EngineError('ERR_KAD_RECORD_REFUSED', 'remote', message);
}
