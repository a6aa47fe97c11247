/** The part of a fork that was never recorded: the changed node, run on until nothing is left to happen. */
import { LIMITS } from '../../limits.js';
import { drain } from '../../platform/drain.js';
import type { Trace, TraceRecord } from '../../trace/format.js';
import type { Player } from '../player.js';
import { LeftTheTrace } from '../replay-ports.js';
import { itemsOf, type Item } from './agenda.js';
import { Answers } from './answers.js';
import type { ForkClock } from './fork-clock.js';
import type { ForkStores } from './fork-stores.js';
import type { Fitness, ForkTransport } from './fork-transport.js';
import type { ForkChange } from './index.js';

/** A recorded input that was not fed. */
export interface LeftOut {
  readonly seq: number;
  readonly name: string;
  readonly why: string;
}

interface Ports {
  readonly clock: ForkClock;
  readonly transport: ForkTransport;
  readonly stores: ForkStores;
}

/** An item that waits for the node, from when on and for what. */
interface Waiting {
  readonly item: Item;
  readonly sinceMs: number;
  why: string;
}

/** One future. */
export class Future {
  readonly #player: Player;
  readonly #ports: Ports;
  readonly #items: readonly Item[];
  readonly #nested: Set<Item>;
  readonly #firings: ReadonlyMap<number, number>;
  readonly #answers: Answers;
  /** What waits, by lane. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** What is still to come of each lane, in order. */
  readonly #lanes = new Map<string, TraceRecord[]>();
  readonly #leftOut: LeftOut[] = [];
  /** Steps of promises before an input that the fork took, as the recording tells them, by the number it has here. */
  readonly #hops = new Map<number, unknown>();
  /** The input that was fed last, until the node has told it. */
  #feeding: { readonly record: TraceRecord; readonly hops: unknown } | undefined;
  /** Whether the next input comes as soon after the last one as it did in the recording. */
  #isPrompt = false;
  readonly #atSeq: number;
  /** Place in the recording of what was fed last. */
  #lastPlace: number | undefined;
  #next = 0;
  #fed = 0;
  #lastFedMs: number;

  constructor(
    trace: Trace,
    player: Player,
    ports: Ports,
    at: { readonly record: TraceRecord; readonly change: ForkChange },
  ) {
    const { items, nested, answers, firings } = itemsOf(trace, at.record, at.change);
    this.#player = player;
    this.#ports = ports;
    this.#items = items;
    this.#nested = new Set(nested);
    this.#firings = firings;
    this.#answers = new Answers(answers, player.stage.produced);
    this.#atSeq = at.record.seq;
    this.#lastFedMs = at.record.time;
    ports.clock.nowMs = Math.max(ports.clock.nowMs, at.record.time);
    for (const { lane, record } of items) {
      const all = this.#lanes.get(lane);
      if (all === undefined) this.#lanes.set(lane, [record]);
      else all.push(record);
    }
    if (at.record.name === 'timer:fired') {
      ports.clock.postpone(Number(at.record.data['timer']), at.change.kind === 'delay' ? at.change.byMs : undefined);
    }
    player.leaveTo({
      onRecord: (record) => this.#take(record),
      feedBetween: (from, to) => this.#feedBetween(from, to),
    });
  }

