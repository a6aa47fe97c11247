/**
 * What the stores share of records that others leave with a node (the DHT's, a rendezvous point's): writing in batches, one
 * timer for what expires, and telling of problems.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { changeBatchMachine } from '../../machines/change-batch.js';
import type { DataStore } from '../../ports.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** A record that could not be read, or a store that failed; the node goes on. */
export interface RecordProblem {
  /** Its key in the store; absent where it is no one's alone. */
  readonly key?: string;
  readonly error: EngineError;
}

/** Tells of so many problems each sweep; the rest is counted. */
export class RecordProblems {
  readonly #environment: Environment;
  readonly #code: ErrorCode;
  readonly #problems = new Subject<RecordProblem>();
  #told = 0;
  #untold = 0;

  /** `code` stands for those that are counted alone. */
  constructor(environment: Environment, code: ErrorCode = 'ERR_KAD_RECORD_DAMAGED') {
    this.#environment = environment;
    this.#code = code;
  }

  get problems$(): Observable<RecordProblem> {
    return this.#problems;
  }

  tell(error: EngineError, key?: string): void {
    if (this.#told >= this.#environment.limits.recordReports) {
      this.#untold++;
      return;
    }
    this.#told++;
    this.#environment.turns.post(() => this.#problems.next({ ...(key === undefined ? {} : { key }), error }));
  }

  /** Tells how many were not told, and begins anew. */
  tellRest(): void {
    const untold = this.#untold;
    this.#told = 0;
    this.#untold = 0;
    if (untold === 0) return;
    const error = new EngineError(this.#code, 'local', `${untold} more problems with stored records`);
    this.#environment.turns.post(() => this.#problems.next({ error }));
  }
}

/** Does a piece of work now and then while there is something to do it for: one timer. */
export class Sweep {
  readonly #environment: Environment;
  readonly #work: () => boolean;
  #timer: unknown;

  /** `work` answers whether there is something left that will need it. */
  constructor(environment: Environment, work: () => boolean) {
    this.#environment = environment;
    this.#work = work;
  }

  /** Something is there. */
  arm(): void {
    const { clock, turns, limits } = this.#environment;
    this.#timer ??= clock.setTimeout(
      () =>
        turns.post(() => {
          this.#timer = undefined;
          if (this.#work()) this.arm();
        }),
      limits.recordSweepMs,
    );
  }

  stop(): void {
    if (this.#timer !== undefined) this.#environment.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** What a {@link RecordWriter} is made of. */
export interface RecordWriterOptions {
  readonly environment: Environment;
  /** Address in the actor tree. */
  readonly address: string;
  readonly store: DataStore;
  readonly problems: RecordProblems;
  /** Changes that wait at once. Where a store takes none for so long, the one that has waited longest is lost. */
  readonly mostChanges: number;
}

/** Writes changed records together, and again after a pause what could not be written. */
export class RecordWriter {
  readonly #environment: Environment;
  readonly #store: DataStore;
  readonly #problems: RecordProblems;
  readonly #mostChanges: number;
  readonly #machine: MachineActor<typeof changeBatchMachine>;
  /** By key; `undefined` is deleted. */
  #changes = new Map<string, Uint8Array | undefined>();
  #writing: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor({ environment, address, store, problems, mostChanges }: RecordWriterOptions) {
    this.#environment = environment;
    this.#store = store;
    this.#problems = problems;
    this.#mostChanges = mostChanges;
    this.#machine = spawnMachine(environment, changeBatchMachine, {
      address,
      input: { pauseMs: environment.limits.recordWriteMs },
      perform: (effect) => {
        if (effect.type === 'do.work') this.#work();
        else if (effect.type === 'report.failed') {
          environment.reportBroken(new EngineError(effect.code, 'engine', `${address} heard what it does not expect`));
        }
      },
      broken: (error) => environment.reportBroken(error),
    });
  }

  start(): void {
    this.#isRunning = true;
    this.#machine.start();
  }

  /** Notes a change: bytes to put, or nothing to delete. */
  change(key: string, bytes: Uint8Array | undefined): void {
    this.#note(key, bytes);
    if (this.#isRunning) this.#machine.send({ type: 'local.change' });
  }

  /** Changes that are not written. */
  get pending(): number {
    return this.#changes.size;
  }

  /** Writes what is left; resolves when it is written, or could not be. */
  async stop(): Promise<void> {
    this.#environment.turns.post(() => {
      if (this.#isRunning) this.#machine.send({ type: 'local.stop' });
      this.#isRunning = false;
    });
    await this.#writing;
    await this.#write().catch(() => undefined);
  }

  #note(key: string, bytes: Uint8Array | undefined): void {
    this.#changes.set(key, bytes);
    const [oldest] = this.#changes.size > this.#mostChanges ? this.#changes.keys() : [];
    if (oldest === undefined) return;
    this.#changes.delete(oldest);
    const message = `more than ${this.#mostChanges} changes wait to be written: one is lost`;
    this.#problems.tell(new EngineError('ERR_STORE_FAILED', 'local', message), oldest);
  }

  #work(): void {
    const say = (type: 'work.done' | 'work.failed') => (): void =>
      this.#environment.turns.post(() => this.#machine.send({ type }));
    this.#writing = this.#write().then(say('work.done'), say('work.failed'));
  }

  async #write(): Promise<void> {
    const changes = [...this.#changes];
    this.#changes = new Map();
    for (const [index, [key, bytes]] of changes.entries()) {
      try {
        if (bytes === undefined) await this.#store.delete(key);
        else await this.#store.put(key, bytes);
      } catch (thrown) {
        // What changed meanwhile is newer, and comes after what waits for longer.
        const newer = this.#changes;
        this.#changes = new Map(changes.slice(index));
        for (const [changed, kept] of newer) this.#note(changed, kept);
        this.#problems.tell(
          toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'writing a record that others left'),
          key,
        );
        throw thrown;
      }
    }
  }
}
