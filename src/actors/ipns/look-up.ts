/** Looks one name up: the records of a router, of which each better one is told, or the DNSLink of a domain. */
import { Subscription, type Observable } from 'rxjs';
import { compareIpnsRecords, openIpnsRecord, type IpnsRecord } from '../../crypto/ipns-record.js';
import { ipnsNameText, routingKeyOf } from '../../crypto/ipns-name.js';
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { ipnsResolveMachine, type IpnsResolveEffect } from '../../machines/ipns-resolve.js';
import type { Resolver } from '../../ports.js';
import { parseContentPath, type ContentPath } from '../../routing/content-path.js';
import { resolveDnslink } from '../../routing/dnslink.js';
import type { Router, ValueAnswer } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { Hop } from './name-cache.js';

/** A path that begins with a name. */
export type NamePath = Exclude<ContentPath, { readonly kind: 'content' }>;

/** What is looked up, and who hears of it. */
export interface LookUpOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `ipns/resolve:3`. */
  readonly address: string;
  readonly path: NamePath;
  readonly router: Router;
  readonly resolver: Resolver | undefined;
  /** The record that we publish ourselves under this name. */
  readonly own: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onHop: (hop: Hop) => void;
  /** The last hop that was told is the answer. */
  readonly onResolved: () => void;
  readonly onFailed: (error: EngineError) => void;
}

/** One look-up. Begins with `start`, in a turn; ends with one of the two last callbacks, or with `cancel`. */
export class LookUp {
  readonly #options: LookUpOptions;
  readonly #machine: MachineActor<typeof ipnsResolveMachine>;
  readonly #asked = new Subscription();
  #best: { readonly record: IpnsRecord; readonly bytes: Uint8Array } | undefined;
  #hop: Hop | undefined;
  /** Why there is nothing, or nothing better. */
  #trouble: EngineError | undefined;

  constructor(options: LookUpOptions) {
    this.#options = options;
    const { environment } = options;
    this.#machine = spawnMachine(environment, ipnsResolveMachine, {
      address: options.address,
      input: { timeoutMs: environment.limits.ipnsResolveTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#machine.start();
  }

  /** Ends it without a word. */
  cancel(): void {
    this.#machine.stop();
    this.#asked.unsubscribe();
  }

  #perform(effect: IpnsResolveEffect): void {
    switch (effect.type) {
      case 'ask.router':
        this.#ask();
        return;
      case 'report.better':
        if (this.#hop !== undefined) this.#options.onHop(this.#hop);
        return;
      case 'report.resolved':
        this.#asked.unsubscribe();
        this.#options.onResolved();
        return;
      case 'report.failed':
        this.#fail(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #ask(): void {
    const { path, own, signal } = this.#options;
    if (signal !== undefined) this.#cancelWith(signal);
    if (path.kind === 'domain') this.#askDomain(path.name);
    else {
      if (own !== undefined) this.#judge(path.name, { source: 'own', value: own });
      this.#askRouter(path.name);
    }
  }

  #cancelWith(signal: AbortSignal): void {
    const cancel = (): void => this.#post(() => this.#machine.send({ type: 'local.cancel' }));
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    this.#asked.add(() => signal.removeEventListener('abort', cancel));
  }

  #askRouter(name: string): void {
    const { router, signal } = this.#options;
    const done = (): void => this.#post(() => this.#machine.send({ type: 'router.done' }));
    if (router.getValue === undefined) {
      this.#trouble ??= new EngineError('ERR_IPNS_NO_ROUTER', 'local', `${router.name} finds no values`);
      done();
      return;
    }
    const answers: Observable<ValueAnswer> = router.getValue(routingKeyOf('ipns', name), { signal });
    this.#asked.add(
      answers.subscribe({
        next: (answer) => this.#post(() => this.#judge(name, answer)),
        error: (thrown: unknown) => {
          this.#trouble = toEngineError(thrown, 'ERR_IPNS_NOT_FOUND', 'remote', `${router.name} failed`);
          done();
        },
        complete: done,
      }),
    );
  }

  #askDomain(name: string): void {
    const { resolver, environment } = this.#options;
    const { limits } = environment;
    const failed = (thrown: unknown): void =>
      this.#post(() => {
        this.#trouble = toEngineError(thrown, 'ERR_RESOLVE_FAILED', 'remote', `the DNSLink of ${name}`);
        this.#machine.send({ type: 'router.done' });
      });
    if (resolver === undefined) failed(new EngineError('ERR_INVALID_ARGUMENT', 'local', 'this node resolves no names'));
    else
      resolveDnslink(resolver, name, limits).then(
        (value) =>
          this.#post(() => {
            this.#hop = { value, source: 'dnslink', ttlMs: limits.ipnsDnslinkCacheMs };
            this.#machine.send({ type: 'record.better' });
            this.#machine.send({ type: 'router.done' });
          }),
        failed,
      );
  }

  /** A record that is valid and better than the best so far is told; any other is passed over. */
  #judge(name: string, { source, value: bytes }: ValueAnswer): void {
    if (this.#machine.done) return;
    const { ciphers, clock, limits } = this.#options.environment;
    try {
      const record = openIpnsRecord(ciphers, name, bytes, clock.wallTime(), limits);
      const candidate = { record, bytes };
      if (this.#best !== undefined && compareIpnsRecords(candidate, this.#best) <= 0) return;
      const value = this.#valueOf(record);
      this.#best = candidate;
      this.#hop = { value, source, ttlMs: record.ttlMs ?? limits.ipnsTtlMs, record };
    } catch (thrown) {
      this.#trouble = toEngineError(thrown, 'ERR_IPNS_BAD_RECORD', 'remote', `a record of ${name}`);
      return;
    }
    this.#machine.send({ type: 'record.better' });
  }

  #valueOf({ value }: IpnsRecord): ContentPath {
    try {
      return parseContentPath(value, this.#options.environment.limits);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new EngineError('ERR_IPNS_VALUE_INVALID', 'remote', `what the record leads to: ${why}`, { cause });
    }
  }

  #post(work: () => void): void {
    this.#options.environment.turns.post(() => {
      if (!this.#machine.done) work();
    });
  }

  #fail(error: EngineError): void {
    this.#asked.unsubscribe();
    this.#options.onFailed(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { path, environment } = this.#options;
    const name = path.kind === 'name' ? ipnsNameText(path.name) : path.name;
    const cause = this.#trouble;
    switch (code) {
      case 'ERR_IPNS_NOT_FOUND':
        // Where there is one reason, it says more.
        return cause ?? new EngineError(code, 'remote', `nobody has a record of /ipns/${name}`);
      case 'ERR_IPNS_TIMEOUT': {
        const { ipnsResolveTimeoutMs } = environment.limits;
        return new EngineError(code, 'remote', `no record of /ipns/${name} in ${ipnsResolveTimeoutMs} ms`, { cause });
      }
      case 'ERR_ABORTED':
        return new EngineError(code, 'local', `looking for /ipns/${name} was cancelled`);
      default:
        return new EngineError(code, 'engine', `looking for /ipns/${name}: an event that is not expected`);
    }
  }
}
