/** The chart of one machine: its states lit as they are at the moment, the last edge marked, guards answered. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { activeStates, guardAnswers, visitsOf, type MachineMoment } from '../../inspect/connections.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import { chartOf, meaningOf } from '../charts.js';
import type { PageModel } from '../model.js';
import { Empty } from './empty.js';

export interface ChartPaneProps {
  readonly model: PageModel;
  /** The machines that can be chosen. */
  readonly moments: readonly MachineMoment[];
  readonly moment: MachineMoment | undefined;
  readonly upTo: number;
}

export function ChartPane({ model, moments, moment, upTo }: ChartPaneProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const chart = moment === undefined ? undefined : chartOf(moment.life.machine);
  const { state, edge } = model.selection.value;
  const [isFitted, setFitted] = useState(false);
  const visits = useMemo(() => (moment === undefined ? undefined : visitsOf([moment.life], upTo)), [moment, upTo]);
  useEffect(() => {
    const element = frame.current;
    if (element === null || moment === undefined || visits === undefined) return;
    const active = new Set(activeStates(moment.step));
    const last = new Set(moment.step?.edges);
    for (const group of element.querySelectorAll<SVGGElement>('[data-state]')) {
      const path = group.dataset['state'] ?? '';
      group.classList.toggle(
        'is-active',
        [...active].some((one) => one === path || one.startsWith(`${path}.`)),
      );
      group.classList.toggle('is-covered', (visits.states[path] ?? 0) > 0);
      group.classList.toggle('is-selected', path === state && edge === undefined);
    }
    for (const group of element.querySelectorAll<SVGGElement>('[data-edge]')) {
      const id = group.dataset['edge'] ?? '';
      group.classList.toggle('is-last', last.has(id));
      group.classList.toggle('is-covered', (visits.edges[id] ?? 0) > 0);
      group.classList.toggle('is-selected', id === edge);
    }
    bringIntoSight(element);
  }, [chart, moment, visits, state, edge, isFitted]);
  if (moment === undefined) return <Empty title="No machine began yet">Move the scrubber on.</Empty>;
  const { life, step } = moment;
  const answers = chart === undefined ? [] : guardAnswers(chart.drawing.edges, step?.edges ?? []);
  return (
    <div class="chart-pane">
      <div class="chart-head">
        <label>
          <span class="visually-hidden">Machine</span>
          <select
            value={`${life.actor} ${life.machine}`}
            onChange={(event) => {
              const [actor = '', machine = ''] = event.currentTarget.value.split(' ');
              model.selection.value = { actor, machine };
            }}
          >
            {moments.map(({ life: { actor, machine } }) => (
              <option key={`${actor} ${machine}`} value={`${actor} ${machine}`}>
                {shortAddress(actor)}: {machine}
              </option>
            ))}
          </select>
        </label>
        <button type="button" aria-pressed={isFitted} onClick={() => setFitted(!isFitted)}>
          whole chart
        </button>
        <output aria-live="polite">
          <strong>{step?.to.replaceAll('|', ' | ') ?? 'not begun'}</strong>
          {step === undefined || step.event === '' ? '' : ` on ${step.event}`}
          {answers.map(({ guard, answer }) => (
            <span key={guard} class={answer ? 'guard is-true' : 'guard is-false'}>
              {answer ? '✓' : '✕'} {guard}
            </span>
          ))}
        </output>
      </div>
      <p class="chart-meaning quiet">
        {activeStates(step)
          .map((path) => meaningOf(life.machine, path))
          .join(' ')}
      </p>
      {chart === undefined ? (
        <Empty title={`No drawing of ${life.machine}`}>The trace was made by an engine with other machines.</Empty>
      ) : (
        <div
          ref={frame}
          class={isFitted ? 'chart is-fitted' : 'chart'}
          tabIndex={0}
          aria-label={`Chart of ${life.machine}`}
          role="group"
          // The drawing is made of our own machines' words, escaped where it was made.
          dangerouslySetInnerHTML={{ __html: chart.svg }}
          onClick={(event) => choose(model, event, moment, upTo)}
        />
      )}
    </div>
  );
}

/** Scrolls the chart, and nothing else, so that the state it is in stands in the middle. */
function bringIntoSight(frame: HTMLElement): void {
  const lit = [...frame.querySelectorAll('[data-state].is-active')].at(-1);
  if (lit === undefined) return;
  const [outer, inner] = [frame.getBoundingClientRect(), lit.getBoundingClientRect()];
  frame.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  frame.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
}

/** A click on an edge shows the frames that took it; one on a state selects it. */
function choose(model: PageModel, event: MouseEvent, { life }: MachineMoment, upTo: number): void {
  const target = event.target instanceof Element ? event.target : null;
  const edge = target?.closest<SVGGElement>('[data-edge]')?.dataset['edge'];
  const state = target?.closest<SVGGElement>('[data-state]')?.dataset['state'];
  if (edge !== undefined) {
    model.filterText.value = `edge="${edge}" machine="${life.machine}"`;
    const taken = life.steps.filter((step) => step.seq <= upTo && step.edges.includes(edge)).at(-1);
    model.selection.value = { actor: life.actor, machine: life.machine, edge, seq: taken?.seq };
  } else if (state !== undefined) {
    model.selection.value = { actor: life.actor, machine: life.machine, state };
  }
}
