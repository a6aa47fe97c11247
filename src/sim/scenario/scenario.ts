/**
 * A scenario: everything that is going to happen in a simulated network, as data. The same scenario gives the same run,
 * so a failing one can be kept, cut down, and put into a test.
 *
 * Nodes are numbers from 0; in traces and messages node 3 is `n3`. Times are milliseconds of the world's clock. A fault
 * that lasts says for how long (`forMs`), so that taking it out takes its end out as well.
 */

import type { MuxerName } from '../../chain-protocols.js';
import type { Chunking } from '../world/link-options.js';

/** Version of the form below; a reader refuses another one. */
export const SCENARIO_FORMAT = 1;

/** `native`: node:crypto. `real`: the portable ciphers. `toy`: the same lengths, no security, and the fastest. */
export type CipherChoice = 'native' | 'toy' | 'real';

/** Plaintext has nothing that would notice a changed byte: no scenario with `corrupt` is made with it. */
export const SECURITY_CHOICES = ['noise', 'tls', 'secio', 'plaintext'] as const;
export type SecurityChoice = (typeof SECURITY_CHOICES)[number];

/** What every link is like while no fault says otherwise. */
export interface NetworkConditions {
  /** Least time from write to arrival. */
  readonly latencyMs: number;
  /** Random time on top of it, at the most. */
  readonly jitterMs: number;
  /** Bytes a second in each direction of a link; 0: as much as there is. */
  readonly bandwidthBytesPerSecond: number;
  /** Probability that a write is lost and sent again, which its reader sees as delay. */
  readonly lossChance: number;
  /** How what is written in one go arrives. */
  readonly chunking: Chunking;
}

/** What nodes are asked to do. `node` does it; `target` is the other one. */
export type Operation =
  /** Adds a file of `sizeBytes` seeded bytes under the number `file`. */
  | {
      readonly kind: 'add';
      readonly atMs: number;
      readonly node: number;
      readonly file: number;
      readonly sizeBytes: number;
    }
  /** Fetches file number `file` from the nodes that hold it. */
  | { readonly kind: 'fetch'; readonly atMs: number; readonly node: number; readonly file: number }
  | { readonly kind: 'dial'; readonly atMs: number; readonly node: number; readonly target: number }
  | { readonly kind: 'disconnect'; readonly atMs: number; readonly node: number; readonly target: number }
  | { readonly kind: 'identify'; readonly atMs: number; readonly node: number; readonly target: number }
  | {
      readonly kind: 'ping';
      readonly atMs: number;
      readonly node: number;
      readonly target: number;
      readonly count: number;
    }
  /** Sends `sizeBytes` on an echo stream and reads them back. */
  | {
      readonly kind: 'echo';
      readonly atMs: number;
      readonly node: number;
      readonly target: number;
      readonly sizeBytes: number;
    }
  /** Opens an echo stream, sends `sizeBytes`, and resets it. */
  | {
      readonly kind: 'abandon';
      readonly atMs: number;
      readonly node: number;
      readonly target: number;
      readonly sizeBytes: number;
    };

