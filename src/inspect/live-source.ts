/**
 * A running node as a source. It listens to the node while somebody looks, and costs nothing while nobody does. It never
 * has bytes or keys: it asks for lengths alone, and leaves out what a redacted trace leaves out.
 */
import { LIMITS, type Limits } from '../limits.js';
import type { StateStay } from '../errors.js';
import type { Clock, TraceDraft, TraceSink } from '../ports.js';
import type { TraceHeader } from '../trace/format.js';
import { fullAddress, withoutSecrets } from '../trace/writer.js';
import type { InspectGauge } from './contract.js';
import { FloodGate, type FloodLimits, type PassedSum } from './flood-gate.js';
import { LiveFeed, MAIN_TRACE, type LiveFeedLimits } from './live-feed.js';
import { RecordRing } from './record-ring.js';
import type { InspectFeed, InspectSource, InspectWatcher } from './source.js';

/** A machine actor that lives, and the states that it went through. */
export interface PresentActor {
  readonly address: string;
  readonly machine: string;
  readonly stays: readonly StateStay[];
}

/** The node that is looked at. */
export interface LookedAt {
  /** Sends every record to `sink` from now until the answer is called. */
  traceTo(sink: TraceSink): () => void;
  /** The machine actors that live now, in any order. */
  actors(): Iterable<PresentActor>;
  /** What the node counts, as it is now. */
  gauges(): readonly InspectGauge[];
}

/** Bounds of a {@link LiveSource}. */
export type LiveSourceLimits = LiveFeedLimits &
  FloodLimits &
  Pick<Limits, 'inspectRingBytes' | 'inspectPresentRecords' | 'inspectGaugesMs' | 'inspectLingerMs'>;

/** What a {@link LiveSource} is made of. */
export interface LiveSourceOptions {
  readonly title: string;
  /** Class `redacted`, detail `frames`, partial. */
  readonly header: TraceHeader;
  readonly node: LookedAt;
  /** The node's own. */
  readonly clock: Clock;
  readonly limits?: Partial<LiveSourceLimits>;
}

const ROOT = '/node';

/** A node, as long as it runs. */
export class LiveSource implements InspectSource {
  readonly kind = 'live';
  readonly title: string;
  readonly header: TraceHeader;
  readonly abilities = [] as const;
  readonly #node: LookedAt;
  readonly #clock: Clock;
  readonly #limits: LiveSourceLimits;
  readonly #ring: RecordRing;
  readonly #feeds = new Map<LiveFeed, InspectWatcher>();
  readonly #gate: FloodGate;
  readonly #sink: TraceSink;
  #detach: (() => void) | undefined;
  #lingering: unknown;
  #looking: unknown;
  #gauges = '';
  #isStopped = false;

