/**
 * The tally of a node: what it has counted since the tally began, and what it has now, as families of numbers. Prometheus,
 * the command line and the RPC read it; it costs a few additions per connection and stream, nothing per frame.
 */
import { Subscription } from 'rxjs';
import type { HostEvent } from '../host/host-events.js';
import { LIMITS } from '../limits.js';
import type { TransitionNotice } from '../actors/environment.js';
import { CounterTable, type Sample } from './counter-table.js';
import { failureStates } from './ends.js';
import { codeLabel, protocolLabel } from './labels.js';
import type { WatchedNode } from './watched-node.js';

/** One family of numbers, in the sense of Prometheus. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
}

/** Options of a {@link NodeTally}. */
export interface TallyOptions {
  /** Whether steps of machines are counted too (dials, failure states, bitswap sessions): then each step costs a look. */
  readonly machines?: boolean;
  /** Sets of labels of one counter; default `limits.metricSeries`. */
  readonly maxSeries?: number;
}

/** What is counted as it happens: name, help, labels. */
const COUNTERS = {
  connectionsOpened: ['connections_opened_total', 'Connections that were opened', ['direction', 'security', 'muxer']],
  connectionsClosed: ['connections_closed_total', 'Open connections that ended, by error code', ['direction', 'code']],
  upgrades: ['upgrades_total', 'Upgrades that ended: opened, or the error code', ['direction', 'outcome']],
  refused: ['connections_refused_total', 'Inbound connections dropped before their upgrade', ['code']],
  trimmed: ['connections_trimmed_total', 'Connections closed because there were too many', []],
  streamsOpened: ['streams_opened_total', 'Streams whose protocol was agreed', ['direction', 'protocol']],
  streamsFailed: ['stream_failures_total', 'Inbound streams that failed before or in their handler', ['code']],
  bugs: ['bugs_total', 'Bugs of the engine that the node survived', ['code']],
  dials: ['dials_total', 'Dials that ended, by the final state of the dial', ['outcome']],
  machineFailures: ['machine_failures_total', 'Machines that ended in a failure state', ['machine', 'state']],
  sessions: ['bitswap_sessions_total', 'Bitswap sessions that ended, by final state', ['outcome']],
} as const satisfies Record<string, readonly [name: string, help: string, labels: readonly string[]]>;

/** Counted only where the steps of machines are. */
const OF_MACHINES: ReadonlySet<string> = new Set(['dials', 'machineFailures', 'sessions']);
const DIAL_ENDS: ReadonlySet<string> = new Set(['connected', 'exhausted', 'timedOut', 'cancelled', 'unexpected']);
const SESSION_ENDS: ReadonlySet<string> = new Set(['finished', 'cancelled', 'failed', 'unexpected']);

type CounterName = keyof typeof COUNTERS;

/** Counts what one node tells, until it is stopped. */
export class NodeTally {
  readonly #node: WatchedNode;
  readonly #counters: Readonly<Record<CounterName, CounterTable>>;
  readonly #machines: boolean;
  readonly #failures: ReadonlySet<string>;
  readonly #listening = new Subscription();
  /** Bytes of connections that are gone. */
  readonly #gone = { in: 0, out: 0 };
  readonly #most = { in: 0, out: 0 };

