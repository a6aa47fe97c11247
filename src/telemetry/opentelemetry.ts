/**
 * `swarmchart/opentelemetry`: a node's dials, upgrades, streams and fetches as spans of `@opentelemetry/api`, which is an
 * optional peer of this package.
 *
 *   dial
 *     upgrade (one for each address; inbound ones have no parent)
 *       connect, negotiate security, handshake, negotiate muxer
 *   stream    linked to the upgrade of its connection
 *   fetch     one bitswap session
 *
 * Entries into states are events of the span in which they happen. Times are the node's clock's.
 */
import { ROOT_CONTEXT, SpanStatusCode, trace, type Span, type SpanContext, type Tracer } from '@opentelemetry/api';
import { Subscription } from 'rxjs';
import type { TransitionNotice } from '../actors/environment.js';
import type { EngineError, ErrorCode, StateStay } from '../errors.js';
import type { ConnectionInfo } from '../host/connection-info.js';
import type { HostEvent } from '../host/host-events.js';
import type { StreamInfo } from '../host/connection-info.js';
import { LIMITS } from '../limits.js';
import { failureStates, finalStates } from './ends.js';
import type { WatchedNode } from './watched-node.js';

export type { WatchedNode } from './watched-node.js';

/** Options of {@link traceNode}. */
export interface TraceNodeOptions {
  readonly tracer: Tracer;
  /** Live spans at once; what begins beyond is not traced. Default `limits.traceSpans`. */
  readonly maxSpans?: number;
  /** The zero of the node's clock, in milliseconds since the Unix epoch. Default: that of the system clock's. */
  readonly originMs?: number;
}

/** Machines with a span of their own, and its name until more is known. */
const SPANS: Readonly<Record<string, string>> = {
  dial: 'dial',
  yamuxStream: 'stream',
  mplexStream: 'stream',
  soleStream: 'stream',
  bitswapSession: 'fetch',
};

/** States of an upgrade, as child spans. */
const PHASES: Readonly<Record<string, string>> = {
  'upgrading.connecting': 'connect',
  'upgrading.negotiatingSecurity': 'negotiate security',
  'upgrading.handshaking': 'handshake',
  'upgrading.negotiatingMuxer': 'negotiate muxer',
};

/** What a dial that leads nowhere rejects with, where several addresses were tried. */
const DIAL_CODES: Readonly<Record<string, ErrorCode>> = {
  exhausted: 'ERR_DIAL_FAILED',
  timedOut: 'ERR_DIAL_TIMEOUT',
  cancelled: 'ERR_ABORTED',
  unexpected: 'ERR_CONNECTION_UNEXPECTED',
};

/** Makes spans of what `node` does from now on, until the answer is called: then live spans end. */
export function traceNode(node: WatchedNode, options: TraceNodeOptions): () => void {
  const tracing = new NodeTracing(options);
  const listening = new Subscription();
  listening.add(node.transitions$.subscribe((notice) => tracing.step(notice)));
  listening.add(node.events$.subscribe((event) => tracing.hear(event)));
  return () => {
    listening.unsubscribe();
    tracing.stop();
  };
}

class NodeTracing {
  readonly #tracer: Tracer;
  readonly #maxSpans: number;
  readonly #originMs: number;
  /** Live spans by the address of their actor. */
  readonly #live = new Map<string, Span>();
  /** The upgrades of open connections, for the links of their streams. */
  readonly #upgrades = new Map<string, SpanContext>();
  /** The code of the last failed address of a dial, and how many failed. */
  readonly #failed = new Map<string, { readonly code: ErrorCode; readonly count: number }>();
  readonly #failures = failureStates();
  readonly #finals = finalStates();

  constructor({ tracer, maxSpans = LIMITS.traceSpans, originMs = performance.timeOrigin }: TraceNodeOptions) {
    this.#tracer = tracer;
    this.#maxSpans = maxSpans;
    // Told from the epoch on: the SDK corrects other numbers span by span, so that children would leave their parents.
    this.#originMs = originMs;
  }

