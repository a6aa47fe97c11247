/**
 * Registrations of a rendezvous point on a data store, from which they come back, each under the number that it had: so the
 * order of a discovery is the old one, and a cookie of an earlier life leads to what has come since. A registration lasts by
 * wall time; one from the future, left by a clock that was ahead, begins now, so that none lasts for longer than it said.
 * Numbers are reserved before any is given: what was not written when a process was killed is no one else's later.
 */
import type { Observable } from 'rxjs';
import { peerIdToBytes } from '../../crypto/peer-id.js';
import { EngineError, toEngineError } from '../../errors.js';
import type { DataStore } from '../../ports.js';
import { fromHex, toHex } from '../../wire/hex.js';
import {
  decodePointRecord,
  decodeRegistrationRecord,
  encodePointRecord,
  encodeRegistrationRecord,
  type PointRecord,
} from '../../wire/rendezvous-stored.js';
import type { Environment } from '../environment.js';
import { RecordProblems, RecordWriter, Sweep, type RecordProblem } from '../records/record-keeping.js';
import { Cookies } from './cookies.js';
import { begunBy, RegistrationStore, type StoredRegistration } from './registration-store.js';

/** What {@link RegistrationRecords} are made of. */
export interface RegistrationRecordsOptions {
  readonly environment: Environment;
  readonly store: DataStore;
  /** With a key of this life; they go on with that of the last one where it is known. */
  readonly cookies: Cookies;
  /** Why the point would not take a registration today, if it would not. */
  readonly refusalOf: (registration: StoredRegistration) => string | undefined;
}

type Numbered = readonly [registration: StoredRegistration, number: number];