  constructor({ title, header, node, clock, limits }: LiveSourceOptions) {
    this.title = title;
    this.header = header;
    this.#node = node;
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...limits };
    const { inspectRingRecords: records, inspectRingBytes: bytes } = this.#limits;
    this.#ring = new RecordRing({ records, bytes });
    const gate = new FloodGate(clock, this.#limits, {
      flooded: () => this.#flooded(),
      sum: (sum) => this.#takeSum(sum),
      calm: () => this.#calm(),
    });
    this.#gate = gate;
    this.#sink = {
      detail: 'frames',
      lengthsOnly: true,
      observations: true,
      get dataRecords() {
        return !gate.isFlooded;
      },
      passed: (passed) => gate.passed(passed),
      record: (draft) => this.#hear(draft),
    };
  }

  /** Whether the node is listened to. */
  get isAttached(): boolean {
    return this.#detach !== undefined;
  }

  watch(watcher: InspectWatcher): InspectFeed {
    this.#clock.clearTimeout(this.#lingering);
    this.#lingering = undefined;
    if (!this.#isStopped) this.#attach();
    const feed = new LiveFeed(this.#ring, watcher, this.#limits, () => this.#left(feed));
    this.#feeds.set(feed, watcher);
    if (this.#gate.isFlooded) feed.flooded(this.#gate.leftOut);
    const { first } = this.#ring;
    if (first > 0) watcher.notice('window', `The first ${first} records of this look at the node are gone.`, first);
    if (this.#isStopped) this.#tellStopped(feed, watcher);
    else watcher.gauges(this.#clock.now(), this.#node.gauges());
    return feed;
  }

  /** The node has stopped: whoever looks is told, and what was told stays. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#lingering);
    this.#release();
    for (const [feed, watcher] of this.#feeds) this.#tellStopped(feed, watcher);
  }

  #tellStopped(feed: LiveFeed, watcher: InspectWatcher): void {
    feed.finish();
    watcher.notice('stopped', 'The node has stopped. What it told stays here.');
    watcher.end(MAIN_TRACE, false);
  }

  #attach(): void {
    if (this.#detach !== undefined) return;
    this.#ring.clear();
    this.#tellPresent();
    this.#detach = this.#node.traceTo(this.#sink);
    this.#lookLater();
  }

  #left(feed: LiveFeed): void {
    this.#feeds.delete(feed);
    if (this.#feeds.size > 0 || this.#isStopped) return;
    this.#lingering = this.#clock.setTimeout(() => this.#release(), this.#limits.inspectLingerMs);
  }

  #release(): void {
    this.#detach?.();
    this.#detach = undefined;
    this.#gate.end();
    this.#clock.clearTimeout(this.#looking);
    // While somebody is there still (the node has stopped), what it told may not have been taken.
    if (this.#feeds.size === 0) this.#ring.clear();
  }

  #hear(draft: TraceDraft): number {
    const { passed, data, actor } = draft;
    // A window that opens says nothing without what was sent before it.
    if (this.#gate.isFlooded && typeof data['stream'] === 'number') this.#gate.tellStream(actor, data['stream']);
    const seq = this.#take(draft);
    if (passed !== undefined) this.#gate.told(passed.timeMs);
    return seq;
  }

  #flooded(): void {
    for (const feed of this.#feeds.keys()) feed.flooded(this.#gate.leftOut);
  }

  #calm(): void {
    for (const feed of this.#feeds.keys()) feed.calm(this.#gate.leftOut);
  }

  #takeSum({
    actor,
    stream,
    sent,
    received,
    sentRecords: sent_records,
    receivedRecords: received_records,
  }: PassedSum): void {
    const data = { stream, sent, received, sent_records, received_records };
    this.#take({ name: 'seen:passed', actor, timeMs: this.#clock.now(), data });
  }

  #take({ name, actor, timeMs, cause, data }: TraceDraft): number {
    const seq = this.#ring.next;
    // Told already, and with all that came before.
    if (name === 'seen:state') return seq;
    const kept = withoutSecrets(name, data, 'redacted');
    this.#ring.add({ seq, time: timeMs, name, actor: fullAddress(ROOT, actor), cause, data: kept });
    for (const feed of this.#feeds.keys()) feed.pump();
    return seq;
  }

  /** How every live actor came to be where it is, as far as it knows, at the times at which it was. */
  #tellPresent(): void {
    const actors = [...this.#node.actors()];
    const all = actors.flatMap((actor) => stepsOf(actor, actor.stays));
    const told =
      all.length <= this.#limits.inspectPresentRecords
        ? all
        : actors.flatMap((actor) => stepsOf(actor, actor.stays.slice(-1))).slice(-this.#limits.inspectPresentRecords);
    told.sort((left, right) => left.timeMs - right.timeMs || left.order - right.order);
    for (const draft of told) this.#take(draft);
  }

  #lookLater(): void {
    this.#looking = this.#clock.setTimeout(() => {
      this.#look();
      this.#lookLater();
    }, this.#limits.inspectGaugesMs);
  }

  #look(): void {
    const gauges = this.#node.gauges();
    const told = JSON.stringify(gauges);
    if (told === this.#gauges) return;
    this.#gauges = told;
    for (const watcher of this.#feeds.values()) watcher.gauges(this.#clock.now(), gauges);
  }
}

function stepsOf(
  { address: actor, machine }: PresentActor,
  stays: readonly StateStay[],
): (TraceDraft & { readonly order: number })[] {
  return stays.map(({ state: to, event, enteredAtMs: timeMs, order = 0 }, index) => ({
    name: 'actor:transition',
    actor,
    timeMs,
    order,
    data: { machine, from: stays[index - 1]?.state ?? '', to, event, edges: [] },
  }));
}
