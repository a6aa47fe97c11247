/** Who said what to whom, in order: one line for each peer, one arrow a message. Only the rows in sight are drawn. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { SEQUENCE_LAYERS, sequenceOf, type SequenceLayer, type SequenceRow } from '../../inspect/sequence.js';
import { lastAtMost } from '../../inspect/trace-store.js';
import { describeRecord } from '../../trace/tools/describe.js';
import { Empty } from '../parts/empty.js';
import { shortId } from '../parts/texts.js';
import { Toggles } from '../parts/toggles.js';
import { VirtualList } from '../parts/virtual-list.js';
import type { ViewProps } from './index.js';

/** Pixels from one lifeline to the next: few have room for whole words. */
const laneFor = (lifelines: number): number => (lifelines <= 3 ? 420 : 208);
const MARGIN = 120;
/** Right of the last one: how long an arrow was on its way. */
const ROOM = 170;

export function SequenceView({ model }: ViewProps): JSX.Element {
  const [layers, setLayers] = useState<ReadonlySet<SequenceLayer>>(
    new Set<SequenceLayer>(['multistream', 'security', 'muxer', 'protocol']),
  );
  const store = model.store.value;
  const upTo = model.upTo.value;
  const passing = model.passing.value;
  // The whole trace once, so that the moment only has to be cut off it.
  const { lifelines, rows } = useMemo(
    () =>
      store === undefined ? { lifelines: [], rows: [] } : sequenceOf(store, passing, Number.POSITIVE_INFINITY, layers),
    [store, store?.version, passing, layers],
  );
  const count = lastAtMost(rows, upTo, (row) => row.seq) + 1;
  const { seq } = model.selection.value;
  const startMs = store?.firstTime ?? 0;
  const lane = laneFor(lifelines.length);
  const width = MARGIN + ROOM + Math.max(1, lifelines.length - 1) * lane;
  const toggles = <Toggles label="Layers" all={SEQUENCE_LAYERS} chosen={layers} onChange={setLayers} />;
  if (count === 0) {
    return (
      <>
        {toggles}
        <Empty title="No message of these layers passed yet">
          Choose more layers, clear the filter, or move the scrubber on.
        </Empty>
      </>
    );
  }
  return (
    <div class="sequence">
      {toggles}
      <div class="sequence-scroll" style={{ '--lanes': `${width}px` }}>
        <div class="sequence-heads">
          {lifelines.map(({ id, label, isOurs }, index) => (
            <span
              key={id}
              class={isOurs ? 'sequence-head is-ours' : 'sequence-head'}
              title={label}
              style={{ left: `${MARGIN + index * lane}px` }}
            >
              {shortId(label)}
            </span>
          ))}
        </div>
        <VirtualList
          label="Messages"
          class="sequence-rows"
          count={count}
          rowHeight={34}
          keyOf={(at) => rows[at]?.seq ?? at}
          selected={rows.findIndex((row) => row.seq === seq)}
          followsEnd={model.cursor.value === undefined}
          onSelect={(at) => {
            const row = rows[at];
            if (row !== undefined) model.select(row.record);
          }}
          row={(at) => {
            const row = rows[at];
            return row === undefined ? null : (
              <Arrow row={row} names={lifelines.map(({ label }) => shortId(label))} startMs={startMs} lane={lane} />
            );
          }}
        />
      </div>
    </div>
  );
}

function Arrow(props: {
  readonly row: SequenceRow;
  readonly names: readonly string[];
  readonly startMs: number;
  readonly lane: number;
}): JSX.Element {
  const { row, names, startMs, lane } = props;
  const text = describeRecord(row.record);
  const left = MARGIN + Math.min(row.from, row.to) * lane;
  const length = Math.abs(row.from - row.to) * lane;
  const under = row.sentMs === undefined ? undefined : `${(row.timeMs - row.sentMs).toFixed(1)} ms on its way`;
  const lines = names.map((name, index) => (
    <span key={name} class="lifeline" aria-hidden="true" style={{ left: `${MARGIN + index * lane}px` }} />
  ));
  const time = <span class="sequence-time">{(row.timeMs - startMs).toFixed(1)}</span>;
  if (length === 0) {
    return (
      <>
        {lines}
        {time}
        <span class="sequence-note" style={{ left: `${left}px` }}>
          {text}
        </span>
      </>
    );
  }
  const way = row.to > row.from ? 'is-right' : 'is-left';
  return (
    <>
      {lines}
      {time}
      <span class="visually-hidden">
        {names[row.from]} to {names[row.to]}:
      </span>
      <span
        class={`arrow ${way} is-${row.layer} ${row.isLost ? 'is-lost' : ''}`}
        title={under}
        style={{ left: `${left}px`, width: `${length}px` }}
      >
        <span class="arrow-text">
          {row.isLost ? '✕ never arrived: ' : ''}
          {text}
        </span>
      </span>
      {under === undefined ? null : (
        <span class="arrow-under" style={{ left: `${left + length + 6}px` }}>
          {under}
        </span>
      )}
    </>
  );
}
