/** A simulation that is looked at: held, stepped and harmed. None of it changes what happens but the faults do. */
import { describe, expect, test } from '@jest/globals';
import type { InspectFault, InspectCommand } from '../../src/inspect/contract.js';
import { defaultScenario } from '../../src/inspect-runs/default-scenario.js';
import {
  simulationSource,
  type SimulationPlace,
  type SimulationSource,
} from '../../src/inspect-runs/simulation-source.js';
import { LIMITS } from '../../src/limits.js';
import { drain } from '../../src/platform/drain.js';
import { VirtualClock } from '../../src/sim/index.js';
import type { Scenario } from '../../src/sim/scenario/index.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { recordLine } from '../../src/trace/writer.js';

interface Seen {
  readonly records: TraceRecord[];
  readonly told: string[];
  readonly ended: Promise<void>;
}

function look(source: SimulationSource, credit = Number.MAX_SAFE_INTEGER): Seen & { give(records: number): void } {
  const records: TraceRecord[] = [];
  const told: string[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const feed = source.watch({
    records: (_, more) => void records.push(...more),
    trace: (id) => void told.push(`trace ${id}`),
    end: () => end(),
    gauges: () => undefined,
    notice: (code) => void told.push(code),
    paused: (timeMs, why) => void told.push(`paused ${timeMs} ${why}`),
    resumed: () => void told.push('resumed'),
  });
  feed.credit(credit);
  return { records, told, ended, give: (more) => feed.credit(more) };
}

const text = ({ records }: Seen): string => records.map(recordLine).join('');
const whole = defaultScenario(3);
/** A small file, for a quick run. */
const scenario: Scenario = {
  ...whole,
  operations: whole.operations.map((operation) =>
    operation.kind === 'add' ? { ...operation, sizeBytes: 40 * 1024 } : operation,
  ),
};
const paused = (): SimulationSource =>
  simulationSource({ scenario, clock: new VirtualClock(), speed: 0, startPaused: true });
const order = (source: SimulationSource, command: InspectCommand): Promise<SimulationPlace> =>
  source.order(command) as Promise<SimulationPlace>;

async function straight(): Promise<Seen> {
  const source = simulationSource({ scenario, clock: new VirtualClock(), speed: 0 });
  const seen = look(source);
  const { failure } = await source.finished;
  expect(failure).toBeUndefined();
  await seen.ended;
  return seen;
}

describe('what happens', () => {
  test('is the same with pauses, steps and breakpoints as without', async () => {
    const plain = await straight();
    expect(plain.records.length).toBeGreaterThan(1_000);
    expect(new Set(plain.records.map(({ actor }) => actor.split('/')[1]))).toContain('n3');
    const source = paused();
    const seen = look(source);
    for (let step = 0; step < 49; step++) await order(source, { name: 'step' });
    const fiftieth = await order(source, { name: 'step' });
    const before = await order(source, { name: 'step', timeMs: 600 });
    expect(before.timeMs - fiftieth.timeMs).toBeLessThanOrEqual(600);
    expect(before.steps).toBeGreaterThan(50);
    await order(source, { name: 'breakpoints', breakpoints: [{ id: 1, machine: 'noiseHandshake', state: 'secured' }] });
    await order(source, { name: 'step', timeMs: 10_000 });
    expect(seen.told.at(-1)).toMatch(/^paused [\d.]+ breakpoint 1: noiseHandshake secured of \/n\d\/swarm\/conn:/);
    await order(source, { name: 'breakpoints', breakpoints: [] });
    await order(source, { name: 'resume' });
    await source.finished;
    await seen.ended;
    expect(text(seen)).toBe(text(plain));
  });

  test('follows from the faults that are injected, and from when', async () => {
    const run = async (): Promise<Seen> => {
      const source = paused();
      const seen = look(source);
      const inject = (fault: InspectFault) => order(source, { name: 'inject', fault });
      await order(source, { name: 'step', timeMs: 520 });
      await inject({ kind: 'cut', from: 'n0', to: 'n1' });
      await order(source, { name: 'step', timeMs: 1_000 });
      await inject({ kind: 'crash', node: 'n2' });
      await inject({ kind: 'clog', from: 'n0', to: 'n3', forMs: 200 });
      await order(source, { name: 'step', timeMs: 700 });
      await inject({ kind: 'restart', node: 'n2' });
      await inject({ kind: 'heal' });
      await order(source, { name: 'resume' });
      await source.finished;
      await seen.ended;
      return seen;
    };
    const [one, other] = [await run(), await run()];
    expect(text(other)).toBe(text(one));
    const injected = one.records.filter(({ data }) => data['type'] === 'injected').map(({ data }) => data['kind']);
    expect(injected).toEqual(['cut', 'crash', 'clog', 'restart', 'heal']);
    expect(text(one)).not.toBe(text(await straight()));
    const crash = one.records.findIndex(({ data }) => data['kind'] === 'crash');
    const restart = one.records.findIndex(({ data }) => data['kind'] === 'restart');
    const between = one.records
      .slice(crash, restart)
      .filter(({ actor, name }) => actor.startsWith('/n2') && name !== 'simulation:marker');
    expect(between).toEqual([]);
  });
});

describe('a step', () => {
  test('is one event, or all of a time', async () => {
    const source = paused();
    look(source);
    const first = await order(source, { name: 'step' });
    const second = await order(source, { name: 'step' });
    expect([first.steps, second.steps]).toEqual([1, 2]);
    const third = await order(source, { name: 'step', timeMs: 600 });
    expect(third.timeMs).toBeLessThanOrEqual(second.timeMs + 600);
    expect(third.steps).toBeGreaterThan(2);
    await expect(order(source, { name: 'step', timeMs: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    source.close();
  });
});

describe('breakpoints', () => {
  const cases: [string, object, RegExp][] = [
    ['edge', { edge: '*secured*' }, /record \d+$/],
    ['frame by layer', { frame: 'yamux' }, /yamux (?:decoded|encoded)/],
    ['frame by event', { frame: 'multistream.*' }, /multistream/],
    ['actor', { actor: '/n1/*', machine: '*' }, /\/n1\//],
    ['state', { state: 'secured', actor: '/n0/*' }, /secured of \/n0\//],
  ];
  test.each(cases)('%s', async (_, breakpoint, expected) => {
    const source = paused();
    const seen = look(source);
    await order(source, { name: 'breakpoints', breakpoints: [{ id: 7, ...breakpoint }] });
    await order(source, { name: 'step', timeMs: 5_000 });
    expect(seen.told.at(-1)).toMatch(/breakpoint 7: /);
    expect(seen.told.at(-1)).toMatch(expected);
    source.close();
  });

  test('as many as can be set, and one more; one that names nothing never holds', async () => {
    const source = paused();
    const seen = look(source);
    const many = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
    await order(source, { name: 'breakpoints', breakpoints: many(LIMITS.inspectBreakpoints) });
    await expect(
      order(source, { name: 'breakpoints', breakpoints: many(LIMITS.inspectBreakpoints + 1) }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await order(source, { name: 'step', timeMs: 300 });
    expect(seen.told.at(-1)).toContain('all up to');
    source.close();
  });
});

describe('pace, and who may order', () => {
  test('virtual time goes with real time, times the speed', async () => {
    const clock = new VirtualClock();
    const source = simulationSource({ scenario, clock, speed: 2 });
    const seen = look(source);
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await drain();
    };
    for (let realMs = 0; realMs < 400; realMs++) {
      await settle();
      clock.advance(1);
    }
    await settle();
    const { timeMs } = await order(source, { name: 'breakpoints', breakpoints: [] });
    expect(timeMs).toBeGreaterThan(500);
    expect(timeMs).toBeLessThanOrEqual(800);
    const held = await order(source, { name: 'pause' });
    expect(seen.told.at(-1)).toContain('ordered');
    clock.advance(10_000);
    await settle();
    expect((await order(source, { name: 'breakpoints', breakpoints: [] })).timeMs).toBe(held.timeMs);
    await order(source, { name: 'resume', speed: 0 });
    await source.finished;
    await expect(order(source, { name: 'resume', speed: -1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  test('a source that is not to be touched, orders that it has no meaning for, and nodes that are not there', async () => {
    const locked = simulationSource({ scenario, clock: new VirtualClock(), allowControl: false, startPaused: true });
    expect(locked.abilities).toEqual([]);
    for (const name of ['pause', 'resume', 'step'] as const) {
      await expect(locked.order({ name })).rejects.toMatchObject({ code: 'ERR_INSPECT_READ_ONLY' });
    }
    const source = paused();
    look(source);
    expect(source.abilities).toEqual(['control']);
    await expect(source.order({ name: 'replay' })).rejects.toMatchObject({ code: 'ERR_INSPECT_UNSUPPORTED' });
    await order(source, { name: 'step' });
    const refused: InspectFault[] = [
      { kind: 'crash', node: 'n9' },
      { kind: 'cut', from: 'n0', to: '../n1' },
      { kind: 'restart', node: 'n0' },
    ];
    for (const fault of refused) {
      await expect(order(source, { name: 'inject', fault })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
    source.close();
  });

  test('a page gets no more than it has credit for, and a late one all of it', async () => {
    const source = simulationSource({ scenario, clock: new VirtualClock(), speed: 0 });
    const seen = look(source, 10);
    await source.finished;
    expect(seen.records.length).toBe(10);
    seen.give(5);
    expect(seen.records.length).toBe(15);
    seen.give(Number.MAX_SAFE_INTEGER);
    await seen.ended;
    const late = look(source);
    await late.ended;
    expect(text(late)).toBe(text(seen));
  });
});
