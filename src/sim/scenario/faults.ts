/** Makes the faults of a scenario happen to a world, and ends those that last. */
import { EngineError } from '../../errors.js';
import type { SimNode } from '../world/sim-node.js';
import type { World } from '../world/world.js';
import { intrude } from './intruder.js';
import { nodeName, type Fault } from './scenario.js';

/** What makes a store fail. */
const DISK = new Error('simulated: the disk fails');

/** A fault that somebody orders while a world runs; nodes by their names. */
export type InjectedFault =
  /** Nothing passes between two nodes until they are healed. */
  | { readonly kind: 'cut'; readonly from: string; readonly to: string }
  | { readonly kind: 'clog'; readonly from: string; readonly to: string; readonly forMs: number }
  /** Every cut and clog is over. */
  | { readonly kind: 'heal' }
  | { readonly kind: 'crash'; readonly node: string }
  | { readonly kind: 'restart'; readonly node: string };

/** Begins and ends faults. */
export class Faults {
  readonly #world: World;
  readonly #onCrashed: (node: number, keepStore: boolean) => void;
  /** How each fault that lasts is ended; all are when the calm begins. */
  readonly #ends = new Set<() => void>();
  #isCalm = false;

  /** `onCrashed` hears when a node has died. */
  constructor(world: World, onCrashed: (node: number, keepStore: boolean) => void) {
    this.#world = world;
    this.#onCrashed = onCrashed;
  }

  /** Begins a fault now. */
  begin(fault: Fault): void {
    const end = this.#strike(fault);
    if (end === undefined || !('forMs' in fault)) return;
    const endOnce = (): void => {
      if (this.#ends.delete(endOnce)) end();
    };
    this.#ends.add(endOnce);
    this.#world.at(this.#world.nowMs + fault.forMs, endOnce);
  }

  /**
   * Does what somebody orders who looks on, beside the faults of the scenario.
   * @throws EngineError `ERR_INVALID_ARGUMENT`: no such node, it is not up or down as it would have to be, or it is calm.
   */
  inject(fault: InjectedFault): void {
    const { network } = this.#world;
    if (this.#isCalm) throw refused('the calm has begun: everything has to come right now');
    switch (fault.kind) {
      case 'cut': {
        const cut = network.cutLink(this.#nodeOf(fault.from).name, this.#nodeOf(fault.to).name);
        this.#ends.add(() => network.heal(cut));
        return;
      }
      case 'clog':
        network.clog(this.#nodeOf(fault.from).name, this.#nodeOf(fault.to).name, this.#world.nowMs + fault.forMs);
        return;
      case 'heal':
        network.unclog();
        network.heal();
        return;
      case 'crash': {
        const node = this.#nodeOf(fault.node);
        if (!node.isUp) throw refused(`${fault.node} does not run`);
        node.crash();
        this.#onCrashed(this.#world.nodes.indexOf(node), true);
        this.#ends.add(() => {
          if (!node.isUp) node.restart();
        });
        return;
      }
      case 'restart':
        // One that runs is refused there.
        this.#nodeOf(fault.node).restart();
        return;
      default:
        fault satisfies never;
    }
  }

  /** Ends everything that goes wrong; crashed nodes are back. */
  calm(): void {
    this.#isCalm = true;
    for (const end of [...this.#ends]) end();
    this.#world.network.calm();
  }

  /** Answers how a fault that lasts ends. */
  #strike(fault: Fault): (() => void) | undefined {
    const { network } = this.#world;
    switch (fault.kind) {
      case 'slow': {
        const { latencyMs, bandwidthBytesPerSecond } = fault;
        const [from, to] = [nodeName(fault.from), nodeName(fault.to)];
        network.setLink(from, to, { latencyMs, bandwidthBytesPerSecond });
        return () => network.setLink(from, to, undefined);
      }
      case 'partition': {
        const cut = network.partition(fault.group.map(nodeName), fault.direction);
        return () => network.heal(cut);
      }
      case 'clog':
        network.clog(nodeName(fault.from), nodeName(fault.to), this.#world.nowMs + fault.forMs);
        return undefined;
      case 'reset':
        if (fault.midFrame) network.resetMidFrame(nodeName(fault.from), nodeName(fault.to));
        else network.reset(nodeName(fault.from), nodeName(fault.to));
        return undefined;
      case 'halfOpen':
        network.halfOpen(nodeName(fault.from), nodeName(fault.to));
        return undefined;
      case 'silence':
        network.silence(nodeName(fault.from), nodeName(fault.to));
        return undefined;
      case 'finish':
        network.finish(nodeName(fault.from), nodeName(fault.to));
        return undefined;
      case 'corrupt':
        network.corrupt(nodeName(fault.from), nodeName(fault.to));
        return undefined;
      case 'crash':
        return this.#crash(fault);
      case 'skew': {
        const node = this.#world.node(nodeName(fault.node));
        node.setClock({ speed: fault.percent / 100, skewMs: fault.skewMs });
        return () => node.setClock({ speed: 1, skewMs: 0 });
      }
      case 'busy': {
        const node = this.#world.node(nodeName(fault.node));
        node.setSlowness(fault.slowMs);
        return () => node.setSlowness(0);
      }
      case 'storeFailure':
        return this.#failStores(fault);
      case 'intruder':
        intrude(this.#world, fault);
        return undefined;
      default:
        return fault satisfies never;
    }
  }

  #crash({ node: number, keepStore, silent }: Fault & { readonly kind: 'crash' }): (() => void) | undefined {
    const node = this.#world.node(nodeName(number));
    if (!node.isUp) return undefined;
    node.crash({ sockets: silent ? 'silent' : 'reset' });
    this.#onCrashed(number, keepStore);
    return () => {
      // Somebody may have brought it back before.
      if (!node.isUp) node.restart({ stores: keepStore ? 'kept' : 'lost' });
    };
  }

  #nodeOf(name: string): SimNode {
    const node = this.#world.nodes.find((each) => each.name === name);
    if (node === undefined) throw refused(`there is no node "${name}"`);
    return node;
  }

  #failStores({ node: number, what }: Fault & { readonly kind: 'storeFailure' }): () => void {
    const node = this.#world.node(nodeName(number));
    if (what === 'full') node.stores.setCapacity(0);
    else node.stores.failWith(DISK, what);
    return () => {
      node.stores.setCapacity(Infinity);
      node.stores.failWith(undefined);
    };
  }
}

function refused(why: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
}