  step(notice: TransitionNotice): void {
    const { actor, machine, from, to, event, timeMs } = notice;
    // An upgrade is told whole when it is over.
    if (machine === 'connection') return;
    const name = SPANS[machine];
    if (name !== undefined && from === '') this.#begin(notice, name);
    const span = this.#live.get(actor) ?? this.#live.get(ownerOf(actor));
    span?.addEvent(`${machine}.${to}`, { 'swarmchart.event': event, 'swarmchart.actor': actor }, this.#at(timeMs));
    if (name !== undefined && this.#finals.has(`${machine} ${to}`)) this.#end(notice);
  }

  hear(event: HostEvent): void {
    switch (event.type) {
      case 'connection.opened':
        this.#upgraded(event.info, event.dial, undefined);
        return;
      case 'connection.failed':
        this.#upgraded(event.info, event.dial, event.error);
        return;
      case 'connection.closed':
        this.#upgrades.delete(event.info.id);
        return;
      case 'stream.opened':
        this.#named(event.stream);
        return;
      default:
        return;
    }
  }

  stop(): void {
    for (const span of this.#live.values()) span.end();
    this.#live.clear();
  }

  #begin({ actor, machine, timeMs }: TransitionNotice, name: string): void {
    if (this.#live.size >= this.#maxSpans) return;
    const upgrade = this.#upgrades.get(actor.split('/')[0] ?? '');
    const links = name === 'stream' && upgrade !== undefined ? [{ context: upgrade }] : [];
    const attributes = { 'swarmchart.actor': actor, 'swarmchart.machine': machine };
    // Who asked is not known here: what is current now is the node's turn, not the caller's.
    this.#live.set(
      actor,
      this.#tracer.startSpan(name, { startTime: this.#at(timeMs), attributes, links, root: true }, ROOT_CONTEXT),
    );
  }

  #end({ actor, machine, to, timeMs }: TransitionNotice): void {
    const span = this.#live.get(actor);
    this.#live.delete(actor);
    if (machine === 'dial') {
      const { code, count } = this.#failed.get(actor) ?? {};
      const own = DIAL_CODES[to];
      if (own !== undefined && span !== undefined) fail(span, to === 'exhausted' && count === 1 && code ? code : own);
      this.#failed.delete(actor);
    } else if (span !== undefined && this.#failures.has(`${machine} ${to}`)) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: to });
    }
    span?.end(this.#at(timeMs));
  }

  /** An upgrade is over: its spans are made of the stays of its machine, now that all is known of it. */
  #upgraded(info: ConnectionInfo, dial: string | undefined, error: EngineError | undefined): void {
    if (dial !== undefined && error !== undefined && this.#live.has(dial)) {
      this.#failed.set(dial, { code: error.code, count: (this.#failed.get(dial)?.count ?? 0) + 1 });
    }
    const stays = info.timeline;
    const own = stays.filter(({ machine }) => machine === 'connection');
    const [first] = own;
    const endMs = own.at(-1)?.enteredAtMs;
    if (first === undefined || endMs === undefined || this.#upgrades.size >= this.#maxSpans) return;
    const parent = dial === undefined ? undefined : this.#live.get(dial);
    const span = this.#child(parent, 'upgrade', first.enteredAtMs, attributesOf(info));
    const phases = own.filter(({ state }) => PHASES[state] !== undefined);
    for (const phase of phases) this.#phase(span, phase, endMs, stays, error !== undefined && phase === phases.at(-1));
    if (error !== undefined) fail(span, error.code, error.message);
    else this.#upgrades.set(info.id, span.spanContext());
    span.end(this.#at(endMs));
  }

  #phase(upgrade: Span, phase: StateStay, endMs: number, stays: readonly StateStay[], isLast: boolean): void {
    const startMs = phase.enteredAtMs;
    const leftMs = phase.durationMs === undefined ? endMs : startMs + phase.durationMs;
    const span = this.#child(upgrade, PHASES[phase.state] ?? phase.state, startMs, {});
    const begins = phase.order ?? 0;
    const next = stays.find(({ machine, order = 0 }) => machine === 'connection' && order > begins)?.order ?? Infinity;
    for (const { machine, state, event, enteredAtMs, order = 0 } of stays) {
      const isWithin = machine !== 'connection' && order > begins && order < next;
      if (isWithin) span.addEvent(`${machine}.${state}`, { 'swarmchart.event': event }, this.#at(enteredAtMs));
    }
    if (isLast) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(this.#at(leftMs));
  }

  #child(parent: Span | undefined, name: string, startMs: number, attributes: Record<string, string>): Span {
    const within = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
    return this.#tracer.startSpan(
      name,
      { startTime: this.#at(startMs), attributes, root: parent === undefined },
      within,
    );
  }

  #at(timeMs: number): number {
    return this.#originMs + timeMs;
  }

  #named({ id, protocol, direction, remotePeer }: StreamInfo): void {
    const span = this.#live.get(id);
    span?.updateName(`stream ${protocol}`);
    span?.setAttributes({
      'swarmchart.protocol': protocol,
      'swarmchart.direction': direction,
      'swarmchart.peer': remotePeer,
    });
  }
}

/** `conn:1/yamux/5/ping` belongs to `conn:1/yamux/5`. */
function ownerOf(actor: string): string {
  return actor.split('/').slice(0, 3).join('/');
}

function attributesOf({
  id,
  direction,
  remotePeer,
  remoteAddress,
  security,
  muxer,
}: ConnectionInfo): Record<string, string> {
  return {
    'swarmchart.actor': id,
    'swarmchart.direction': direction,
    'swarmchart.address': remoteAddress,
    ...(remotePeer === '' ? {} : { 'swarmchart.peer': remotePeer }),
    ...(security === undefined ? {} : { 'swarmchart.security': security }),
    ...(muxer === undefined ? {} : { 'swarmchart.muxer': muxer }),
  };
}

function fail(span: Span, code: ErrorCode, message: string = code): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