const PREFIX = '/rendezvous/registrations/';
const POINT = '/rendezvous/point';
/** Numbers that a life may give: at ten thousand a second they last for three years. */
const NUMBERS_OF_A_LIFE = 2 ** 40;
const MOST = Number.MAX_SAFE_INTEGER;

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Keeps the registrations of one point. */
export class RegistrationRecords {
  /** Those that are in force: whoever changes them changes what is stored. */
  readonly registrations: RegistrationStore;
  readonly #options: RegistrationRecordsOptions;
  readonly #environment: Environment;
  readonly #problems: RecordProblems;
  readonly #writer: RecordWriter;
  readonly #sweep: Sweep;
  #reading: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: RegistrationRecordsOptions) {
    const { environment, store } = options;
    this.#options = options;
    this.#environment = environment;
    this.#problems = new RecordProblems(environment, 'ERR_RENDEZVOUS_RECORD_DAMAGED');
    this.#writer = new RecordWriter({
      environment,
      address: 'rendezvous/registrations',
      store,
      problems: this.#problems,
      mostChanges: environment.limits.rendezvousChanges,
    });
    this.#sweep = new Sweep(environment, () => this.#expire());
    this.registrations = new RegistrationStore(environment.limits, {
      changed: (registration, number) => this.#changed(registration, number),
      removed: (peer, namespace) => this.#writer.change(keyOf({ peer, namespace }), undefined),
    });
  }

  /** Damaged records, and failures of the store. */
  get problems$(): Observable<RecordProblem> {
    return this.#problems.problems$;
  }

  /** While what is stored is being read: who asks waits for it. Never rejects. */
  get reading(): Promise<void> | undefined {
    return this.#reading;
  }

  /** Reads what is stored, and writes what changes from now on. Call inside a turn. */
  start(): void {
    this.#writer.start();
    this.#reading = this.#read().finally(() => (this.#reading = undefined));
  }

  /** Writes what is left; resolves when it is written, or could not be. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reading;
    this.#sweep.stop();
    await this.#writer.stop();
  }

  /** Removes what is over; answers whether anything is left. */
  #expire(): boolean {
    this.registrations.expire(this.#nowMs);
    this.#problems.tellRest();
    return this.registrations.size > 0;
  }

  get #nowMs(): number {
    return Math.floor(this.#environment.clock.wallTime());
  }

  async #read(): Promise<void> {
    const { cookies } = this.#options;
    const failed = { isSo: false };
    const point = await this.#readPoint(failed);
    const { stored, over } = await this.#readAll(failed);
    stored.sort(([, left], [, right]) => left - right);
    const last = Math.max(point?.highestNumber ?? 0, stored.at(-1)?.[1] ?? 0);
    const isOrdered = stored.every(([, number], index) => number > (stored[index - 1]?.[1] ?? 0));
    // With a key of its own a life may count from the beginning: nobody has a cookie that it would take.
    const goesOn = point !== undefined && isOrdered && !failed.isSo && last + NUMBERS_OF_A_LIFE <= MOST;
    const cookieKey = goesOn ? point.cookieKey : cookies.key;
    const highestNumber = (goesOn ? last : stored.length) + NUMBERS_OF_A_LIFE;
    const isReserved = !failed.isSo && (await this.#reserve({ cookieKey, highestNumber }));
    this.#environment.turns.post(() => {
      if (isReserved) cookies.useKey(cookieKey);
      // The next life knows neither all numbers nor all cookies of this one: it takes none, and counts anew.
      else this.#writer.change(POINT, undefined);
      for (const key of over) this.#writer.change(key, undefined);
      const nowMs = this.#nowMs;
      for (const [registration, number] of stored) this.#restore(registration, goesOn ? number : undefined, nowMs);
      if (goesOn) this.registrations.skipTo(last);
      if (this.#expire() && !this.#isStopped) this.#sweep.arm();
    });
  }

  /** Without a number it gets the next one. */
  #restore(stored: StoredRegistration, number: number | undefined, nowMs: number): void {
    const registration = begunBy(stored, nowMs);
    const { peer, namespace } = registration;
    if (!this.registrations.hasRoom(peer, namespace, nowMs)) this.#writer.change(keyOf(registration), undefined);
    else if (number === undefined) this.registrations.add(registration);
    else {
      this.registrations.restore(registration, number);
      if (registration !== stored) this.#changed(registration, number);
    }
  }

  #changed(registration: StoredRegistration, number: number): void {
    this.#writer.change(keyOf(registration), encodeRegistrationRecord({ ...registration, number }));
    if (!this.#isStopped) this.#sweep.arm();
  }

  async #readPoint(failed: { isSo: boolean }): Promise<PointRecord | undefined> {
    try {
      const bytes = await this.#options.store.get(POINT).catch((thrown: unknown) => {
        failed.isSo = true;
        throw thrown;
      });
      if (bytes === undefined) return undefined;
      const point = decodePointRecord(bytes);
      if (point.cookieKey.length === Cookies.keyBytes) return point;
      throw new EngineError('ERR_RENDEZVOUS_RECORD_DAMAGED', 'local', 'the stored key of cookies is none');
    } catch (thrown) {
      const what = 'reading what the cookies of the point are made with';
      this.#problems.tell(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', what), POINT);
      return undefined;
    }
  }

  /** Answers whether it is stored: without that, cookies of this life must not be taken in the next. */
  async #reserve(point: PointRecord): Promise<boolean> {
    try {
      await this.#options.store.put(POINT, encodePointRecord(point));
      return true;
    } catch (thrown) {
      const what = 'storing what the cookies of the point are made with';
      this.#problems.tell(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', what), POINT);
      return false;
    }
  }

  /** What has its life before it, and the keys of what has not: what is damaged is left alone. */
  async #readAll(failed: {
    isSo: boolean;
  }): Promise<{ readonly stored: Numbered[]; readonly over: readonly string[] }> {
    const stored: Numbered[] = [];
    const over: string[] = [];
    const { rendezvousTotalRegistrations: most, rendezvousChanges } = this.#environment.limits;
    try {
      for await (const [key, bytes] of this.#options.store.query(PREFIX)) {
        const numbered = this.#decode(key, bytes);
        if (numbered === undefined) continue;
        // More than there can be: the limit was lowered.
        const isOver = numbered === 'over' || stored.length >= most;
        if (!isOver) stored.push(numbered);
        else if (over.length < rendezvousChanges) over.push(key);
      }
    } catch (thrown) {
      failed.isSo = true;
      const what = 'reading the registrations that are stored';
      this.#problems.tell(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', what));
    }
    return { stored, over };
  }

  #decode(key: string, bytes: Uint8Array): Numbered | 'over' | undefined {
    try {
      const [peer = '', namespace = ''] = key.slice(PREFIX.length).split('/');
      peerIdToBytes(peer);
      const { number, signedPeerRecord, registeredAtMs, ...record } = decodeRegistrationRecord(bytes);
      // None lasts for longer than any may today.
      const mostMs = this.#environment.limits.rendezvousMaxTtlSeconds * 1000;
      const expiresAtMs = Math.min(record.expiresAtMs, registeredAtMs + mostMs);
      if (begunBy({ registeredAtMs, expiresAtMs }, this.#nowMs).expiresAtMs <= this.#nowMs) return 'over';
      const name = utf8.decode(fromHex(namespace));
      const registration = { peer, namespace: name, signedPeerRecord, registeredAtMs, expiresAtMs };
      const refusal = this.#options.refusalOf(registration);
      if (refusal === undefined) return [registration, number];
      throw new EngineError('ERR_RENDEZVOUS_RECORD_DAMAGED', 'local', `a stored registration: ${refusal}`);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_RENDEZVOUS_RECORD_DAMAGED', 'local', 'a stored registration');
      this.#problems.tell(error, key);
      return undefined;
    }
  }
}

function keyOf({ peer, namespace }: { readonly peer: string; readonly namespace: string }): string {
  return `${PREFIX}${peer}/${toHex(encoder.encode(namespace))}`;
}
