/** A simulation held, stepped and disturbed. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Breakpoint, InspectFault } from '../../inspect/contract.js';
import { nodeOf } from '../../trace/tools/addresses.js';
import type { PageModel } from '../model.js';

export interface SimulationControlsProps {
  readonly model: PageModel;
  readonly run: (work: () => Promise<string>) => void;
}

export function SimulationControls({ model, run }: SimulationControlsProps): JSX.Element {
  const paused = model.paused.value;
  return (
    <section class="part" aria-label="Simulation">
      <h2>Simulation</h2>
      <p>{paused === undefined ? 'It runs.' : `It stands at ${paused.timeMs.toFixed(1)} ms: ${paused.why}`}</p>
      <div class="buttons">
        <button
          type="button"
          disabled={paused !== undefined}
          onClick={() => run(() => model.order({ name: 'pause' }).then(() => 'held'))}
        >
          pause
        </button>
        <button
          type="button"
          disabled={paused === undefined}
          onClick={() => run(() => model.order({ name: 'resume' }).then(() => 'it runs'))}
        >
          resume
        </button>
        <button
          type="button"
          disabled={paused === undefined}
          onClick={() => run(() => model.order({ name: 'step' }).then(() => 'one event'))}
        >
          one event
        </button>
        {[10, 100, 1000].map((timeMs) => (
          <button
            key={timeMs}
            type="button"
            disabled={paused === undefined}
            onClick={() => run(() => model.order({ name: 'step', timeMs }).then(() => `${timeMs} ms`))}
          >
            {timeMs} ms
          </button>
        ))}
      </div>
      <Breakpoints model={model} run={run} />
      <Faults model={model} run={run} />
    </section>
  );
}

const BREAK_FIELDS = ['machine', 'state', 'edge', 'frame', 'actor'] as const;

function Breakpoints({ model, run }: SimulationControlsProps): JSX.Element {
  const [breakpoints, setBreakpoints] = useState<readonly Breakpoint[]>([]);
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>({});
  const change = (next: readonly Breakpoint[]): void =>
    run(async () => {
      await model.order({ name: 'breakpoints', breakpoints: next });
      setBreakpoints(next);
      return `${next.length} breakpoints`;
    });
  const given = Object.fromEntries(Object.entries(draft).filter(([, value]) => value.trim() !== ''));
  return (
    <>
      <h3>Breakpoints</h3>
      <div class="buttons">
        {BREAK_FIELDS.map((field) => (
          <label key={field}>
            {field}{' '}
            <input
              type="text"
              size={10}
              placeholder="*"
              value={draft[field] ?? ''}
              onInput={(event) => setDraft({ ...draft, [field]: event.currentTarget.value })}
            />
          </label>
        ))}
        <button
          type="button"
          disabled={Object.keys(given).length === 0}
          onClick={() => change([...breakpoints, { id: (breakpoints.at(-1)?.id ?? 0) + 1, ...given }])}
        >
          add
        </button>
      </div>
      <ul>
        {breakpoints.map(({ id, ...fields }) => (
          <li key={id}>
            {Object.entries(fields)
              .map(([name, value]) => `${name} ${value}`)
              .join(', ')}{' '}
            <button type="button" onClick={() => change(breakpoints.filter((one) => one.id !== id))}>
              remove
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Faults({ model, run }: SimulationControlsProps): JSX.Element {
  void model.grown.value;
  const nodes = [...new Set([...(model.store.value?.actors.keys() ?? [])].map(nodeOf))].filter(
    (name) => name !== 'world',
  );
  const [from, setFrom] = useState<string | undefined>(undefined);
  const [to, setTo] = useState<string | undefined>(undefined);
  const one = from ?? nodes[0] ?? '';
  const other = to ?? nodes[1] ?? '';
  const inject = (fault: InspectFault): void =>
    run(() => model.order({ name: 'inject', fault }).then(() => `${fault.kind} done`));
  const choice = (label: string, value: string, set: (name: string) => void): JSX.Element => (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        {nodes.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
  if (nodes.length === 0) {
    return (
      <>
        <h3>Faults</h3>
        <p class="quiet">Nodes stand here as soon as one of them has done something.</p>
      </>
    );
  }
  return (
    <>
      <h3>Faults</h3>
      <div class="buttons">
        {choice('between', one, setFrom)}
        {choice('and', other, setTo)}
        <button type="button" onClick={() => inject({ kind: 'cut', from: one, to: other })}>
          cut
        </button>
        <button type="button" onClick={() => inject({ kind: 'clog', from: one, to: other, forMs: 5000 })}>
          clog for 5 s
        </button>
        <button type="button" onClick={() => inject({ kind: 'heal' })}>
          heal all
        </button>
        <button type="button" onClick={() => inject({ kind: 'crash', node: one })}>
          crash {one}
        </button>
        <button type="button" onClick={() => inject({ kind: 'restart', node: one })}>
          restart {one}
        </button>
      </div>
    </>
  );
}
