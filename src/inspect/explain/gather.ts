/**
 * One pass over a trace: finds what failed, and which failures are one. A failure is where a chain of causes first meets a
 * machine that fails; what follows from it is no failure of its own, and neither is what ends because this side wants it.
 */
import type { ErrorCode } from '../../errors.js';
import type { TraceHeader, TraceRecord } from '../../trace/format.js';
import { nodeOf } from '../../trace/tools/addresses.js';
import { CallOutcomes } from './calls.js';
import { endingOf } from './endings.js';
import type { ConnectionFacts, Gathered, Incident, QueryTally } from './facts.js';
import { assertionIncident, bareIncident, callIncident, refusalIncident, storeIncident } from './incidents.js';
import { joined } from './joining.js';
import { codeOf, errorIn, numberOf, stepOf, type Step } from './reading.js';
import { WantsFacts, type UnmetWants } from './wants.js';
import { streamOf, WorldFacts } from './world.js';

/** Not part of any failure. */
const NONE = -1;
/** Follows from what this side wanted. */
const WANTED = -2;
/** Followers of one failure that are kept. */
const CONSEQUENCES_KEPT = 64;
/** Wants without a block for this long are told of, even where no call says that they failed. */
const UNMET_AFTER_MS = 5_000;

/** Codes of streams that end because this side closes what they run on. */
const CLOSING: ReadonlySet<string> = new Set(['ERR_CONNECTION_CLOSED', 'ERR_NODE_STOPPED', 'ERR_ABORTED']);

/** Nobody on our side reads such a stream any more: how it ends is no failure. */
const UNREAD = /\.(?:awaitingFin|awaitingClose|awaitingEnd|overtaken)$/;

/** Gathers all of a trace. Records are dense by `seq`, from whichever number the first has. */
export function gather(records: readonly TraceRecord[], header: TraceHeader): Gathered {
  const gathering = new Gathering(records);
  for (const record of records) gathering.take(record);
  gathering.end();
  const { incidents, world, at } = gathering;
  return { records, at, incidents: joined(incidents, { world, header, at }) };
}

class Gathering {
  readonly incidents: Incident[] = [];
  readonly world: WorldFacts;
  readonly at: (seq: number | undefined) => TraceRecord | undefined;
  readonly #records: readonly TraceRecord[];
  readonly #base: number;
  /** Of each record the incident that it follows from. */
  readonly #fates: Int32Array;
  readonly #wants = new WantsFacts();
  readonly #calls: CallOutcomes;
  readonly #tallies = new Map<string, QueryTally>();
  /** Query of each request of the DHT. */
  readonly #queries = new Map<string, string>();
  /** Streams of one connection that were reset at once, for one reason. */
  readonly #resets = new Map<string, number>();

