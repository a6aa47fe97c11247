/** Joins what the embedder's calls came to with the failures that they are the outcome of. */
import type { ErrorCode } from '../../errors.js';
import type { TraceRecord } from '../../trace/format.js';
import { nodeOf } from '../../trace/tools/addresses.js';
import type { Incident } from './facts.js';
import { errorIn, numberOf, objectOf, type ToldError } from './reading.js';
import type { WorldFacts } from './world.js';

/** Failures that a call is compared with, from the last one back. */
const COMPARED = 1_000;
/** What a call comes to when this side stops or gives it up: no failure by itself. */
const OURS: ReadonlySet<string> = new Set(['ERR_NODE_STOPPED', 'ERR_CONNECTION_CLOSED', 'ERR_ABORTED']);

/** The outcomes of calls, one after another. */
export class CallOutcomes {
  readonly #world: WorldFacts;
  readonly #incidents: readonly Incident[];
  /** By node and code, where something last ended in this way because this side wanted it. */
  readonly #wanted = new Map<string, number>();

  constructor(world: WorldFacts, incidents: readonly Incident[]) {
    this.#world = world;
    this.#incidents = incidents;
  }

  /** Something ended with `code` because this side wanted it. */
  wanted(node: string, code: ErrorCode | undefined, seq: number): void {
    if (code !== undefined) this.#wanted.set(`${node}|${code}`, seq);
  }

  /** A call returned; `unknown` makes a failure of an error that nothing before it explains. */
  returned(record: TraceRecord, unknown: () => number): void {
    const error = errorIn(record.data);
    if (error === undefined) return;
    const call = this.#world.node(nodeOf(record.actor)).calls.get(numberOf(record.data, 'call') ?? -1);
    this.#outcome(record, error, call?.seq ?? 0, unknown);
  }

  /** The embedder was called with an error, by what it subscribed to. */
  invoked(record: TraceRecord, unknown: () => number): void {
    const list = record.data['arguments'];
    if (!Array.isArray(list)) return;
    const error = errorIn({ error: objectOf({ first: list[0] as unknown }, 'first') });
    if (error !== undefined) this.#outcome(record, error, 0, unknown);
  }

  #outcome(record: TraceRecord, error: ToldError, sinceSeq: number, unknown: () => number): void {
    const node = nodeOf(record.actor);
    const incident = this.#match(node, error, sinceSeq, record.time);
    if (incident === undefined) {
      if (OURS.has(error.code) || (this.#wanted.get(`${node}|${error.code}`) ?? -1) > sinceSeq) return;
      unknown();
      return;
    }
    incident.calls.push(record.seq);
    incident.code ??= error.code;
    if (incident.code !== error.code && incident.message !== '') return;
    incident.message = error.message;
    if (incident.code === error.code) incident.blame = error.blame ?? incident.blame;
  }

  /** The last failure of this code since the call; else one that led to this code; else one of this moment without any. */
  #match(node: string, error: ToldError, sinceSeq: number, timeMs: number): Incident | undefined {
    const { code } = error;
    let led: Incident | undefined;
    let nameless: Incident | undefined;
    for (let index = this.#incidents.length - 1, left = COMPARED; index >= 0 && left > 0; index--, left--) {
      const incident = this.#incidents[index];
      if (incident === undefined || incident.node !== node) continue;
      if (incident.code === code && (incident.seq > sinceSeq || isSame(incident, error))) return incident;
      if (incident.seq < sinceSeq) continue;
      if (incident.codes.has(code)) led ??= incident;
      else if (incident.code === undefined && incident.timeMs === timeMs) nameless ??= incident;
    }
    return led ?? nameless;
  }
}

/** Whether a failure before the call is what the call came to: one that is kept, or the very same words. */
function isSame(incident: Incident, { message }: ToldError): boolean {
  return incident.machine === undefined ? incident.message === message : incident.calls.length === 0;
}
