/**
 * One name of ours: publishes what it is told to, and the same record again and again, so that it stays alive. A renewal has
 * the number of the record that it renews and a later end; without the key the record goes out as it is, while it is valid.
 */
import type { Identity } from '../../crypto/identity.js';
import { ipnsNameText } from '../../crypto/ipns-name.js';
import { readIpnsRecord } from '../../crypto/ipns-record.js';
import { EngineError, toEngineError } from '../../errors.js';
import { ipnsPublishMachine, type IpnsPublishEffect, type IpnsPublishEvent } from '../../machines/ipns-publish.js';
import type { Router } from '../../routing/router.js';
import type { OwnIpnsEntry } from '../../wire/ipns-own.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { NetworkRecord } from './network-record.js';
import {
  isSuperseded,
  pauseMs,
  publishedEntry,
  renewalMs,
  renewedEntry,
  type NameFacts,
  type PublishTerms,
} from './next-entry.js';
import type { OwnRecord, OwnRecords } from './own-records.js';
import { PutRecord } from './put-record.js';
import type { LeaveSlot, Slots } from './slots.js';

/** What is to be published, and who hears of it. */
export interface PublishRequest extends PublishTerms {
  /** With who took it. */
  onPublished(record: OwnRecord, at: readonly string[]): void;
  onFailed(error: EngineError): void;
}

/** What a name shares with the others of its node. */
export interface OwnNameOptions {
  readonly environment: Environment;
  readonly router: Router;
  readonly records: OwnRecords;
  readonly slots: Slots;
  readonly name: string;
  /** What is stored of it. */
  readonly own?: OwnRecord | undefined;
  /** What is stored of it does not decode. */
  readonly damage?: EngineError | undefined;
  /** By the node's clock: before it nothing goes out unasked. */
  readonly notBeforeMs: number;
  readonly onProblem: (error: EngineError) => void;
}

/** A name. */
export class OwnName {
  /** Signs renewals, once it is known. */
  identity: Identity | undefined;
  readonly #options: OwnNameOptions;
  readonly #machine: MachineActor<typeof ipnsPublishMachine>;
  #own: OwnRecord | undefined;
  #damage: EngineError | undefined;
  /** The first is at work, or waits for its turn. */
  readonly #requests: PublishRequest[] = [];
  #network: NetworkRecord | undefined;
  #putting: PutRecord | undefined;
  #leaveSlot: LeaveSlot = () => undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: OwnNameOptions) {
    this.#options = options;
    this.#own = options.own;
    this.#damage = options.damage;
    const { environment, name } = options;
    const { ipnsLookUpTimeoutMs, ipnsPutTimeoutMs, ipnsRetryMs } = environment.limits;
    this.#machine = spawnMachine(environment, ipnsPublishMachine, {
      address: `ipns/own:${ipnsNameText(name)}`,
      input: { lookUpTimeoutMs: ipnsLookUpTimeoutMs, putTimeoutMs: ipnsPutTimeoutMs, retryMs: ipnsRetryMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
  }

  /** The record that we published last, or that replaced it. */
  get own(): OwnRecord | undefined {
    return this.#own;
  }

  start(): void {
    this.#machine.start();
  }

