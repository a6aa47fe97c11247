/** The node under attack: its failures as it tells them, an honest peer that it must go on serving, and what it leaves. */
import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { Blame, EngineError, ErrorCode } from '../../src/errors.js';
import type { Host } from '../../src/host/host.js';
import type { HostEvent } from '../../src/host/host-events.js';
import { systemClock } from '../../src/platform/system-clock.js';
import type { Clock } from '../../src/ports.js';
import { formatFailure } from '../../src/report/failure-report.js';
import { closeHostileSockets, eventually } from './hostile-pipe.js';
import { watchSockets } from './open-sockets.js';
import { pattern } from './streams.js';

/** A node with a record of what it told. */
export interface Target {
  readonly node: Host;
  /** Its first listen address. */
  readonly address: string;
  readonly events: HostEvent[];
}

/** Where and how a failure has to be told. */
export interface ExpectedFailure {
  /** The node's event that tells it. */
  readonly event: 'connection.failed' | 'connection.closed' | 'stream.failed';
  readonly code: ErrorCode;
  /** Whose fault it is; default the peer's. */
  readonly blame?: Blame;
  /** Machine that ended, and the state it was in. */
  readonly machine: string;
  readonly state: string;
}

const ECHO = '/echo/1.0.0';
/** For a machine that is busy with other suites; nothing here waits for it. */
jest.setTimeout(30_000);
const started: { readonly node: Host; readonly clock: CountingClock }[] = [];
const broken: string[] = [];

/** Starts a node that is stopped after the test, and judged then: no bug, no actor, no socket, no timer. */
export async function startTarget(options: CreateNodeOptions = {}): Promise<Target> {
  const clock = new CountingClock();
  const node = await createNode({ clock, testProtocols: true, ...options });
  started.push({ node, clock });
  node.broken$.subscribe((error) => broken.push(formatFailure(error)));
  const events: HostEvent[] = [];
  node.events$.subscribe((event) => events.push(event));
  return { node, address: node.addresses[0] ?? '', events };
}

/** Waits for the failure, judges it whole, and answers its error. */
export async function expectFailure({ events }: Target, expected: ExpectedFailure): Promise<EngineError> {
  const told = await eventually(`${expected.event} ${expected.code}`, () =>
    events.find((event) => event.type === expected.event && errorOf(event) !== undefined),
  ).catch((thrown: unknown) => {
    throw new Error(`${String(thrown)}; at the end: ${summary(events)}`);
  });
  const error = errorOf(told) as EngineError;
  const { code, blame, details } = error;
  expect({ event: told.type, code, blame, machine: details.machine, state: details.state }).toEqual({
    blame: 'remote',
    ...expected,
  });
  expect(details.timeline?.length).toBeGreaterThan(0);
  expect(error.message.length).toBeGreaterThan(10);
  return error;
}

/** An honest node dials, has its bytes echoed and its ping answered, and leaves. */
export async function expectStillServing({ node }: Target): Promise<void> {
  const honest = await createNode({ listen: [], security: ['noise', 'secio', 'plaintext'] });
  try {
    const address = node.addresses[0] ?? '';
    const stream = await honest.openStream(address, ECHO);
    const bytes = pattern(300_000, 3);
    const answer = readAll(stream);
    for (let at = 0; at < bytes.length; at += 65_536) {
      if (!stream.write(bytes.subarray(at, at + 65_536))) await stream.whenWritable();
    }
    stream.closeWrite();
    expect(Buffer.compare(await answer, bytes)).toBe(0);
    for await (const roundTripMs of honest.ping(address)) expect(roundTripMs).toBeGreaterThanOrEqual(0);
  } finally {
    await honest.stop();
    expect(honest.liveActors).toBe(0);
  }
}

/** The node holds nothing for anybody: every scope is back at zero. */
export async function expectNothingHeld({ node }: Target): Promise<void> {
  await eventually('every connection is gone', () => Object.keys(node.resources().connections).length === 0);
  const { system, transient, peers, protocols } = node.resources();
  const sums = [system, transient].map(({ usage }) => Object.values(usage).reduce((sum, count) => sum + count, 0));
  expect({ sums, peers, protocols }).toEqual({ sums: [0, 0], peers: {}, protocols: {} });
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function errorOf(event: HostEvent): EngineError | undefined {
  return 'error' in event ? event.error : undefined;
}

function summary(events: readonly HostEvent[]): string {
  return events.map((event) => `${event.type} ${errorOf(event)?.code ?? ''}`.trim()).join(', ');
}

/** The system's clock, with a count of its timers that have neither fired nor been cleared. */
class CountingClock implements Clock {
  readonly #pending = new Set<unknown>();

  get pendingTimers(): number {
    return this.#pending.size;
  }

  now(): number {
    return systemClock.now();
  }

  wallTime(): number {
    return systemClock.wallTime();
  }

  setTimeout(fire: (...args: unknown[]) => void, delayMs: number): unknown {
    const timer = systemClock.setTimeout(() => {
      this.#pending.delete(timer);
      fire();
    }, delayMs);
    this.#pending.add(timer);
    return timer;
  }

  soon(fire: () => void): void {
    systemClock.soon?.(fire);
  }

  clearTimeout(timer: unknown): void {
    this.#pending.delete(timer);
    systemClock.clearTimeout(timer);
  }
}

let openedSockets = watchSockets();

beforeEach(() => {
  openedSockets = watchSockets();
});

/** Nothing may be left when every node has stopped: no actor, no timer, no socket, and no bug on the way. */
afterEach(async () => {
  const stopping = started.splice(0);
  await Promise.all(stopping.map(({ node }) => node.stop()));
  const none = stopping.map(() => 0);
  expect(stopping.map(({ node }) => node.liveActors)).toEqual(none);
  expect(stopping.map(({ clock }) => clock.pendingTimers)).toEqual(none);
  await closeHostileSockets();
  expect(broken.splice(0)).toEqual([]);
  await eventually('every socket is gone', () => openedSockets().length === 0);
});

/** Judges the rejection of a call, whole, and answers its error. */
export async function expectRejected(
  call: Promise<unknown>,
  expected: Omit<ExpectedFailure, 'event'>,
): Promise<EngineError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as EngineError,
  );
  const { code, blame, details } = error ?? { details: {} };
  expect({ code, blame, machine: details.machine, state: details.state }).toEqual({ blame: 'remote', ...expected });
  return error as EngineError;
}
