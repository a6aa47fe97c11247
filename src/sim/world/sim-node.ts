/** A node of a simulated world: a whole host on simulated ports, which can die and come back. */
import type { MuxerProtocol } from '../../actors/connection/muxer.js';
import { composeHost, type NodeBehaviour } from '../../create-node.js';
import type { Identity } from '../../crypto/identity.js';
import { generateIdentity, identityFromPrivateKey, type GeneratedKeyType } from '../../crypto/keys.js';
import { EngineError } from '../../errors.js';
import type { Host } from '../../host/host.js';
import type { Ciphers, TraceSink, Transport } from '../../ports.js';
import { MemoryBlockStore, MemoryDataStore } from '../memory-store.js';
import { SeededRandom } from '../seeded-random.js';
import type { Agenda } from './agenda.js';
import type { SimNetwork } from './network.js';
import { NodeClock, type ClockConditions } from './node-clock.js';
import type { NodePort } from './node-port.js';
import { simulatedBlocks, simulatedData, StoreConditions } from './sim-stores.js';

/** What of a node is its own; the ports come from the world. */
export interface SimNodeOptions extends Omit<NodeBehaviour, 'trace' | 'onBroken'> {
  /** A private key in the libp2p keys protobuf. Default: one from the seed. */
  readonly privateKey?: Uint8Array;
  /** Type of the key that is made from the seed. Default Ed25519. */
  readonly keyType?: GeneratedKeyType;
  /** How its clock differs. */
  readonly clock?: Partial<ClockConditions>;
  /** Time that each piece of work takes on its machine. Default 0. */
  readonly slowMs?: number;
  /** Time that each operation of its stores takes. Default 0: at once, but not in the same step. */
  readonly storeLatencyMs?: number;
  /** Ciphers of its own instead of the world's: for watching what is sealed, and for liars. */
  readonly ciphers?: Ciphers;
  /** Other transports beside, or instead of, the simulated one. */
  readonly transports?: (simulated: Transport) => readonly Transport[];
  /** Takes each muxer of a life and gives it back, watched. */
  readonly watchMuxer?: (muxer: MuxerProtocol) => MuxerProtocol;
  /** Called with the host of each life, before it starts: the place to register handlers. */
  readonly onHost?: (host: Host) => void;
}

/** What the world gives each of its nodes. */
export interface SimNodeParts {
  readonly agenda: Agenda;
  readonly network: SimNetwork;
  readonly seed: string;
  readonly ciphers: Ciphers;
  readonly trace: TraceSink | undefined;
}

/** How a node dies: its peers are told by its system, or its machine is gone. */
export interface CrashOptions {
  /** `reset` (default) or `silent`. */
  readonly sockets?: 'reset' | 'silent';
}

/** How a node comes back. */
export interface RestartOptions {
  /** `kept` (default) or `lost`. */
  readonly stores?: 'kept' | 'lost';
}

/** A host and what it stands on, from its start to its death. */
interface Life {
  readonly host: Host;
  readonly clock: NodeClock;
  readonly started: Promise<void>;
  readonly died: Promise<never>;
  readonly die: (error: EngineError) => void;
}

/** One node. Its name, identity and randomness stay the same through all its lives. */
export class SimNode {
  readonly peerId: string;
  /** Full multiaddr of its listener: `/memory/<name>/p2p/<peer id>`. */
  readonly address: string;
  /** Bugs of the engine that it reported, in all its lives. */
  readonly broken: EngineError[] = [];
  readonly #parts: SimNodeParts;
  readonly #options: SimNodeOptions;
  readonly #port: NodePort;
  readonly #random: SeededRandom;
  readonly #identity: Identity;
  #clockConditions: Partial<ClockConditions>;
  #blocks = new MemoryBlockStore();
  #data = new MemoryDataStore();
  #stores: StoreConditions;
  #life: Life | undefined;