  /** Publishes, after what was asked for before. Call inside a turn. Throws `ERR_IPNS_LIMIT`, `ERR_NODE_STOPPED`. */
  publish(request: PublishRequest): void {
    if (this.#machine.done) throw stopped();
    const { ipnsWaitingPublishes } = this.#options.environment.limits;
    if (this.#requests.length > ipnsWaitingPublishes) {
      throw new EngineError('ERR_IPNS_LIMIT', 'local', `${ipnsWaitingPublishes} calls wait for this name`);
    }
    this.#requests.push(request);
    this.#wake();
  }

  /** Takes back a request that has not left; answers whether it could. */
  withdraw(request: PublishRequest): boolean {
    const index = this.#requests.indexOf(request);
    const isAtWork = index === 0 && ['asking', 'writing', 'putting'].includes(this.#machine.state);
    if (index < 0 || (isAtWork && this.#machine.state !== 'asking')) return false;
    this.#requests.splice(index, 1);
    if (isAtWork) this.#refuse();
    return true;
  }

  /** Ends it; requests fail with `ERR_NODE_STOPPED`. Resolves when what is being written is written. */
  async stop(): Promise<void> {
    this.#options.environment.turns.post(() => this.#machine.send({ type: 'local.stop' }));
    await this.#writing;
  }

  #perform(effect: IpnsPublishEffect): void {
    switch (effect.type) {
      case 'consider.due':
        this.#leaveSlot();
        this.#consider();
        return;
      case 'ask.network': {
        const { environment, router, name } = this.#options;
        this.#network = new NetworkRecord(environment, router, name, () => this.#judgeNetwork());
        return;
      }
      case 'stop.asking':
        this.#network?.stop();
        return;
      case 'write.record':
        this.#write();
        return;
      case 'put.record':
        this.#put();
        return;
      case 'stop.putting':
        this.#putting?.stop();
        return;
      case 'report.published':
        this.#published();
        return;
      case 'report.unstored':
        this.#unstored();
        return;
      case 'report.idle':
        this.#leaveSlot();
        this.#wakeLater();
        return;
      case 'report.stopped':
        this.#end(stopped());
        return;
      case 'report.failed':
        this.#end(new EngineError(effect.code, 'engine', `${this.#machine.address} heard what it does not expect`));
        return;
      default:
        effect satisfies never;
    }
  }

  // ------------------------------------------------------------ when and what

  #consider(): void {
    const pause = this.#pauseMs();
    if (pause === undefined) this.#machine.send({ type: 'due.never' });
    else if (pause > 0) this.#machine.send({ type: 'due.later', pauseMs: pause });
    else this.#leaveSlot = this.#options.slots.enter(() => this.#say(() => this.#begin()));
  }

  /** There is a place; what was to be published may have been taken back since. */
  #begin(): void {
    if (this.#pauseMs() === 0) this.#machine.send({ type: 'due.now' });
    else {
      this.#leaveSlot();
      this.#consider();
    }
  }

  #pauseMs(): number | undefined {
    if (this.#requests.length > 0) return 0;
    const { environment, notBeforeMs } = this.#options;
    return pauseMs(this.#facts, notBeforeMs - environment.clock.now());
  }

  get #facts(): NameFacts {
    const { clock, limits } = this.#options.environment;
    const { best: network, isComplete: isNetworkKnown = false } = this.#network ?? {};
    const [own, identity, damage] = [this.#own, this.identity, this.#damage];
    return { own, identity, network, isNetworkKnown, damage, nowMs: clock.wallTime(), limits };
  }

  #judgeNetwork(): void {
    const facts = this.#facts;
    const { own, network } = facts;
    if (this.#requests.length > 0 || own === undefined || network === undefined || !isSuperseded(facts)) {
      this.#machine.send({ type: 'network.asked' });
      return;
    }
    this.#keep({ ...own.entry, record: network.bytes, superseded: true });
    this.#machine.send({ type: 'network.newer' });
  }

  #write(): void {
    this.#network?.stop();
    const before = this.#own;
    const request = this.#requests[0];
    let own: OwnRecord;
    try {
      own = this.#next(request);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_IPNS_BAD_RECORD', 'local', 'making a record');
      this.#failFirst(error);
      // A renewal that cannot be made is no renewal that can be made at once again.
      if (request === undefined) this.#machine.send({ type: 'store.failed' });
      else this.#refuse();
      return;
    }
    this.#own = own;
    const written: IpnsPublishEvent = {
      type: 'store.written',
      pauseMs: Math.min(this.#renewalMs, this.#options.environment.limits.ipnsCheckMs),
    };
    this.#writing = this.#options.records.write(this.#options.name, own.entry).then(
      () =>
        this.#say(() => {
          this.#damage = undefined;
          this.#machine.send(written);
        }),
      (thrown: unknown) =>
        this.#say(() => {
          this.#failFirst(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'writing an IPNS record'));
          // A renewal changes no number that could be forgotten: a full disk is no reason to let the name expire.
          if (request === undefined) this.#machine.send(written);
          else {
            this.#own = before;
            this.#machine.send({ type: 'store.failed' });
          }
        }),
    );
  }

  #next(request: PublishRequest | undefined): OwnRecord {
    const facts = this.#facts;
    const entry =
      request === undefined && facts.own !== undefined
        ? renewedEntry(facts, facts.own)
        : publishedEntry(facts, request ?? nothing());
    return { entry, read: readIpnsRecord(entry.record, facts.limits) };
  }

  get #renewalMs(): number {
    const { limits } = this.#options.environment;
    return renewalMs(this.#own?.entry.lifeMs ?? limits.ipnsLifeMs, limits);
  }

  #put(): void {
    const { environment, router, name } = this.#options;
    const record = this.#own?.entry.record ?? new Uint8Array(0);
    this.#putting = new PutRecord(environment, router, name, record, {
      took: () => this.#machine.send({ type: 'router.took' }),
      done: () => this.#machine.send({ type: 'router.done' }),
    });
  }

  // ------------------------------------------------------------ how it went

  #published(): void {
    this.#leaveSlot();
    const own = this.#own;
    if (own === undefined) return;
    const { clock } = this.#options.environment;
    this.#keep({ ...own.entry, dueMs: clock.wallTime() + this.#renewalMs });
    this.#requests.shift()?.onPublished(this.#own ?? own, this.#putting?.at ?? []);
    this.#wakeLater();
  }

  #unstored(): void {
    this.#leaveSlot();
    const trouble = this.#putting?.trouble;
    const what = `nobody took the record of /ipns/${ipnsNameText(this.#options.name)}`;
    const noRouter = trouble?.code === 'ERR_IPNS_NO_ROUTER' ? trouble : undefined;
    this.#failFirst(noRouter ?? new EngineError('ERR_IPNS_NOT_STORED', 'remote', what, { cause: trouble }));
    this.#wakeLater();
  }

  /** Who asked hears of it; a renewal that nobody asked for is told as a problem. */
  #failFirst(error: EngineError): void {
    this.#leaveSlot();
    const request = this.#requests.shift();
    if (request === undefined) this.#options.onProblem(error);
    else request.onFailed(error);
    this.#wakeLater();
  }

  /** Back to where it was: the request is gone. */
  #refuse(): void {
    this.#network?.stop();
    this.#machine.send({ type: 'publish.refused' });
  }

  /** Writes beside the work; what fails is written with the next renewal. */
  #keep(entry: OwnIpnsEntry): void {
    this.#own = { entry, read: readIpnsRecord(entry.record) };
    const { records, name, onProblem } = this.#options;
    this.#writing = this.#writing
      .then(() => records.write(name, entry))
      .catch((error: unknown) => {
        onProblem(toEngineError(error, 'ERR_STORE_FAILED', 'local', 'writing an IPNS record'));
      });
  }

  /** Only where it rests does the machine hear of more work; elsewhere it comes by it in the end. */
  #wake(): void {
    if (this.#requests.length > 0 && ['resting', 'idle', 'awaitingRetry'].includes(this.#machine.state)) {
      this.#machine.send({ type: 'local.publish' });
    }
  }

  #wakeLater(): void {
    this.#options.environment.turns.post(() => this.#wake());
  }

  #say(what: () => void): void {
    this.#options.environment.turns.post(() => {
      if (!this.#machine.done) what();
    });
  }

  #end(error: EngineError): void {
    this.#leaveSlot();
    this.#network?.stop();
    this.#putting?.stop();
    for (const request of this.#requests.splice(0)) request.onFailed(error);
  }
}

function stopped(): EngineError {
  return new EngineError('ERR_NODE_STOPPED', 'local', 'publishing has stopped');
}

function nothing(): never {
  throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'nothing is to be published');
}