  /** What was not fed, in the order of the recording. */
  get leftOut(): readonly LeftOut[] {
    const uncalled = [...this.#nested].map(({ record: { seq, name } }) => ({
      seq,
      name,
      why: 'it was done inside a callback that did not come',
    }));
    return [...this.#leftOut, ...uncalled].sort((left, right) => left.seq - right.seq);
  }

  /** A record of the fork as its trace tells it. */
  told(record: TraceRecord): TraceRecord {
    if (!this.#hops.has(record.seq)) return record;
    const data = Object.fromEntries(Object.entries(record.data).filter(([field]) => field !== 'hops'));
    const hops = this.#hops.get(record.seq);
    return { ...record, data: hops === undefined ? data : { ...data, hops } };
  }

  async run(): Promise<'quiet' | 'bound'> {
    const [first] = this.#items;
    // Where the input at the fork came before the node was at rest, so it does here.
    this.#isPrompt = first?.record.seq === this.#atSeq && isPrompt(first);
    if (!this.#isPrompt) await drain();
    for (;;) {
      if (this.#fed >= LIMITS.forkInputs || this.#player.stage.produced.length >= LIMITS.forkRecords) return 'bound';
      if (!this.#isPrompt && (this.#settleUntold() || this.#feedWaiting())) {
        this.#fed++;
        await drain();
        continue;
      }
      const step = this.#nextStep();
      if (step === undefined) {
        if (this.#giveUp(Infinity)) continue;
        return 'quiet';
      }
      if (this.#giveUp(step.dueMs)) continue;
      if (step.dueMs > this.#lastFedMs + LIMITS.forkRunOnMs) return 'bound';
      this.#isPrompt = this.#do(step) && this.#isNextPrompt();
      // As a replay gives it; where the node has to come to rest first, it does.
      const due = this.#isPrompt ? this.#player.pace.due() : Promise.resolve(false);
      if (due !== undefined && !(await due)) await drain();
    }
  }

  /** The timer or the recorded input that is due first. */
  #nextStep(): { readonly dueMs: number; readonly timer?: number; readonly seq: number } | undefined {
    const timer = this.#ports.clock.next;
    const item = this.#items[this.#next];
    const isTimer =
      timer !== undefined &&
      (item === undefined || timer.dueMs < item.dueMs || (timer.dueMs === item.dueMs && timer.seq < item.record.seq));
    if (isTimer) return timer;
    return item === undefined ? undefined : { dueMs: item.dueMs, seq: item.record.seq };
  }

  /** Lets one thing happen; answers whether it did. */
  #do(step: { readonly dueMs: number; readonly timer?: number; readonly seq: number }): boolean {
    const { clock } = this.#ports;
    clock.nowMs = Math.max(clock.nowMs, step.dueMs);
    this.#fed++;
    if (step.timer !== undefined) {
      const place = this.#firings.get(step.seq);
      if (place !== undefined) this.#player.pace.given(step);
      clock.fire(step.timer);
      this.#lastPlace = place;
      return true;
    }
    const item = this.#items[this.#next++];
    if (item === undefined) return false;
    const before = this.#waiting.get(item.lane);
    if (before !== undefined) before.push({ item, sinceMs: clock.nowMs, why: 'what came before it was not taken' });
    else return this.#offer(item);
    return false;
  }

  #take(record: TraceRecord): void {
    this.#answers.take(record);
    if (this.#feeding?.record.name !== record.name) return;
    this.#hops.set(record.seq, this.#feeding.hops);
    this.#feeding = undefined;
  }

  /** Whether the next recorded input came before the node was at rest. */
  #isNextPrompt(): boolean {
    const next = this.#items[this.#next];
    return next !== undefined && next.place - 1 === this.#lastPlace && isPrompt(next);
  }

  /** Feeds an item, lets it wait, or leaves it out; answers whether the node was fed. */
  #offer(item: Item): boolean {
    const fitness = this.#feedIfFit(item);
    if (fitness === 'now') return true;
    if (fitness === 'later') {
      const why = this.#answers.haveCome(item.answersBefore)
        ? 'the node did not wait for it'
        : 'a call that had answered before it has not';
      this.#waiting.set(item.lane, [{ item, sinceMs: this.#ports.clock.nowMs, why }]);
    } else this.#leaveOut(item, fitness.why);
    return false;
  }

  #feedIfFit({ record, lane, answersBefore, place }: Item, isInside = false): Fitness {
    const space = record.name.slice(0, record.name.indexOf(':'));
    if (space === 'io' || space === 'transport') {
      const fitness = this.#ports.transport.fitnessOf(record);
      if (fitness !== 'now') return fitness;
    }
    if (!isInside && !this.#answers.haveCome(answersBefore)) return 'later';
    this.#feeding = { record, hops: isInside || this.#isPrompt ? record.data['hops'] : undefined };
    this.#player.pace.given(record);
    try {
      this.#answers.calling(record, () => this.#player.stage.feed(record));
    } catch (thrown) {
      if (thrown instanceof LeftTheTrace) return 'later';
      throw thrown;
    }
    this.#isPrompt = false;
    this.#lastPlace = Math.max(place, this.#lastPlace ?? -1);
    this.#lastFedMs = this.#ports.clock.nowMs;
    if (!isInside) this.#lanes.get(lane)?.shift();
    return 'now';
  }

  /** Feeds the first item that has waited and is waited for now; answers whether there was one. */
  #feedWaiting(): boolean {
    for (const [lane, waiting] of this.#waiting) {
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        const fitness = this.#feedIfFit(first.item);
        if (fitness === 'later') break;
        waiting.shift();
        if (waiting.length === 0) this.#waiting.delete(lane);
        if (fitness === 'now') return true;
        this.#leaveOut(first.item, fitness.why);
      }
    }
    return false;
  }

  /** Leaves out what has waited too long by `atMs`, the longest first; answers whether there was anything. */
  #giveUp(atMs: number): boolean {
    let longest: Waiting | undefined;
    for (const [first] of this.#waiting.values()) {
      if (first === undefined || first.sinceMs + LIMITS.forkHoldMs >= atMs) continue;
      if (longest === undefined || first.item.record.seq < longest.item.record.seq) longest = first;
    }
    if (longest === undefined) return false;
    const { item, why } = longest;
    const waiting = this.#waiting.get(item.lane);
    waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(item.lane);
    this.#leaveOut(item, why);
    return true;
  }

  #leaveOut({ record, lane }: Item, why: string): void {
    this.#lanes.get(lane)?.shift();
    this.#answers.leaveOut(record);
    this.#leftOut.push({ seq: record.seq, name: record.name, why });
  }

  #settleUntold(): boolean {
    const { transport, stores } = this.#ports;
    if (stores.settleUntold()) return true;
    const hasMore = (lane: string, name: string): boolean =>
      this.#lanes.get(lane)?.some((record) => record.name === name) ?? false;
    return transport.settleUntold({
      ofSocket: (socket) => this.#lanes.get(`socket ${socket}`)?.[0]?.name,
      unlistened: (listen) => hasMore(`listen ${listen}`, 'transport:unlistened'),
      drained: (socket) => hasMore(`socket ${socket}`, 'io:drained'),
    });
  }

  /** What the embedder did inside a callback, between its two marks in the log. */
  #feedBetween(from: number, to: number): void {
    for (const item of this.#nested) {
      const { seq } = item.record;
      if (seq <= from || seq >= to) continue;
      this.#nested.delete(item);
      const fitness = this.#feedIfFit(item, true);
      if (fitness === 'now') continue;
      this.#answers.leaveOut(item.record);
      this.#leftOut.push({ seq, name: item.record.name, why: 'the node did not wait for it' });
    }
  }
}

/** Whether it came before the node was at rest, and comes at the time at which it did. */
function isPrompt({ record, dueMs }: Item): boolean {
  return typeof record.data['hops'] === 'number' && dueMs === record.time;
}
