/**
 * Resolves the names in the addresses of one dial: `/dns*` to IP addresses, `/dnsaddr` to the addresses of its TXT
 * records, which may name others. Bounded in depth, look-ups and addresses; a name that leads back to itself is not
 * asked again.
 *
 * Whoever writes a record makes us dial what it says, so addresses from records, and of names that others told, are taken
 * as those from a stranger (dialable.ts). A name that the caller gave may lead anywhere, `localhost` included.
 */
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { resolutionMachine, type ResolutionEffect } from '../../machines/resolution.js';
import type { Resolver } from '../../ports.js';
import { afterName, dnsaddrName, dnsaddrRecords, namePartOf, withHost } from '../../wire/dns-address.js';
import { splitPeerAddress } from '../../wire/multiaddr.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { isDialable } from './dialable.js';

/** What is to be resolved. */
export interface ResolutionOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `dial:3/names`. */
  readonly address: string;
  readonly resolver: Resolver;
  /** With names or without, in order. */
  readonly addresses: readonly string[];
  /** Whose addresses: a `/dnsaddr` name may hold those of many peers. */
  readonly peer: string | undefined;
  /** Whether the caller named the address, so that it may lead anywhere. */
  readonly isTrusted: boolean;
  readonly weListenOn: readonly string[];
  readonly onResolved: (addresses: readonly string[]) => void;
  readonly onFailed: (error: EngineError) => void;
}

/** Reach of a name, for what its records may make us dial. */
const A_NAME = '/dns/of.a.record';

/** One resolution. */
export class Resolution {
  readonly #options: ResolutionOptions;
  readonly #machine: MachineActor<typeof resolutionMachine>;
  readonly #found = new Set<string>();
  /** Names asked for, by kind. */
  readonly #asked = new Set<string>();
  #pending = 0;
  /** Why something is missing: told where nothing was found. */
  #trouble: EngineError | undefined;

