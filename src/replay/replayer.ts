/**
 * Replays a trace: makes the node that it tells of, feeds it every input in the order of the log, and compares all that
 * the node does. It stops at the first difference.
 */
import { EngineError } from '../errors.js';
import type { Trace, TraceRecord } from '../trace/format.js';
import type { ReplayDifference } from './difference.js';
import { Player, type ReplayOptions } from './player.js';
import { ReplayDatagrams, ReplayHttp } from './replay-network.js';
import { ReplayClock, replayRandom, ReplayStores, ReplayTransport } from './replay-ports.js';
import type { FedPorts } from './stage.js';

export type { Rechunk, ReplayOptions } from './player.js';

/** What a replay came to. */
export interface ReplayResult {
  /** Whether it went as the trace says. */
  readonly ok: boolean;
  /** What the replay did, as a trace of its own, up to the difference. */
  readonly trace: Trace;
  readonly difference?: ReplayDifference;
}

/**
 * Replays `trace` on this engine.
 * @throws EngineError `ERR_TRACE_NOT_REPLAYABLE` for a trace without its secrets, `ERR_TRACE_INVALID` for one that
 *   contradicts itself. A difference is not thrown but answered.
 */
export async function replayTrace(trace: Trace, options: ReplayOptions = {}): Promise<ReplayResult> {
  const player = new Player(trace, portsOf(trace), options);
  await player.playUntil(Number.POSITIVE_INFINITY);
  player.expect();
  return ended(player, trace, options);
}

/** Where a machine stood at a record, as it was recorded and as it ran again. */
export interface ReplayedState {
  readonly actor: string;
  readonly machine: string;
  readonly recorded: string;
  /** `undefined` where the machine was not reached. */
  readonly replayed: string | undefined;
}

/** A replay up to a record. */
export interface ReplayedStates extends ReplayResult {
  /** Every machine that had taken a step by then, in the order of their first steps. */
  readonly states: readonly ReplayedState[];
}

/**
 * Replays `trace` up to record `seq`, that one included, and answers where every machine stands then.
 * @throws EngineError `ERR_INVALID_ARGUMENT` where there is no such record; else as {@link replayTrace}.
 */
export async function replayTo(trace: Trace, seq: number): Promise<ReplayedStates> {
  const { records } = trace;
  if (records[seq] === undefined) {
    const what = `the trace has records 0 to ${records.length - 1}, no ${seq}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
  }
  const player = new Player(trace, portsOf(trace));
  await player.playUntil(seq + 1);
  player.expect(seq + 1);
  const { produced } = player.stage;
  const states = statesAt(records, produced, seq);
  return { ...(await ended(player, trace)), states };
}

/** What a turn does lies between two inputs: each machine is compared after as many steps as it had taken by then. */
function statesAt(
  records: readonly TraceRecord[],
  produced: readonly TraceRecord[],
  seq: number,
): readonly ReplayedState[] {
  const steps = new Map<string, TraceRecord[]>();
  for (const record of produced) {
    if (record.name !== 'actor:transition') continue;
    const own = steps.get(record.actor);
    if (own === undefined) steps.set(record.actor, [record]);
    else own.push(record);
  }
  const taken = new Map<string, number>();
  const states = new Map<string, ReplayedState>();
  for (const { name, actor, data } of records.slice(0, seq + 1)) {
    if (name !== 'actor:transition') continue;
    const step = taken.get(actor) ?? 0;
    taken.set(actor, step + 1);
    const again = steps.get(actor)?.[step]?.data['to'];
    const machine = String(data['machine']);
    const replayed = typeof again === 'string' ? again : undefined;
    states.set(actor, { actor, machine, recorded: String(data['to']), replayed });
  }
  return [...states.values()];
}

function portsOf(trace: Trace): FedPorts {
  return {
    clock: new ReplayClock(trace.records[0]?.time ?? 0),
    random: replayRandom(trace),
    transport: new ReplayTransport(trace),
    stores: new ReplayStores(),
    datagrams: new ReplayDatagrams(),
    http: new ReplayHttp(),
  };
}

async function ended(player: Player, trace: Trace, { observations }: ReplayOptions = {}): Promise<ReplayResult> {
  const { difference } = player;
  // What the replay did has a header of its own where it told more, or less, than the recording.
  const { engine } = trace.header;
  const header = observations === undefined ? trace.header : { ...trace.header, engine: { ...engine, observations } };
  const result = { ok: difference === undefined, trace: { header, records: [...player.stage.produced] } };
  await player.stage.end();
  return difference === undefined ? result : { ...result, difference };
}