  constructor(node: WatchedNode, options: TallyOptions = {}) {
    const { machines = false, maxSeries = LIMITS.metricSeries } = options;
    this.#node = node;
    this.#machines = machines;
    this.#failures = machines ? failureStates() : new Set();
    this.#counters = Object.fromEntries(
      Object.keys(COUNTERS).map((name) => [name, new CounterTable(maxSeries)]),
    ) as Record<CounterName, CounterTable>;
    this.#listening.add(node.events$.subscribe((event) => this.#hear(event)));
    this.#listening.add(node.broken$.subscribe(({ code }) => this.#counters.bugs.add({ code: codeLabel(code) })));
    if (machines) this.#listening.add(node.transitions$.subscribe((notice) => this.#step(notice)));
  }

  /** Stops counting. */
  stop(): void {
    this.#listening.unsubscribe();
  }

  /** Bytes of all connections, those that are gone included; never less than before. */
  get traffic(): { readonly bytesIn: number; readonly bytesOut: number } {
    let { in: bytesIn, out: bytesOut } = this.#gone;
    for (const connection of this.#node.connections()) {
      bytesIn += connection.bytesIn;
      bytesOut += connection.bytesOut;
    }
    // A connection that is draining is neither open nor gone.
    this.#most.in = Math.max(this.#most.in, bytesIn);
    this.#most.out = Math.max(this.#most.out, bytesOut);
    return { bytesIn: this.#most.in, bytesOut: this.#most.out };
  }

  /** What one counter has so far. */
  samplesOf(counter: CounterName): readonly Sample[] {
    return this.#counters[counter].samples;
  }

  /** Every family, as it is now. */
  families(): readonly MetricFamily[] {
    const counters = Object.entries(COUNTERS)
      .filter(([key]) => this.#machines || !OF_MACHINES.has(key))
      .map(([key, [name, help, labels]]): MetricFamily => {
        const { samples } = this.#counters[key as CounterName];
        const none = labels.length === 0 && samples.length === 0 ? [{ labels: {}, value: 0 }] : samples;
        return { name: `swarmchart_${name}`, help, kind: 'counter', labels, samples: none };
      });
    const { bytesIn, bytesOut } = this.traffic;
    const bytes: MetricFamily = {
      name: 'swarmchart_bytes_total',
      help: 'Bytes that crossed the transports',
      kind: 'counter',
      labels: ['direction'],
      samples: [
        { labels: { direction: 'inbound' }, value: bytesIn },
        { labels: { direction: 'outbound' }, value: bytesOut },
      ],
    };
    return [...this.#gauges(), bytes, ...counters];
  }

  #gauges(): readonly MetricFamily[] {
    const connections = new CounterTable(LIMITS.metricSeries);
    const streams = new CounterTable(LIMITS.metricSeries);
    const peers = new Set<string>();
    for (const { direction, security = 'none', muxer = 'none', remotePeer } of this.#node.connections()) {
      connections.add({ direction, security, muxer });
      peers.add(remotePeer);
    }
    const handled = this.#node.handledProtocols;
    for (const { direction, protocol } of this.#node.streams()) {
      streams.add({ direction, protocol: protocolLabel(protocol, handled) });
    }
    const { system, transient } = this.#node.resources();
    const scopes = { system, transient };
    const usage = Object.entries(scopes).flatMap(([scope, snapshot]) => numbersOf(scope, snapshot.usage));
    const limits = Object.entries(scopes).flatMap(([scope, snapshot]) => numbersOf(scope, snapshot.limits));
    return [
      gauge('connections', 'Open connections', ['direction', 'security', 'muxer'], connections.samples),
      gauge('streams', 'Live streams whose protocol is agreed', ['direction', 'protocol'], streams.samples),
      gauge('peers', 'Connected peers', [], [{ labels: {}, value: peers.size }]),
      gauge('live_actors', 'Live machine actors', [], [{ labels: {}, value: this.#node.liveActors }]),
      gauge('resource_usage', 'What a scope uses', ['scope', 'resource'], usage),
      gauge('resource_limit', 'What a scope may use', ['scope', 'resource'], limits),
    ];
  }

  #hear(event: HostEvent): void {
    const counters = this.#counters;
    switch (event.type) {
      case 'connection.opened': {
        const { direction, security = 'none', muxer = 'none' } = event.info;
        counters.connectionsOpened.add({ direction, security, muxer });
        counters.upgrades.add({ direction, outcome: 'opened' });
        return;
      }
      case 'connection.closed': {
        const { direction } = event.info;
        this.#retire(event.info);
        counters.connectionsClosed.add({ direction, code: event.error ? codeLabel(event.error.code) : 'none' });
        return;
      }
      case 'connection.failed':
        this.#retire(event.info);
        counters.upgrades.add({ direction: event.info.direction, outcome: codeLabel(event.error.code) });
        return;
      case 'connection.refused':
        counters.refused.add({ code: codeLabel(event.error.code) });
        return;
      case 'connection.trimmed':
        counters.trimmed.add({});
        return;
      case 'stream.opened': {
        const { direction, protocol } = event.stream;
        const label = protocolLabel(protocol, this.#node.handledProtocols);
        counters.streamsOpened.add({ direction, protocol: label });
        return;
      }
      case 'stream.failed':
        counters.streamsFailed.add({ code: codeLabel(event.error.code) });
        return;
      default:
        return;
    }
  }

  #step({ machine, to }: TransitionNotice): void {
    if (this.#failures.has(`${machine} ${to}`)) this.#counters.machineFailures.add({ machine, state: to });
    if (machine === 'dial' && DIAL_ENDS.has(to)) this.#counters.dials.add({ outcome: to });
    if (machine === 'bitswapSession' && SESSION_ENDS.has(to)) this.#counters.sessions.add({ outcome: to });
  }

  #retire({ bytesIn, bytesOut }: { readonly bytesIn: number; readonly bytesOut: number }): void {
    this.#gone.in += bytesIn;
    this.#gone.out += bytesOut;
  }
}

function gauge(name: string, help: string, labels: readonly string[], samples: readonly Sample[]): MetricFamily {
  return { name: `swarmchart_${name}`, help, kind: 'gauge', labels, samples };
}

function numbersOf(scope: string, numbers: object): readonly Sample[] {
  return Object.entries(numbers).map(([resource, value]) => ({ labels: { scope, resource }, value: Number(value) }));
}
