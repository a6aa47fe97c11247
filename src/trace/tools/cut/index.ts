/** Cuts one connection out of a trace, so that it stands as a trace of its own and can be replayed. */
import { EngineError } from '../../../errors.js';
import type { RandomSource } from '../../../ports.js';
import type { Trace, TraceRecord } from '../../format.js';
import { toHex } from '../../../wire/hex.js';
import { nodeOf } from '../addresses.js';
import { keptRecords } from './keep.js';
import { Numbering, renumbered } from './renumber.js';

/** A cut. */
export interface Cut {
  readonly trace: Trace;
  /**
   * Records of the connection that follow from what came on another one, as a block does that is passed on. They are
   * left out, and where there are any, the cut will not replay past them.
   */
  readonly entangled: readonly TraceRecord[];
}

/** What a cut is made with. */
export interface CutOptions {
  /** The randomness of a seed: draws of a connection in the middle are not what its seed gives first. */
  readonly randomOf: (seed: string) => RandomSource;
  /** The node whose side is kept, where the trace tells of several. */
  readonly node?: string | undefined;
}

/**
 * The connection `conn:N` with all that a replay of it needs: its socket, timers, draws, the calls that concern it, and
 * what belongs to no connection. Everything is numbered again.
 * @throws EngineError `ERR_INVALID_ARGUMENT` where there is no such connection.
 */
export function cutConnection(trace: Trace, connection: string, options: CutOptions): Cut {
  const address = addressOf(trace, connection, options.node);
  const { records, entangled } = keptRecords(trace, address);
  const numbering = new Numbering(trace.records, records);
  const { header } = trace;
  const draws = drawsOf(trace, records, numbering, options);
  const cut = {
    header: {
      ...header,
      title: `${header.title}, ${connection}`,
      engine: { ...header.engine, ...(draws === undefined ? {} : { draws }) },
    },
    records: renumbered(records, numbering),
  };
  return { trace: cut, entangled };
}

/** What each label gives in the cut: what it gave at the same places of the whole. */
function drawsOf(
  trace: Trace,
  kept: readonly TraceRecord[],
  numbering: Numbering,
  { randomOf }: CutOptions,
): Readonly<Record<string, string>> | undefined {
  const { seed, class: traceClass, draws: told } = trace.header.engine;
  if (seed === undefined || traceClass !== 'replayable') return undefined;
  const random = randomOf(seed);
  const bytes = new Map<TraceRecord, string>();
  const used = new Map<string, number>();
  for (const record of trace.records) {
    if (record.name !== 'random:drawn') continue;
    const [label, length] = [String(record.data['label']), Number(record.data['length'])];
    // A cut tells its draws itself: its seed would give what was drawn first.
    const from = used.get(label) ?? 0;
    used.set(label, from + 2 * length);
    bytes.set(record, told?.[label]?.slice(from, from + 2 * length) ?? toHex(random.bytes(label, length)));
  }
  const draws: Record<string, string> = {};
  for (const record of kept) {
    if (record.name !== 'random:drawn') continue;
    const label = numbering.text(String(record.data['label']));
    draws[label] = (draws[label] ?? '') + (bytes.get(record) ?? '');
  }
  return draws;
}

function addressOf({ records }: Trace, connection: string, node: string | undefined): string {
  const opened = new Set(
    records.filter(({ actor }) => actor.endsWith(`/swarm/${connection}`)).map(({ actor }) => actor),
  );
  const [address, ...others] = [...opened].filter((each) => node === undefined || nodeOf(each) === node);
  if (address !== undefined && others.length === 0) return address;
  const why =
    address === undefined
      ? `the trace has no connection "${connection}"`
      : `several nodes have a ${connection}: say which`;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${why} (connections: ${listOf(records)})`);
}

function listOf(records: readonly TraceRecord[]): string {
  const all = new Set(records.filter(({ name }) => name === 'io:opened').map(({ actor }) => actor));
  return [...all].slice(0, 20).join(', ');
}
