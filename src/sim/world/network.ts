/**
 * The simulated network: nodes by name, a link each way between any two, and everything that can go wrong on them. It
 * behaves as stream transports do: bytes arrive in order and whole, or not at all; loss is delay; what is cut off is held
 * until it is healed, and only time-outs of the nodes tell a dead peer from a slow one.
 */
import { EngineError } from '../../errors.js';
import type { Transport } from '../../ports.js';
import type { Agenda } from './agenda.js';
import { Connection, type ConnectionEvent } from './connection.js';
import { PLAIN_LINK, type LinkOptions } from './link-options.js';
import { NodePort } from './node-port.js';
import { Path } from './path.js';
import { simulatedTransport, type Listener } from './transport.js';

/** Which way a partition cuts, seen from its group. */
export type CutDirection = 'both' | 'in' | 'out';

/** A partition, for {@link SimNetwork.heal}. */
export interface Cut {
  readonly group: readonly string[];
  readonly direction: CutDirection;
  /** Only from these. Absent: from all others. */
  readonly others?: readonly string[];
}

/** Something that happened to a connection. */
export interface NetworkEvent {
  readonly atMs: number;
  readonly event: ConnectionEvent;
  /** `n1>n2/3`: dialer, listener, and which of their connections it is. */
  readonly connection: string;
  readonly dialer: string;
  readonly listener: string;
}

/** A network in virtual time. Faults hit from the moment they are asked for. */
export class SimNetwork {
  readonly #agenda: Agenda;
  readonly #seed: string;
  readonly #ports = new Map<string, NodePort>();
  readonly #listeners = new Map<string, Listener>();
  readonly #paths = new Map<string, Map<string, Path>>();
  readonly #cuts = new Set<Cut>();
  readonly #connections = new Set<Connection>();
  readonly #watchers = new Set<(event: NetworkEvent) => void>();
  #defaults: LinkOptions;

  constructor(agenda: Agenda, seed: string, options: Partial<LinkOptions> = {}) {
    this.#agenda = agenda;
    this.#seed = seed;
    this.#defaults = { ...PLAIN_LINK, ...options };
  }

  // ------------------------------------------------------------ links

