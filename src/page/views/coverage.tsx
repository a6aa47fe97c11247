/** What of every machine was reached: by this trace, or by tests where a coverage report is opened. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { reachedOf, shareOf, type ReachedCounts } from '../../inspect/reached.js';
import { CHART_IDS, chartOf } from '../charts.js';
import type { PageModel } from '../model.js';
import { Empty } from '../parts/empty.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

/** What `swarmchart coverage` writes, as far as it is read here. */
interface ReportedCoverage {
  readonly schema: string;
  readonly machines: Readonly<Record<string, ReachedCounts>>;
}

export function CoverageView({ model }: ViewProps): JSX.Element {
  const store = model.store.value;
  const upTo = model.upTo.value;
  const [report, setReport] = useState<ReportedCoverage | undefined>(undefined);
  const [mistake, setMistake] = useState('');
  const traced = useMemo(
    () => (store === undefined ? new Map<string, ReachedCounts>() : reachedOf(store, upTo)),
    [store, store?.version, upTo],
  );
  const countsOf = (machine: string): ReachedCounts | undefined =>
    report === undefined ? traced.get(machine) : report.machines[machine];
  const rows = CHART_IDS.map((id) => ({ id, share: share(id, countsOf(id)) }));
  const machine = model.selection.value.machine ?? rows.find(({ share: { states } }) => states > 0)?.id ?? CHART_IDS[0];
  return (
    <div class="coverage">
      <div class="buttons">
        <span>{report === undefined ? 'Reached by this trace.' : 'Reached by the tests of the report.'}</span>
        <label>
          open a report of <code>swarmchart coverage --json</code>{' '}
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file === undefined) return;
              void file.text().then((text) => {
                const read = reportOf(text);
                setReport(read);
                setMistake(read === undefined ? `${file.name} is no coverage report` : '');
              });
            }}
          />
        </label>
        {report === undefined ? null : (
          <button type="button" onClick={() => setReport(undefined)}>
            this trace again
          </button>
        )}
        <span class="is-failed" role="status">
          {mistake}
        </span>
      </div>
      <div class="coverage-main">
        <VirtualList
          label="Machines"
          count={rows.length}
          rowHeight={24}
          keyOf={(at) => rows[at]?.id ?? at}
          selected={rows.findIndex(({ id }) => id === machine)}
          onSelect={(at) => {
            model.selection.value = { machine: rows[at]?.id };
          }}
          row={(at) => {
            const row = rows[at];
            if (row === undefined) return null;
            const { states, statesTotal, edges, edgesTotal } = row.share;
            return (
              <>
                <span class="cell-text">{row.id}</span>
                <span class="number">
                  {states}/{statesTotal} states
                </span>
                <span class="number">
                  {edges}/{edgesTotal} edges
                </span>
                <meter min={0} max={Math.max(1, edgesTotal)} value={edges} aria-label={`edges of ${row.id}`} />
              </>
            );
          }}
        />
        {machine === undefined ? (
          <Empty title="No machine" />
        ) : (
          <Tinted model={model} machine={machine} counts={countsOf(machine)} />
        )}
      </div>
    </div>
  );
}

function share(machine: string, counts: ReachedCounts | undefined): ReturnType<typeof shareOf> {
  const drawing = chartOf(machine)?.drawing;
  return shareOf(
    counts,
    (drawing?.states ?? []).map(({ path }) => path).filter((path) => path !== '-'),
    (drawing?.edges ?? []).map(({ id }) => id),
  );
}

function reportOf(text: string): ReportedCoverage | undefined {
  try {
    const value = JSON.parse(text) as Partial<ReportedCoverage> | null;
    if (value?.schema !== 'swarmchart coverage' || typeof value.machines !== 'object') return undefined;
    return value as ReportedCoverage;
  } catch {
    return undefined;
  }
}

function Tinted(props: {
  readonly model: PageModel;
  readonly machine: string;
  readonly counts: ReachedCounts | undefined;
}): JSX.Element {
  const { machine, counts } = props;
  const frame = useRef<HTMLDivElement>(null);
  const chart = chartOf(machine);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const tint = (selector: string, name: 'state' | 'edge', of: Readonly<Record<string, number>> | undefined): void => {
      for (const group of element.querySelectorAll<SVGGElement>(selector)) {
        const id = group.dataset[name] ?? '';
        if (id === '-') continue;
        const count = of?.[id] ?? 0;
        group.classList.toggle('is-covered', count > 0);
        group.classList.toggle('is-missed', count === 0);
      }
    };
    tint('[data-state]', 'state', counts?.states);
    tint('[data-edge]', 'edge', counts?.edges);
  }, [chart, counts]);
  if (chart === undefined) return <Empty title={`No drawing of ${machine}`} />;
  const { missedEdges } = share(machine, counts);
  return (
    <section class="pane" aria-label={`Coverage of ${machine}`}>
      <div ref={frame} class="chart" dangerouslySetInnerHTML={{ __html: chart.svg }} />
      <details>
        <summary>{missedEdges.length} edges never taken</summary>
        <ul>
          {missedEdges.map((id) => (
            <li key={id}>
              <code>{id}</code>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
