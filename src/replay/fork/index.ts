/**
 * What if: a trace run again up to one of its inputs, that input changed, and everything run on from there. Timers fire
 * by themselves on virtual time; what peers sent, stores answered and the embedder called in the recording comes at its
 * time, as far as the changed node still waits for it; the rest is left out and told.
 *
 * The embedder is taken to act on what it hears: a call comes no earlier than the calls have answered that had answered
 * before it in the recording.
 */
import { EngineError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { ForkChange } from '../../trace/fork-change.js';
import { INPUT_NAMES, type Trace, type TraceRecord } from '../../trace/format.js';
import { ReplayDatagrams, ReplayHttp } from '../replay-network.js';
import { Player } from '../player.js';
import { assertReplayable } from '../stage.js';
import { ForkClock } from './fork-clock.js';
import { ForkRandom } from './fork-random.js';
import { ForkStores } from './fork-stores.js';
import { ForkTransport } from './fork-transport.js';
import { Future, type LeftOut } from './future.js';

export type { ForkChange } from '../../trace/fork-change.js';
export type { LeftOut } from './future.js';

/** A fork. */
export interface Fork {
  /** Its records begin with those of the recording before the fork; a trace of its own, which replays. */
  readonly trace: Trace;
  /** Records that it has in common with the recording: those before the fork. */
  readonly sharedRecords: number;
  /** Recorded inputs that the changed node no longer waited for, in the order of the recording. */
  readonly leftOut: readonly LeftOut[];
  /** Nothing was left to happen, or a bound was reached (`limits.fork...`). */
  readonly ended: 'quiet' | 'bound';
}

/**
 * Runs `trace` up to record `atSeq`, an input, changes that, and runs on. The same fork twice gives the same bytes.
 * @throws EngineError `ERR_TRACE_NOT_REPLAYABLE`; `ERR_INVALID_ARGUMENT` for a change that the record does not take;
 *   `ERR_REPLAY_DIVERGED` where the engine does something else before the fork already.
 */
export async function forkTrace(trace: Trace, atSeq: number, change: ForkChange): Promise<Fork> {
  assertReplayable(trace);
  const record = trace.records[atSeq];
  if (record === undefined || !INPUT_NAMES.has(record.name)) throw invalid(noInput(trace, atSeq));
  checkChange(record, change);
  const ports = {
    clock: new ForkClock(trace),
    random: new ForkRandom(trace),
    transport: new ForkTransport(trace),
    stores: new ForkStores(trace),
    datagrams: new ReplayDatagrams(),
    http: new ReplayHttp(),
  };
  const player = new Player(trace, ports);
  const { produced } = player.stage;
  const run: { future?: Future; ended: Fork['ended']; shared: readonly TraceRecord[] } = { ended: 'quiet', shared: [] };
  await player.playUntil(atSeq, async () => {
    player.expect(atSeq);
    if (player.difference !== undefined) return;
    run.shared = sharedWith(trace, produced);
    run.future = new Future(trace, player, ports, { record, change });
    run.ended = await run.future.run();
  });
  const { difference } = player;
  const { future, shared, ended } = run;
  if (difference !== undefined || future === undefined) {
    await player.stage.end();
    throw new EngineError('ERR_REPLAY_DIVERGED', 'local', difference?.report ?? 'the fork was not reached');
  }
  const leftOut = future.leftOut;
  const records = produced.map((each) => shared[each.seq] ?? future.told(each));
  await player.stage.end();
  const { header } = trace;
  const { draws } = ports.random;
  const title = `${header.title}, forked at record ${atSeq}: ${wordsOf(change)}`;
  return {
    trace: {
      header: { ...header, title, engine: { ...header.engine, ...(draws === undefined ? {} : { draws }) } },
      records,
    },
    sharedRecords: shared.length,
    leftOut,
    ended,
  };
}

/**
 * The records before the fork as the recording tells them: a replay counts the steps of promises between two inputs a
 * little otherwise. Where actors told them in another order, as they came now.
 */
function sharedWith({ records }: Trace, produced: readonly TraceRecord[]): readonly TraceRecord[] {
  return produced.map((record) => {
    const told = records[record.seq];
    return told !== undefined && withoutHops(told) === withoutHops(record) ? told : record;
  });
}

function withoutHops({ time, name, actor, cause, data }: TraceRecord): string {
  return JSON.stringify([time, name, actor, cause, { ...data, hops: undefined }]);
}

/** A change in words. */
export function wordsOf(change: ForkChange): string {
  switch (change.kind) {
    case 'drop':
      return 'dropped';
    case 'delay':
      return `${change.byMs} ms later`;
    case 'bytes':
      return `${change.hex.length / 2} other bytes`;
    case 'duplicate':
      return 'twice';
    case 'split':
      return `in two pieces, cut at byte ${change.atByte}`;
  }
}

function checkChange({ seq, name, data }: TraceRecord, change: ForkChange): void {
  if (change.kind === 'delay') {
    if (change.byMs >= 0 && change.byMs <= LIMITS.forkDelayMs) return;
    throw invalid(`a delay is 0 to ${LIMITS.forkDelayMs} ms, not ${change.byMs}`);
  }
  if (change.kind === 'drop') return;
  if (name !== 'io:bytes_received') throw invalid(`record ${seq} is ${name}: only io:bytes_received has bytes`);
  if (change.kind === 'bytes') {
    if (!/^(?:[\da-f]{2})+$/.test(change.hex)) throw invalid('bytes are given in hex, two lower-case digits each');
    if (change.hex.length > 2 * LIMITS.forkBytes) throw invalid(`at most ${LIMITS.forkBytes} bytes are taken`);
  }
  if (change.kind !== 'split') return;
  const { length } = data['raw'] as { readonly length: number };
  if (Number.isInteger(change.atByte) && change.atByte > 0 && change.atByte < length) return;
  throw invalid(`record ${seq} has ${length} bytes: it is cut at byte 1 to ${length - 1}, not ${change.atByte}`);
}

function noInput({ records }: Trace, atSeq: number): string {
  const next = records.find(({ seq, name }) => seq >= atSeq && INPUT_NAMES.has(name));
  const hint = next === undefined ? '' : `; the next one is ${next.seq} (${next.name})`;
  return `record ${atSeq} is no input: a fork begins at what came in${hint}`;
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
}
