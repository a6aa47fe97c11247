/** The first screen: who is there, in which states, what failed, what is stuck and since when. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { overviewOf, type ActorNode, type Overview } from '../../inspect/overview.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import { isFinalState } from '../charts.js';
import { useIds } from '../ids.js';
import { Empty } from '../parts/empty.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { PageModel } from '../model.js';
import type { ViewProps } from './index.js';

export function OverviewView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const idOf = useIds();
  const overview = useMemo(
    () => (store === undefined ? undefined : overviewOf(store, upTo, isFinalState)),
    [store, upTo, store?.version],
  );
  if (overview === undefined || overview.counts.records === 0) {
    return (
      <Empty title="Nothing has happened yet">
        Records stand here as soon as the node dials, listens or is dialed. A trace file is shown by{' '}
        <code>swarmchart inspect FILE</code>.
      </Empty>
    );
  }
  return (
    <div class="overview">
      <Counts overview={overview} />
      <section class="pane" aria-labelledby={idOf('actors-title')}>
        <h2 id={idOf('actors-title')}>Actors</h2>
        <ActorTree model={model} tree={overview.tree} />
      </section>
      <section class="pane" aria-labelledby={idOf('failures-title')}>
        <h2 id={idOf('failures-title')}>Failures</h2>
        <Failures model={model} overview={overview} />
      </section>
      <section class="pane" aria-labelledby={idOf('waiting-title')}>
        <h2 id={idOf('waiting-title')}>Waiting longest</h2>
        <Waiting model={model} overview={overview} />
      </section>
    </div>
  );
}

function Counts({ overview }: { readonly overview: Overview }): JSX.Element {
  return (
    <dl class="counts">
      {Object.entries(overview.counts).map(([name, count]) => (
        <div key={name} class={name === 'failures' && count > 0 ? 'is-failed' : ''}>
          <dt>{name}</dt>
          <dd>{count.toLocaleString('en')}</dd>
        </div>
      ))}
    </dl>
  );
}

interface TreeRow {
  readonly node: ActorNode;
  readonly depth: number;
}

function ActorTree({ model, tree }: { readonly model: PageModel; readonly tree: readonly ActorNode[] }): JSX.Element {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows: TreeRow[] = [];
  const walk = (nodes: readonly ActorNode[], depth: number): void => {
    for (const node of nodes) {
      rows.push({ node, depth });
      if (!closed.has(node.address)) walk(node.children, depth + 1);
    }
  };
  walk(tree, 0);
  const { actor } = model.selection.value;
  const toggle = (address: string): void => {
    const next = new Set(closed);
    if (!next.delete(address)) next.add(address);
    setClosed(next);
  };
  return (
    <VirtualList
      label="Actors"
      class="tree"
      count={rows.length}
      rowHeight={22}
      keyOf={(at) => rows[at]?.node.address ?? at}
      selected={rows.findIndex(({ node }) => node.address === actor)}
      onSelect={(at) => {
        const node = rows[at]?.node;
        if (node !== undefined) model.selection.value = { actor: node.address, machine: node.machines[0]?.machine };
      }}
      row={(at) => {
        const { node, depth } = rows[at] ?? { node: undefined, depth: 0 };
        if (node === undefined) return null;
        const hasChildren = node.children.length > 0;
        return (
          <span class="tree-row" style={{ paddingLeft: `${depth * 14}px` }}>
            <button
              type="button"
              class="twisty"
              tabIndex={-1}
              disabled={!hasChildren}
              aria-label={closed.has(node.address) ? `open ${node.name}` : `close ${node.name}`}
              onClick={(event) => {
                event.stopPropagation();
                toggle(node.address);
              }}
            >
              {hasChildren ? (closed.has(node.address) ? '▸' : '▾') : ''}
            </button>
            <span class="tree-name">{node.name}</span>
            {node.machines.map(({ machine, state, isDone }) => (
              <span key={machine} class={isDone ? 'state is-done' : 'state is-live'} title={machine}>
                {state}
                {isDone ? ' ■' : ''}
              </span>
            ))}
          </span>
        );
      }}
    />
  );
}

function Failures({ model, overview }: { readonly model: PageModel; readonly overview: Overview }): JSX.Element {
  const { failures } = overview;
  if (failures.length === 0) return <p class="quiet">None so far.</p>;
  return (
    <VirtualList
      label="Failures"
      count={failures.length}
      rowHeight={22}
      keyOf={(at) => failures[at]?.seq ?? at}
      selected={failures.findIndex(({ seq }) => seq === model.selection.value.seq)}
      onSelect={(at) => {
        const record = model.store.value?.at(failures[at]?.seq ?? -1);
        if (record !== undefined) model.select(record);
      }}
      row={(at) => {
        const failure = failures[at];
        return failure === undefined ? null : (
          <>
            <span class="cell-seq">#{failure.seq}</span>
            <span class="cell-time">{failure.timeMs.toFixed(1)}</span>
            <span class="cell-actor">{failure.actor}</span>
            <span class="cell-text is-failed">✕ {failure.code}</span>
          </>
        );
      }}
    />
  );
}

function Waiting({ model, overview }: { readonly model: PageModel; readonly overview: Overview }): JSX.Element {
  const { waiting } = overview;
  if (waiting.length === 0) return <p class="quiet">Every machine is done.</p>;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">actor</th>
          <th scope="col">state</th>
          <th scope="col">for</th>
        </tr>
      </thead>
      <tbody>
        {waiting.map(({ actor, machine, state, sinceMs }) => (
          <tr key={`${actor} ${machine}`}>
            <td>
              <button
                type="button"
                class="link"
                onClick={() => {
                  model.selection.value = { actor, machine, state };
                }}
              >
                {shortAddress(actor)}
              </button>
            </td>
            <td>
              {machine} {state}
            </td>
            <td class="number">{(sinceMs / 1000).toFixed(2)} s</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