/** What goes wrong. `from` and `to` are the two ends of a link. */
export type Fault =
  /** The link is slow for a time. */
  | {
      readonly kind: 'slow';
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
      readonly latencyMs: number;
      readonly bandwidthBytesPerSecond: number;
      readonly forMs: number;
    }
  /** `group` and the rest hear nothing of each other, or only one side hears the other. */
  | {
      readonly kind: 'partition';
      readonly atMs: number;
      readonly group: readonly number[];
      readonly direction: 'both' | 'in' | 'out';
      readonly forMs: number;
    }
  /** What `from` sends to `to` is held for a time, and comes all at once. */
  | { readonly kind: 'clog'; readonly atMs: number; readonly from: number; readonly to: number; readonly forMs: number }
  /** The connections between the two are reset at once, or when the next bytes from `from` have arrived in part. */
  | {
      readonly kind: 'reset';
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
      readonly midFrame: boolean;
    }
  /** `from` loses its connections with `to`, which is not told. */
  | { readonly kind: 'halfOpen'; readonly atMs: number; readonly from: number; readonly to: number }
  /** On the connections that are open, nothing that `from` sends reaches `to` any more. */
  | { readonly kind: 'silence'; readonly atMs: number; readonly from: number; readonly to: number }
  /** `from` ends its direction of its connections with `to`, as though it had nothing more to say. */
  | { readonly kind: 'finish'; readonly atMs: number; readonly from: number; readonly to: number }
  /** One of the next bytes from `from` to `to` is changed. */
  | { readonly kind: 'corrupt'; readonly atMs: number; readonly from: number; readonly to: number }
  /** The node dies, its peers hear of it or not, and comes back with its stores or with empty ones. */
  | {
      readonly kind: 'crash';
      readonly atMs: number;
      readonly node: number;
      readonly keepStore: boolean;
      readonly silent: boolean;
      readonly forMs: number;
    }
  /** The node's clock runs at `percent` of the world's speed for a time, and shows a date that is `skewMs` off. */
  | {
      readonly kind: 'skew';
      readonly atMs: number;
      readonly node: number;
      readonly percent: number;
      readonly skewMs: number;
      readonly forMs: number;
    }
  /** Each piece of work takes the node this long for a time. */
  | {
      readonly kind: 'busy';
      readonly atMs: number;
      readonly node: number;
      readonly slowMs: number;
      readonly forMs: number;
    }
  /** The node's stores fail for a time, or are full. */
  | {
      readonly kind: 'storeFailure';
      readonly atMs: number;
      readonly node: number;
      readonly what: 'reads' | 'writes' | 'all' | 'full';
      readonly forMs: number;
    }
  /**
   * Somebody at the machine of `from` connects to `to` and misbehaves: sends seeded garbage, or garbage behind a right
   * greeting, or proposals without end, or nothing at all.
   */
  | {
      readonly kind: 'intruder';
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
      readonly how: 'garbage' | 'garbageAfterGreeting' | 'proposals' | 'nothing';
    };

export type OperationKind = Operation['kind'];
export type FaultKind = Fault['kind'];

/** Everything that is going to happen. */
export interface Scenario {
  readonly format: typeof SCENARIO_FORMAT;
  /** Seed of everything that the lists below leave open: keys, delays, cuts, the files' bytes. */
  readonly seed: number;
  readonly nodes: number;
  readonly ciphers: CipherChoice;
  /** What every node secures its connections with. */
  readonly security: SecurityChoice;
  /** What every node's connections carry streams with. Absent: yamux, as before there was a choice. */
  readonly muxer?: MuxerName;
  readonly network: NetworkConditions;
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
  /** When the calm begins: all faults are healed and crashed nodes are back. */
  readonly durationMs: number;
  /** How long the calm may last until everything that was promised has come true. */
  readonly calmMs: number;
}

/** Nothing special: what a shrunk scenario falls back to. */
export const NEUTRAL_NETWORK: NetworkConditions = {
  latencyMs: 1,
  jitterMs: 0,
  bandwidthBytesPerSecond: 0,
  lossChance: 0,
  chunking: 'whole',
};

/**
 * Long enough for the slowest way out of a silent death: keep-alive (40 s), then a want that is asked again (30 s), with
 * room for the fetch itself.
 */
export const CALM_MS = 90_000;

/** The nodes that an operation or fault speaks of. */
export function nodesOf(item: Operation | Fault): readonly number[] {
  if ('group' in item) return item.group;
  if ('from' in item) return [item.from, item.to];
  return 'target' in item ? [item.node, item.target] : [item.node];
}

/** The name under which a node stands in the world. */
export function nodeName(node: number): string {
  return `n${node}`;
}

/** Operations or faults by time; ties stay as they are. */
export function inOrder<Item extends { readonly atMs: number }>(items: readonly Item[]): Item[] {
  return [...items].sort((left, right) => left.atMs - right.atMs);
}