  /** What every link is like that was not set by {@link setLink}. */
  setDefaults(options: Partial<LinkOptions>): void {
    this.#defaults = { ...this.#defaults, ...options };
    for (const path of this.#allPaths()) {
      if (!path.isSet) path.change(this.#defaults);
    }
  }

  /** Changes one direction of one link; `undefined` puts it back to the defaults. */
  setLink(from: string, to: string, options: Partial<LinkOptions> | undefined): void {
    const path = this.#path(from, to);
    path.isSet = options !== undefined;
    path.change({ ...this.#defaults, ...options });
  }

  // ------------------------------------------------------------ faults that last

  /** `group` and the rest hear nothing of each other: `in`, the group hears nothing; `out`, nothing of it is heard. */
  partition(group: readonly string[], direction: CutDirection = 'both'): Cut {
    return this.#cut({ group: [...group], direction });
  }

  /** Cuts the link of two nodes, both ways. */
  cutLink(one: string, other: string): Cut {
    return this.#cut({ group: [one], direction: 'both', others: [other] });
  }

  /** Cuts one node off. */
  isolate(name: string, direction: CutDirection = 'both'): Cut {
    return this.partition([name], direction);
  }

  /** Takes one partition away, or all; what was held comes at once. */
  heal(cut?: Cut): void {
    const healed = cut === undefined ? [...this.#cuts] : this.#cuts.has(cut) ? [cut] : [];
    for (const one of healed) {
      this.#cuts.delete(one);
      for (const path of this.#allPaths()) if (isCut(one, path.from, path.to)) path.cuts--;
    }
    for (const path of this.#allPaths()) path.release();
  }

  /** Holds what goes from one node to another until a time of the world. */
  clog(from: string, to: string, untilMs: number): void {
    this.#path(from, to).clogUntil(untilMs);
  }

  /** Lets everything through that is held by {@link clog}. */
  unclog(): void {
    for (const path of this.#allPaths()) path.unclog();
  }

  /** Ends every fault that lasts or waits to happen, and sets the chances of faults to nothing. Crashed nodes stay so. */
  calm(): void {
    const { lossChance, corruptChance, resetChance } = PLAIN_LINK;
    const quiet = { lossChance, corruptChance, resetChance };
    this.#defaults = { ...this.#defaults, ...quiet };
    for (const path of this.#allPaths()) {
      path.calm();
      path.options = { ...path.options, ...quiet };
    }
    this.heal();
  }

  // ------------------------------------------------------------ faults that strike

  /** Resets every connection between two nodes at once; both ends hear of it. Answers how many there were. */
  reset(one: string, other: string): number {
    return this.#strike(one, other, (connection) => connection.reset());
  }

  /** The next bytes from one node to the other arrive in part, and their connection is reset. */
  resetMidFrame(from: string, to: string): void {
    this.#path(from, to).resetNext();
  }

  /** `from` loses its ends of all connections with `to`, which is not told: it can only time out. Answers how many. */
  halfOpen(from: string, to: string): number {
    return this.#strike(from, to, (connection) => connection.forgetAt(from));
  }

  /** On every open connection, nothing that `from` sends reaches `to` any more; new connections are well. Answers how many. */
  silence(from: string, to: string): number {
    return this.#strike(from, to, (connection) => connection.silenceFrom(from));
  }

  /** `from` closes its direction of every connection with `to`, as though it had nothing more to say. Answers how many. */
  finish(from: string, to: string): number {
    return this.#strike(from, to, (connection) => connection.endAt(from).end());
  }

  /** Changes one of the next bytes from one node to the other. */
  corrupt(from: string, to: string): void {
    this.#path(from, to).corruptNext();
  }

  // ------------------------------------------------------------ seeing

  /** Open connections, oldest first. */
  get connections(): readonly Connection[] {
    return [...this.#connections];
  }

  /** Calls back for everything that happens to a connection; answers how to stop that. */
  watch(watcher: (event: NetworkEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  // ------------------------------------------------------------ for nodes

  /** The place of a node in the network, made when first asked for. */
  port(name: string): NodePort {
    let port = this.#ports.get(name);
    if (port === undefined) {
      if (!/^[\w-]+$/.test(name)) {
        throw new EngineError(
          'ERR_INVALID_ARGUMENT',
          'local',
          `"${name}" is no name for a node: letters, digits, _, -`,
        );
      }
      port = new NodePort(this.#agenda, name);
      this.#ports.set(name, port);
    }
    return port;
  }

  /** A transport for addresses `/memory/<name>`, by which the node of that name dials and listens. */
  transportOf(name: string): Transport {
    return simulatedTransport({
      agenda: this.#agenda,
      port: this.port(name),
      listeners: this.#listeners,
      portOf: (other) => this.#ports.get(other),
      pathTo: (other) => this.#path(name, other),
      pathFrom: (other) => this.#path(other, name),
      connect: (listener) => this.#connect(this.port(name), listener),
    });
  }

  /**
   * The node's process dies, and its sockets with it: `reset`, its system tells the peers; `silent`, the machine is gone,
   * and answers again (with resets) when it is up.
   */
  crash(name: string, how: 'reset' | 'silent'): void {
    const port = this.port(name);
    port.endLife();
    port.isUp = how === 'reset';
    for (const [address, listener] of this.#listeners) if (listener.port === port) this.#listeners.delete(address);
    for (const connection of this.#connections) {
      for (const socket of [connection.near, connection.far]) {
        if (socket.port !== port) continue;
        if (how === 'reset' && socket.state === 'open') socket.outgoing.send('reset');
        socket.vanish('lost');
      }
    }
  }

  /** The machine of a crashed node is up again. */
  revive(name: string): void {
    this.port(name).isUp = true;
    for (const path of this.#allPaths()) if (path.to === name) path.release();
  }

  #cut(cut: Cut): Cut {
    this.#cuts.add(cut);
    for (const path of this.#allPaths()) if (isCut(cut, path.from, path.to)) path.cuts++;
    return cut;
  }

  #connect(dialer: NodePort, listener: NodePort): Connection {
    const connection = new Connection({
      agenda: this.#agenda,
      seed: this.#seed,
      dialer,
      listener,
      there: this.#path(dialer.name, listener.name),
      back: this.#path(listener.name, dialer.name),
      tell: (event, told) => this.#tell(event, told),
    });
    return connection;
  }

  #tell(event: ConnectionEvent, connection: Connection): void {
    if (event === 'opened') this.#connections.add(connection);
    if (event === 'closed') this.#connections.delete(connection);
    if (this.#watchers.size === 0) return;
    const [dialer, listener] = [connection.near.port.name, connection.far.port.name];
    const notice = { atMs: this.#agenda.nowMs, event, connection: connection.id, dialer, listener };
    for (const watcher of [...this.#watchers]) watcher(notice);
  }

  #strike(one: string, other: string, blow: (connection: Connection) => void): number {
    const struck = [...this.#connections].filter((connection) => connection.isBetween(one, other));
    struck.forEach(blow);
    return struck.length;
  }

  #path(from: string, to: string): Path {
    let fromHere = this.#paths.get(from);
    if (fromHere === undefined) this.#paths.set(from, (fromHere = new Map<string, Path>()));
    let path = fromHere.get(to);
    if (path === undefined) {
      path = new Path(this.#agenda, from, to, this.#defaults);
      for (const cut of this.#cuts) if (isCut(cut, from, to)) path.cuts++;
      fromHere.set(to, path);
    }
    return path;
  }

  *#allPaths(): Iterable<Path> {
    for (const paths of this.#paths.values()) yield* paths.values();
  }
}

function isCut({ group, direction, others }: Cut, from: string, to: string): boolean {
  const [leaves, enters] = [group.includes(from), group.includes(to)];
  if (leaves === enters || others?.includes(leaves ? to : from) === false) return false;
  return direction === 'both' || (direction === 'in') === enters;
}