  constructor(records: readonly TraceRecord[]) {
    this.#records = records;
    this.#base = records[0]?.seq ?? 0;
    this.#fates = new Int32Array(records.length).fill(NONE);
    this.at = (seq) => (seq === undefined ? undefined : records[seq - this.#base]);
    this.world = new WorldFacts(this.at);
    this.#calls = new CallOutcomes(this.world, this.incidents);
  }

  take(record: TraceRecord): void {
    const step = stepOf(record);
    const index = record.seq - this.#base;
    if (step !== undefined) {
      const fate = this.#stepFate(record, step);
      this.#fates[index] = fate;
      if (fate === WANTED) this.#calls.wanted(nodeOf(record.actor), endingOf(step.machine, step.to)?.code, record.seq);
      const unmet = this.#wants.step(record, step);
      if (unmet !== undefined) this.#unmet(unmet);
      this.#tally(record, step);
    } else {
      this.#fates[index] = this.#fateOf(record);
    }
    this.world.take(record);
  }

  end(): void {
    const last = this.#records.at(-1);
    for (const unmet of this.#wants.stillOpen(last?.time ?? 0)) this.#unmet(unmet);
    const kept = this.incidents.filter(
      ({ wants, calls, codes }) =>
        wants === undefined || wants.lastedMs >= UNMET_AFTER_MS || calls.length > 0 || codes.size > 1,
    );
    this.incidents.splice(0, this.incidents.length, ...kept);
  }

  // ------------------------------------------------------------ fates

  #inherited({ cause }: TraceRecord): number {
    return cause === undefined ? NONE : (this.#fates[cause - this.#base] ?? NONE);
  }

  #stepFate(record: TraceRecord, step: Step): number {
    const inherited = this.#inherited(record);
    const ending = step.from === step.to ? undefined : endingOf(step.machine, step.to);
    if (ending !== undefined) {
      if (inherited === NONE && this.#isMild(record, step)) return WANTED;
      if (inherited >= 0) this.#follow(inherited, record.seq, ending.code);
      if (inherited !== NONE) return inherited;
      return this.#begin(record, step, this.#isUntried(record, step) ? undefined : ending.code);
    }
    if (inherited === NONE && step.event.startsWith('local.')) return isLeaving(step) ? WANTED : NONE;
    if (inherited >= 0 && step.from !== step.to) this.#follow(inherited, record.seq, undefined);
    return inherited;
  }

  /** Endings that are failures elsewhere, and none here. */
  #isMild({ actor, cause }: TraceRecord, { machine, from, to }: Step): boolean {
    if (to === 'resetByPeer') return UNREAD.test(from);
    if (to === 'transportLost') return from.includes('GoAway');
    if (machine === 'dial' && to === 'cancelled') return this.world.node(nodeOf(actor)).isStopping;
    if (machine === 'kadRequest') return this.#queries.has(actor);
    // What a tracker said is told where it was said.
    if (machine === 'trackerAnnounce' && to === 'backing') return cause === undefined;
    return false;
  }

  /** A dial that failed before any connection was begun: only the caller hears why. */
  #isUntried({ actor }: TraceRecord, { machine, to }: Step): boolean {
    return machine === 'dial' && to === 'exhausted' && this.world.dial(actor)?.connections.length === 0;
  }

  #fateOf(record: TraceRecord): number {
    const { name, data } = record;
    const inherited = this.#inherited(record);
    if (name.startsWith('frame:')) {
      this.#wants.frame(record);
      const code = codeOf(data['error']);
      if (code === undefined) return inherited;
      if (inherited >= 0) this.#follow(inherited, record.seq, code);
      if (inherited !== NONE) return inherited;
      return CLOSING.has(code) ? WANTED : this.#streamReset(record, code);
    }
    if (name === 'api:returned') this.#calls.returned(record, () => this.#add(callIncident(record, this.world)));
    else if (name === 'api:invoked') this.#calls.invoked(record, () => this.#add(callIncident(record, this.world)));
    else if (name === 'gater:answered') return isRefusal(data) ? this.#add(refusalIncident(record)) : NONE;
    else if (name === 'async:settled' && record.actor.includes('/store/')) {
      if (errorIn(data) !== undefined) return this.#add(storeIncident(record));
    } else if (name === 'assert:failed') return this.#add(assertionIncident(record));
    return inherited;
  }

  // ------------------------------------------------------------ incidents

