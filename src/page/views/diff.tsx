/** Two traces side by side: where each actor of one first leaves the same actor of the other. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { diffTraces, type ActorDiff, type TraceDiff } from '../../inspect/diff.js';
import type { TraceStore } from '../../inspect/trace-store.js';
import type { Trace } from '../../trace/format.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import { describeRecord } from '../../trace/tools/describe.js';
import type { PageModel } from '../model.js';
import { openOther } from '../open-other.js';
import { Empty } from '../parts/empty.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

export function DiffView({ model }: ViewProps): JSX.Element {
  void model.grown.value;
  const traces = [...model.traces.value.values()];
  const left = model.traces.value.get(model.shown.value);
  const others = traces.filter(({ id }) => id !== model.shown.value);
  const right = others.find(({ id }) => id === model.compared.value) ?? others.at(-1);
  const diff = useMemo(
    () =>
      left === undefined || right === undefined ? undefined : diffTraces(traceOf(left.store), traceOf(right.store)),
    [left?.store.version, right?.store.version, left?.id, right?.id],
  );
  if (left === undefined || right === undefined || diff === undefined) {
    return (
      <Empty title="There is one trace alone">
        <p>
          <code>swarmchart inspect BEFORE AFTER</code> opens two, a fork (view Time travel) makes another, or open one
          here:
        </p>
        <OpenOther model={model} />
      </Empty>
    );
  }
  return (
    <div class="diff">
      <div class="buttons">
        <label>
          compared with{' '}
          <select
            value={right.id}
            onChange={(event) => {
              model.compared.value = event.currentTarget.value;
            }}
          >
            {others.map(({ id, title }) => (
              <option key={id} value={id}>
                {id}: {title}
              </option>
            ))}
          </select>
        </label>
        <OpenOther model={model} />
      </div>
      <p role="status">{summaryOf(diff)}</p>
      <Actors model={model} diff={diff} left={left.store} right={right.store} />
      <Around diff={chosenOf(model, diff)} left={left.store} right={right.store} />
    </div>
  );
}

function OpenOther({ model }: { readonly model: PageModel }): JSX.Element {
  return (
    <label>
      open another trace{' '}
      <input
        type="file"
        accept=".jsonl"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) void file.text().then((text) => openOther(model, file.name, text));
        }}
      />
    </label>
  );
}

const traceOf = ({ header, records }: TraceStore): Trace => ({ header, records });

function summaryOf({ same, actors, first }: TraceDiff): string {
  if (same || first === undefined) return 'The same, but perhaps for the times.';
  const differing = actors.filter(({ verdict }) => verdict !== 'same').length;
  return `${differing} of ${actors.length} actors differ. First: ${lineOf(first)}`;
}

function lineOf(diff: ActorDiff): string {
  const name = shortAddress(diff.actor);
  switch (diff.verdict) {
    case 'same':
      return `${name}: the same`;
    case 'missingLeft':
      return `${name}: in the other trace alone, from #${diff.seq} on`;
    case 'missingRight':
      return `${name}: in this trace alone, from #${diff.seq} on`;
    case 'differs': {
      const { what, left = 'nothing more', right = 'nothing more' } = diff.firstDivergence;
      return `${name}: ${what}: here ${left}, there ${right}`;
    }
  }
}

function chosenOf(model: PageModel, diff: TraceDiff): ActorDiff | undefined {
  const { actor } = model.selection.value;
  return diff.actors.find((one) => one.actor === actor && one.verdict !== 'same') ?? diff.first;
}

function Actors(props: {
  readonly model: PageModel;
  readonly diff: TraceDiff;
  readonly left: TraceStore;
  readonly right: TraceStore;
}): JSX.Element {
  const { model, diff, left } = props;
  const { actors } = diff;
  const chosen = chosenOf(model, diff);
  return (
    <VirtualList
      label="Actors of both traces"
      count={actors.length}
      rowHeight={24}
      keyOf={(at) => actors[at]?.actor ?? at}
      selected={actors.findIndex((one) => one === chosen)}
      onSelect={(at) => {
        const actor = actors[at];
        if (actor === undefined) return;
        const seq = actor.verdict === 'differs' ? actor.firstDivergence.seqLeft : undefined;
        const record = seq === undefined ? undefined : left.at(seq);
        if (record !== undefined) model.select(record);
        else model.selection.value = { actor: actor.actor };
      }}
      row={(at) => {
        const actor = actors[at];
        return actor === undefined ? null : (
          <span class={actor.verdict === 'same' ? 'cell-text quiet' : 'cell-text is-failed'}>
            {actor.verdict === 'same' ? '= ' : '≠ '}
            {lineOf(actor)}
          </span>
        );
      }}
    />
  );
}

/** Records shown before and after a divergence, on each side. */
const BEFORE = 5;
const AFTER = 6;

function Around(props: {
  readonly diff: ActorDiff | undefined;
  readonly left: TraceStore;
  readonly right: TraceStore;
}): JSX.Element | null {
  const { diff, left, right } = props;
  if (diff === undefined) return null;
  const [seqLeft, seqRight] =
    diff.verdict === 'differs'
      ? [diff.firstDivergence.seqLeft, diff.firstDivergence.seqRight]
      : diff.verdict === 'missingLeft'
        ? [undefined, diff.seq]
        : diff.verdict === 'missingRight'
          ? [diff.seq, undefined]
          : [undefined, undefined];
  return (
    <div class="diff-sides">
      <Side title="this trace" store={left} actor={diff.actor} seq={seqLeft} />
      <Side title="the other" store={right} actor={diff.actor} seq={seqRight} />
    </div>
  );
}

function Side(props: {
  readonly title: string;
  readonly store: TraceStore;
  readonly actor: string;
  readonly seq: number | undefined;
}): JSX.Element {
  const { title, store, actor, seq } = props;
  const own = store.actors.get(actor)?.seqs ?? [];
  const at = seq === undefined ? own.length : own.findIndex((one) => one >= seq);
  const shown = own.slice(Math.max(0, at - BEFORE), at + AFTER);
  return (
    <section class="pane" aria-label={title}>
      <h2>
        {title}: {shortAddress(actor)}
      </h2>
      <ol class="diff-records">
        {shown.map((one) => {
          const record = store.at(one);
          return record === undefined ? null : (
            <li key={one} class={one === seq ? 'is-divergent' : ''}>
              {one === seq ? '▶ ' : ''}#{one} {describeRecord(record)}
            </li>
          );
        })}
        {seq === undefined ? <li class="is-divergent">▶ nothing more</li> : null}
      </ol>
    </section>
  );
}
