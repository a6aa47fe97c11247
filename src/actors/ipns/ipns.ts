/** IPNS as a node has it: publishes names, keeps them alive, and resolves those of others over whatever routers there are. */
import { lastValueFrom, type Observable } from 'rxjs';
import type { Identity } from '../../crypto/identity.js';
import type { DataStore, Resolver } from '../../ports.js';
import type { Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { NamePublisher, type NameProblem, type PublishedName, type PublishNameOptions } from './publisher.js';
import { NameResolver, type NameAnswer, type ResolveNameOptions } from './resolver.js';

export type { NameProblem, PublishedName, PublishNameOptions } from './publisher.js';
export type { NameAnswer, NameStep, ResolveNameOptions } from './resolver.js';

/** What IPNS needs of a node. */
export interface IpnsOptions {
  readonly environment: Environment;
  /** Finds and stores values; the quorum is its own. */
  readonly router: Router;
  readonly data: DataStore;
  /** For DNSLinks. */
  readonly resolver?: Resolver | undefined;
  /** Publishes unless another key is given; others may renew what they published in an earlier life. */
  readonly identity: Identity;
  readonly moreIdentities?: readonly Identity[];
}

/** Names of one node. */
export class Ipns {
  readonly #options: IpnsOptions;
  readonly #publisher: NamePublisher;
  readonly #resolver: NameResolver;

  constructor(options: IpnsOptions) {
    this.#options = options;
    const { environment, router, data, resolver, identity, moreIdentities = [] } = options;
    this.#publisher = new NamePublisher({ environment, router, data, identities: [identity, ...moreIdentities] });
    this.#resolver = new NameResolver({ environment, router, resolver, own: (name) => this.#publisher.own(name) });
  }

  /** What went wrong while nobody waited for it. */
  get problems$(): Observable<NameProblem> {
    return this.#publisher.problems$;
  }

  /** Begins to keep alive what was published in earlier lives; `publish` needs it. */
  start(): void {
    this.#publisher.start();
  }

  /** Ends renewals. Look-ups end with their subscribers. */
  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  /** Publishes a content path under the node's own name, or that of another key; see {@link NamePublisher.publish}. */
  async publish(
    value: string,
    options: PublishNameOptions & { readonly identity?: Identity } = {},
  ): Promise<PublishedName> {
    const { identity = this.#options.identity, ...rest } = options;
    try {
      return await this.#publisher.publish(identity, value, rest);
    } finally {
      // Whether it succeeded or not: what was known may not hold any more.
      this.#resolver.cache.delete(identity.peerId);
    }
  }

  /** Where a path leads, the best last; see {@link NameResolver.resolve}. */
  resolve(path: string, options?: ResolveNameOptions): Observable<NameAnswer> {
    return this.#resolver.resolve(path, options);
  }

  /** The best answer, once there are no more. Rejects as {@link NameResolver.resolve} errors. */
  resolveBest(path: string, options?: ResolveNameOptions): Promise<NameAnswer> {
    return lastValueFrom(this.resolve(path, options));
  }
}