  constructor(options: ResolutionOptions) {
    this.#options = options;
    this.#machine = spawnMachine(options.environment, resolutionMachine, {
      address: options.address,
      input: { timeoutMs: options.environment.limits.resolveTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => options.onFailed(error),
    });
  }

  /** Begins; exactly one of the callbacks follows. */
  start(): void {
    this.#machine.start();
  }

  /** Gives up: `ERR_ABORTED`. */
  cancel(): void {
    this.#machine.send({ type: 'local.cancel' });
  }

  #perform(effect: ResolutionEffect): void {
    switch (effect.type) {
      case 'ask.names':
        for (const address of this.#options.addresses) this.#resolve(address, 0, this.#options.isTrusted);
        this.#endIfDone();
        return;
      case 'report.resolved':
        this.#options.onResolved([...this.#found]);
        return;
      case 'report.failed':
        this.#failed(effect.code);
        return;
      default:
        effect satisfies never;
    }
  }

  #failed(code: ErrorCode): void {
    const { environment, addresses, onResolved, onFailed } = this.#options;
    if (code === 'ERR_RESOLVE_TIMEOUT' && this.#found.size > 0) {
      onResolved([...this.#found]);
      return;
    }
    const { resolveTimeoutMs } = environment.limits;
    const what =
      code === 'ERR_RESOLVE_TIMEOUT'
        ? `${addresses.join(', ')} did not resolve within ${resolveTimeoutMs} ms`
        : 'the dial was cancelled';
    const blame = code === 'ERR_RESOLVE_TIMEOUT' ? 'remote' : 'local';
    onFailed(this.#trouble?.code === code ? this.#trouble : new EngineError(code, blame, what));
  }

  #resolve(address: string, depth: number, isTrusted: boolean): void {
    const part = namePartOf(address);
    if (part === undefined) {
      this.#keep(address, isTrusted);
      return;
    }
    const { resolver } = this.#options;
    const { kind, name } = part;
    if (kind === 'dnsaddr') {
      this.#resolveRecords(address, name, depth);
      return;
    }
    const take = (ips: readonly string[]): void => {
      for (const ip of ips) if (!this.#isFull) this.#keep(withHost(address, ip), isTrusted);
    };
    if (kind !== 'dns4') this.#ask('AAAA', name, () => resolver.resolve6(name), take);
    if (kind !== 'dns6') this.#ask('A', name, () => resolver.resolve4(name), take);
  }

  #resolveRecords(address: string, name: string, depth: number): void {
    const { environment, peer, resolver } = this.#options;
    if (peer === undefined) {
      this.#note('ERR_DIAL_NO_ADDRESS', `${address} may hold the addresses of many peers: add /p2p/<peer id>`);
      return;
    }
    if (depth >= environment.limits.dnsaddrDepth) {
      this.#note('ERR_RESOLVE_LIMIT', `/dnsaddr names lead to names more than ${depth} deep, the last is ${name}`);
      return;
    }
    if (this.#asked.has(`TXT ${name}`)) {
      this.#note('ERR_RESOLVE_LOOP', `/dnsaddr/${name} leads back to itself`);
      return;
    }
    const suffix = afterName(address);
    this.#ask(
      'TXT',
      name,
      () => resolver.resolveTxt(dnsaddrName(name)),
      (records) => {
        for (const record of dnsaddrRecords(records)) {
          if (this.#isFull) return;
          const told = split(record);
          if (told?.peer === peer && told.transport.endsWith(suffix)) this.#resolve(told.transport, depth + 1, false);
        }
      },
    );
  }

  #ask(
    kind: 'A' | 'AAAA' | 'TXT',
    name: string,
    look: () => Promise<readonly string[]>,
    take: (answers: readonly string[]) => void,
  ): void {
    const { environment } = this.#options;
    const what = `${kind} ${name}`;
    if (this.#asked.size >= environment.limits.resolverLookups && !this.#asked.has(what)) {
      this.#note('ERR_RESOLVE_LIMIT', `more than ${this.#asked.size} look-ups, the next one would be of ${name}`);
      return;
    }
    this.#asked.add(what);
    this.#pending++;
    const settle = (work: () => void): void =>
      environment.turns.post(() => {
        this.#pending--;
        if (this.#machine.done) return;
        work();
        this.#endIfDone();
      });
    look().then(
      (answers) =>
        settle(() => {
          if (answers.length === 0) this.#note('ERR_RESOLVE_FAILED', `${name} does not resolve`);
          take(answers);
        }),
      (thrown: unknown) =>
        settle(() => {
          const why = thrown instanceof Error ? thrown.message : String(thrown);
          this.#trouble ??= toEngineError(thrown, 'ERR_RESOLVE_FAILED', 'remote', `looking up ${name}: ${why}`);
        }),
    );
  }

  get #isFull(): boolean {
    return this.#found.size >= this.#options.environment.limits.resolvedAddresses;
  }

  #keep(address: string, isTrusted: boolean): void {
    const { weListenOn } = this.#options;
    if (this.#isFull) return;
    if (isTrusted || isDialable(address, { weListenOn, toldBy: A_NAME })) this.#found.add(address);
    else this.#note('ERR_RESOLVE_FAILED', `${address} is of a network that a name may not lead to`);
  }

  #endIfDone(): void {
    if (this.#pending > 0) return;
    if (this.#found.size > 0) {
      this.#machine.send({ type: 'lookups.done' });
      return;
    }
    if (this.#trouble === undefined) {
      this.#note(
        'ERR_RESOLVE_FAILED',
        `no record of ${this.#options.addresses.join(', ')} is of the peer that is dialed`,
      );
    }
    this.#machine.send({ type: 'lookups.failed', code: this.#trouble?.code ?? 'ERR_RESOLVE_FAILED' });
  }

  #note(code: ErrorCode, what: string): void {
    this.#trouble ??= new EngineError(code, code === 'ERR_DIAL_NO_ADDRESS' ? 'local' : 'remote', what);
  }
}

function split(text: string): ReturnType<typeof splitPeerAddress> | undefined {
  try {
    return splitPeerAddress(text);
  } catch {
    return undefined;
  }
}