  constructor(
    readonly name: string,
    parts: SimNodeParts,
    options: SimNodeOptions,
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#port = parts.network.port(name);
    this.#port.slowMs = options.slowMs ?? 0;
    this.#clockConditions = options.clock ?? {};
    this.#random = new SeededRandom(`${parts.seed}/${name}`);
    this.#stores = this.#newStores();
    const ciphers = options.ciphers ?? parts.ciphers;
    this.#identity =
      options.privateKey === undefined
        ? generateIdentity(ciphers, this.#random, options.keyType).identity
        : identityFromPrivateKey(ciphers, options.privateKey);
    this.peerId = this.#identity.peerId;
    this.address = `/memory/${name}/p2p/${this.peerId}`;
    this.#life = this.#begin();
  }

  // ------------------------------------------------------------ life

  /** Whether it runs. */
  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** The host of its present life. Throws `ERR_NODE_STOPPED` while it has none. */
  get host(): Host {
    return this.#alive().host;
  }

  /** Its clock. Throws `ERR_NODE_STOPPED` while it is dead. */
  get clock(): NodeClock {
    return this.#alive().clock;
  }

  /** Resolves when it listens; rejects as `createNode` does. */
  get started(): Promise<void> {
    return this.#alive().started;
  }

  /** Live machine actors; 0 after a clean stop, and while it is dead. */
  get liveActors(): number {
    return this.#life?.host.liveActors ?? 0;
  }

  /**
   * What `work` resolves to, or `ERR_NODE_STOPPED` as soon as the node dies: what a dead host was asked is never
   * answered.
   */
  async run<Value>(work: (host: Host) => Promise<Value>): Promise<Value> {
    const life = this.#alive();
    return Promise.race([work(life.host), life.died]);
  }

  /** It dies at once, in the middle of whatever it did. Does nothing when it is dead. */
  crash({ sockets = 'reset' }: CrashOptions = {}): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.#parts.network.crash(this.name, sockets);
    this.#mark('crash', { sockets });
    life.die(new EngineError('ERR_NODE_STOPPED', 'local', `${this.name} crashed`));
  }

  /** It comes back, as after a reboot. Throws `ERR_INVALID_ARGUMENT` while it runs. */
  restart({ stores = 'kept' }: RestartOptions = {}): void {
    if (this.#life !== undefined) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${this.name} runs: crash or stop it first`);
    }
    if (stores === 'lost') {
      this.#blocks = new MemoryBlockStore();
      this.#data = new MemoryDataStore();
      this.#stores = this.#newStores();
    }
    this.#parts.network.revive(this.name);
    this.#mark('restart', { stores });
    this.#life = this.#begin();
  }

  /** Stops it cleanly; resolves when all of it is closed. It can be started again. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    // A crash in the middle is an end too.
    await Promise.race([life.host.stop(), life.died.catch(() => undefined)]);
    if (this.#life !== life) return;
    this.#life = undefined;
    this.#port.endLife();
  }

  // ------------------------------------------------------------ conditions

  /** Its stores: make them fail, full, or slow. */
  get stores(): StoreConditions {
    return this.#stores;
  }

  /** What is on its disk, without waiting, for checks. */
  get disk(): { readonly blocks: MemoryBlockStore; readonly data: MemoryDataStore } {
    return { blocks: this.#blocks, data: this.#data };
  }

  /** Lets its clock run fast or slow, or jump to another date; also for its lives to come. */
  setClock(conditions: Partial<ClockConditions>): void {
    this.#clockConditions = { ...this.#clockConditions, ...conditions };
    this.#life?.clock.change(conditions);
    this.#mark('clock', { ...conditions });
  }

  /** Lets each piece of work take this long from now on. */
  setSlowness(slowMs: number): void {
    this.#port.slowMs = slowMs;
    this.#mark('slow', { slow_ms: slowMs });
  }

  #begin(): Life {
    const { agenda, network, trace } = this.#parts;
    const { onHost } = this.#options;
    const clock = new NodeClock(agenda, this.#port, this.#clockConditions);
    const simulated = network.transportOf(this.name);
    const host = composeHost(
      {
        ...this.#options,
        listen: this.#options.listen ?? [`/memory/${this.name}`],
        onBroken: (error) => void this.broken.push(error),
        ...(trace === undefined ? {} : { trace }),
      },
      {
        identity: this.#identity,
        clock,
        random: this.#random,
        ciphers: this.#options.ciphers ?? this.#parts.ciphers,
        transports: this.#options.transports?.(simulated) ?? [simulated],
        blocks: simulatedBlocks(this.#blocks, this.#stores),
        data: simulatedData(this.#data, this.#stores),
        watchMuxer: this.#options.watchMuxer,
      },
    );
    onHost?.(host);
    let die: (error: EngineError) => void = () => undefined;
    const died = new Promise<never>((_, reject) => (die = reject));
    const started = host.start();
    // Who cares waits for them; nobody has to.
    died.catch(() => undefined);
    started.catch(() => undefined);
    return { host, clock, started, died, die };
  }

  #newStores(): StoreConditions {
    return new StoreConditions(this.#port, [this.#blocks, this.#data], this.#options.storeLatencyMs ?? 0);
  }

  #alive(): Life {
    if (this.#life === undefined) throw new EngineError('ERR_NODE_STOPPED', 'local', `${this.name} does not run`);
    return this.#life;
  }

  #mark(type: string, data: Readonly<Record<string, unknown>>): void {
    const { trace, agenda } = this.#parts;
    trace?.record({ name: 'simulation:marker', actor: 'node', timeMs: agenda.nowMs, data: { type, ...data } });
  }
}