  #begin(record: TraceRecord, step: Step, code: ErrorCode | undefined): number {
    const { actor, seq, time } = record;
    const connection = this.world.connection(actor, record);
    const stream = streamOf(actor);
    const life = this.world.actors.get(actor);
    const transport = connection?.address === actor ? this.#transportError(connection) : undefined;
    const told = code === undefined ? transport : undefined;
    return this.#add({
      ...bareIncident(record),
      machine: step.machine,
      state: step.from,
      ended: step.to,
      event: step.event,
      code: code ?? told?.code,
      blame: told?.blame,
      message: told?.message ?? '',
      life,
      connection,
      dial: connection?.dial ?? this.world.dial(actor),
      stream,
      negotiation: connection?.negotiations.get(stream),
      sinceMs: life?.enteredMs,
      sinceSeq: life?.enteredSeq,
      heardMs: connection?.heardMs,
      transport,
      below: this.#below(actor, connection),
      tally: this.#tallies.get(actor),
      seq,
      timeMs: time,
    });
  }

  /** Of a connection those below it, of a dial those of its last connection, of a DHT that is asked the upkeep of its table. */
  #below(actor: string, connection: ConnectionFacts | undefined): Incident['below'] {
    if (connection?.address === actor) return belowOf(connection);
    const router = /^(\/[^/]+)\/routing:\d+\/([^/]+)$/.exec(actor);
    const upkeep = router === null ? undefined : this.world.actors.get(`${router[1] ?? ''}/${router[2] ?? ''}/upkeep`);
    if (upkeep !== undefined) return [{ actor: upkeep.address, machine: upkeep.machine, state: upkeep.state }];
    return belowOf(this.world.dial(actor)?.connections.at(-1));
  }

  /** What the transport said, of a connection that it could not make or that broke. */
  #transportError(connection: ConnectionFacts): Incident['transport'] {
    const { transportDial, broken } = connection;
    const failed = this.world.node(nodeOf(connection.address)).failedDials;
    return broken ?? (transportDial === undefined ? undefined : failed.get(transportDial));
  }

  /** Streams that are reset without a failure before it: the first tells for all of one connection and moment. */
  #streamReset(record: TraceRecord, code: ErrorCode): number {
    const { actor, time, cause, data } = record;
    const key = `${actor}|${code}|${time}`;
    const known = this.#resets.get(key);
    if (known !== undefined) {
      this.#follow(known, record.seq, code);
      return known;
    }
    const by = this.at(cause);
    const step = by === undefined ? undefined : stepOf(by);
    const fate =
      by === undefined || step === undefined
        ? this.#add({ ...bareIncident(record), code, connection: this.world.connection(actor, record) })
        : this.#begin(by, step, code);
    const incident = this.incidents[fate];
    if (incident !== undefined && incident.stream === undefined) {
      const stream = numberOf(data, 'stream');
      if (stream !== undefined) this.incidents[fate] = { ...incident, stream };
    }
    this.#resets.set(key, fate);
    return fate;
  }

  #unmet({ actor, node, seq, timeMs, state, wants }: UnmetWants): void {
    const record = this.at(seq);
    if (record === undefined) return;
    this.#add({
      ...bareIncident(record),
      node,
      timeMs,
      machine: 'bitswapSession',
      state,
      ended: wants.how === 'open' ? undefined : wants.how === 'closed' ? 'idle' : 'cancelled',
      event: 'wants.closed',
      code: wants.isFetching ? 'ERR_BITSWAP_TIMEOUT' : 'ERR_BLOCK_NOT_FOUND',
      life: this.world.actors.get(actor),
      sinceMs: wants.openedMs,
      sinceSeq: wants.openedSeq,
      wants,
    });
  }

  #add(incident: Incident): number {
    if (incident.code !== undefined) incident.codes.add(incident.code);
    return this.incidents.push(incident) - 1;
  }

  #follow(fate: number, seq: number, code: ErrorCode | undefined): void {
    const incident = this.incidents[fate];
    if (incident === undefined) return;
    if (incident.consequences.length < CONSEQUENCES_KEPT) incident.consequences.push(seq);
    if (code === undefined) return;
    incident.codes.add(code);
    // A session says by how its streams end which rule was broken.
    if (incident.code === undefined && this.at(seq)?.name === 'frame:decoded') incident.code = code;
  }

  // ------------------------------------------------------------ the DHT

  #tally({ actor, cause }: TraceRecord, { machine, from, to }: Step): void {
    if (machine === 'kadQuery' && from === '') {
      this.#tallies.set(actor, { asked: 0, answered: 0, timedOut: 0, notReached: 0, failed: 0 });
    }
    if (machine !== 'kadRequest') return;
    if (from === '') {
      const query = this.at(cause)?.actor ?? '';
      const tally = this.#tallies.get(query);
      if (tally === undefined) return;
      tally.asked++;
      this.#queries.set(actor, query);
      return;
    }
    const tally = this.#tallies.get(this.#queries.get(actor) ?? '');
    if (tally === undefined || from === to) return;
    if (to === 'done') tally.answered++;
    else if (to === 'timedOut') tally.timedOut++;
    else if (to === 'notOpened') tally.notReached++;
    else if (endingOf(machine, to) !== undefined) tally.failed++;
  }
}

/** Events by which this side ends something, or leaves it. */
function isLeaving({ event, from }: Step): boolean {
  return from !== '' && /^local\.(?:close|goAway|dispose|abandon|reset|cancel|stop|leave|release)$/.test(event);
}

function isRefusal(data: TraceRecord['data']): boolean {
  return data['value'] === false || errorIn(data) !== undefined;
}

function belowOf(connection: ConnectionFacts | undefined): Incident['below'] {
  return [...(connection?.below.values() ?? [])].map(({ address, machine, state }) => ({
    actor: address,
    machine,
    state,
  }));
}
