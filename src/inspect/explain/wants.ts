/** Follows bitswap: whether what a session wanted came, and what was said meanwhile. */
import type { TraceRecord } from '../../trace/format.js';
import { nodeOf } from '../../trace/tools/addresses.js';
import type { WantFacts } from './facts.js';
import { numberOf, objectOf, textOf, type Step } from './reading.js';

/** Of a whole node: frames do not tell for which session they are. */
class Counters {
  wantsOut = 0;
  presencesIn = 0;
  blocksIn = 0;
  /** Peers that bitswap is spoken with, and those that do not speak it. */
  readonly peers = new Set<string>();
  readonly strangers = new Set<string>();
}

/** Wants that are open. */
interface OpenWants {
  readonly actor: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly wantsOut: number;
  readonly presencesIn: number;
  readonly blocksIn: number;
  state: string;
}

/** Wants that ended, or did not, without a block. */
export interface UnmetWants {
  readonly actor: string;
  readonly node: string;
  /** The record at which they ended, or the one at which they began. */
  readonly seq: number;
  readonly timeMs: number;
  readonly state: string;
  readonly wants: WantFacts;
}

const WANTING: ReadonlySet<string> = new Set(['discovering', 'fetching']);
const GONE: ReadonlySet<string> = new Set(['stopped', 'failed', 'stalled', 'unexpected']);

/** The sessions of all nodes of a trace. */
export class WantsFacts {
  readonly #nodes = new Map<string, Counters>();
  readonly #open = new Map<string, OpenWants>();

  /** A frame of a protocol. */
  frame({ name, actor, data }: TraceRecord): void {
    const event = objectOf(data, 'event');
    if (textOf(event, 'type') !== 'bitswap.message') return;
    const counters = this.#of(nodeOf(actor));
    if (name === 'frame:encoded') {
      counters.wantsOut += (numberOf(event, 'wantBlocks') ?? 0) + (numberOf(event, 'wantHaves') ?? 0);
    } else {
      counters.presencesIn += numberOf(event, 'presences') ?? 0;
      counters.blocksIn += numberOf(event, 'blocks') ?? 0;
    }
  }

  /** A step of a machine; answers wants that it ends without a block. */
  step({ seq, time, actor }: TraceRecord, { machine, from, to, event }: Step): UnmetWants | undefined {
    if (machine === 'bitswapOutbound') this.#outbound(actor, to);
    if (machine !== 'bitswapSession') return undefined;
    const open = this.#open.get(actor);
    if (open === undefined) {
      if (WANTING.has(to)) {
        const { wantsOut, presencesIn, blocksIn } = this.#of(nodeOf(actor));
        this.#open.set(actor, { actor, seq, timeMs: time, wantsOut, presencesIn, blocksIn, state: to });
      }
      return undefined;
    }
    if (WANTING.has(to)) {
      open.state = to;
      return undefined;
    }
    this.#open.delete(actor);
    if (event !== 'wants.closed' && event !== 'local.close') return undefined;
    return this.#unmet(open, seq, time, event === 'wants.closed' ? 'closed' : 'cancelled', from);
  }

  /** What is wanted still when the trace ends, at `timeMs`. */
  stillOpen(timeMs: number): readonly UnmetWants[] {
    return [...this.#open.values()].flatMap((open) => {
      const unmet = this.#unmet(open, open.seq, timeMs, 'open', open.state);
      return unmet === undefined ? [] : [unmet];
    });
  }

  #unmet(open: OpenWants, seq: number, timeMs: number, how: WantFacts['how'], state: string): UnmetWants | undefined {
    const node = nodeOf(open.actor);
    const now = this.#of(node);
    if (now.blocksIn > open.blocksIn) return undefined;
    const wants: WantFacts = {
      openedSeq: open.seq,
      openedMs: open.timeMs,
      wantsOut: now.wantsOut - open.wantsOut,
      presencesIn: now.presencesIn - open.presencesIn,
      blocksIn: 0,
      peers: now.peers.size,
      strangers: now.strangers.size,
      isFetching: state === 'fetching',
      lastedMs: timeMs - open.timeMs,
      how,
    };
    return { actor: open.actor, node, seq, timeMs, state, wants };
  }

  #outbound(actor: string, to: string): void {
    const { peers, strangers } = this.#of(nodeOf(actor));
    strangers.delete(actor);
    if (to === 'unsupported') strangers.add(actor);
    if (to === 'unsupported' || GONE.has(to)) peers.delete(actor);
    else peers.add(actor);
  }

  #of(node: string): Counters {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const counters = new Counters();
    this.#nodes.set(node, counters);
    return counters;
  }
}
