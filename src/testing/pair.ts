/**
 * The smallest network: two nodes in this process on virtual time and an in-memory transport, both recorded. For a test
 * of a handshake that needs no fixture and no peer.
 */
import type { CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import { drain } from '../platform/drain.js';
import { recordedNode } from '../replay/index.js';
import { MemoryNetwork } from '../sim/memory-transport.js';
import { VirtualClock } from '../sim/virtual-clock.js';
import { parseTrace } from '../trace/reader.js';
import { refuseFakeTimers } from './fake-timers.js';
import { TraceView } from './trace-view.js';

/** What both nodes of a pair are made of, and how they differ. */
export interface PairOptions extends Omit<
  CreateNodeOptions,
  'repo' | 'clock' | 'random' | 'transports' | 'trace' | 'listen'
> {
  /** Both sides' keys and nonces follow from it. Default 1. */
  readonly seed?: number | string;
  /** Options of one side, over those of both. */
  readonly dialer?: Partial<CreateNodeOptions>;
  readonly listener?: Partial<CreateNodeOptions>;
  /** Time from write to arrival, in virtual milliseconds. Default 0. */
  readonly latencyMs?: number;
}

/** What the body of a pair is given. Time moves whenever it waits. */
export interface PairWorld {
  readonly dialer: Host;
  readonly listener: Host;
  /** Where the listener is reached. */
  readonly address: string;
  /** Lets virtual time pass. */
  readonly advance: (durationMs: number) => Promise<void>;
}

/** Both sides' traces; they can be written out and replayed. */
export interface PairTraces {
  readonly dialer: TraceView;
  readonly listener: TraceView;
}

/**
 * Runs `body` with two nodes, stops them, and answers what each did. Virtual time moves to the next timer whenever
 * nothing else is left to do; the same seed gives the same traces.
 * @throws EngineError `ERR_FAKE_TIMERS`; `ERR_SIMULATION_STALLED` when `body` waits for what cannot come; whatever `body`
 *   throws.
 */
export async function pair(options: PairOptions, body: (world: PairWorld) => unknown): Promise<PairTraces> {
  refuseFakeTimers('pair');
  const { seed = 1, dialer: ofDialer, listener: ofListener, latencyMs = 0, ...ofBoth } = options;
  const clock = new VirtualClock();
  // One write arrives as one chunk: what promises do about a chunk is done before the next one comes, as on a socket,
  // and as a replay does it.
  const { transport } = new MemoryNetwork({ clock, latencyMs, rechunk: (chunks) => [joined(chunks)] });
  const side = async (name: string, own: Partial<CreateNodeOptions> | undefined, listen: readonly string[]) => {
    const lines: string[] = [];
    const recorded = await during(
      clock,
      recordedNode({
        ...ofBoth,
        listen,
        ...own,
        clock,
        seed: `${seed}/${name}`,
        transports: [transport],
        title: `pair, ${name}`,
        to: { write: (line) => void lines.push(line) },
      }),
    );
    return { ...recorded, trace: () => TraceView.of(parseTrace(lines.join(''))) };
  };
  const listener = await side('listener', ofListener, ['/memory/listener']);
  const dialer = await side('dialer', ofDialer, []);
  const world: PairWorld = {
    dialer: dialer.node,
    listener: listener.node,
    address: listener.node.addresses[0] ?? '',
    advance: (durationMs) => new Promise((resolve) => void clock.setTimeout(() => resolve(), durationMs)),
  };
  try {
    await during(
      clock,
      Promise.resolve().then(() => body(world)),
    );
  } finally {
    await during(clock, Promise.all([dialer.close(), listener.close()]));
  }
  return { dialer: dialer.trace(), listener: listener.trace() };
}

/** Waits for `promise`, moving time whenever nothing else can happen. */
async function during<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    // Twice: what the first turn of the event loop settles may have something to do in the next one.
    await drain();
    await drain();
    if (isSettled) return promise;
    if (!clock.fireNext()) throw stalled(clock.now());
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function stalled(nowMs: number): EngineError {
  const why = `nothing is left to happen at ${nowMs} virtual ms, and the test still waits: for a real timer, a file, a socket?`;
  return new EngineError('ERR_SIMULATION_STALLED', 'local', why);
}
