/** What one DHT of a node keeps for others: who provides what, and values. */
import { merge, type Observable } from 'rxjs';
import type { DataStore } from '../../ports.js';
import type { Environment } from '../environment.js';
import type { DhtRecords } from './dht-actor.js';
import { ProviderRecords } from './provider-records.js';
import type { RecordProblem } from '../records/record-keeping.js';
import type { Validators } from './value-choice.js';
import { ValueRecords } from './value-records.js';

/** What {@link KadRecords} are made of. */
export interface KadRecordsOptions {
  readonly environment: Environment;
  readonly store: DataStore;
  /** Our own peer id: records far from it go first. */
  readonly self: string;
  /** Which DHT it is: part of the keys in the store. */
  readonly name: string;
  /** By namespace; a value of another is not taken. */
  readonly validators: Validators;
}

/** Both kinds of records on one store. */
export class KadRecords implements DhtRecords {
  readonly providers: ProviderRecords;
  readonly values: ValueRecords;

  constructor(options: KadRecordsOptions) {
    this.providers = new ProviderRecords(options);
    this.values = new ValueRecords(options);
  }

  /** Damaged records, and failures of the store; the node goes on. */
  get problems$(): Observable<RecordProblem> {
    return merge(this.providers.problems$, this.values.problems$);
  }

  start(): void {
    this.providers.start();
    this.values.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.providers.stop(), this.values.stop()]);
  }
}
