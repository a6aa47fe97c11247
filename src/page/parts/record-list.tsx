/** Records as rows: number, time, which way, who, what. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { describeRecord, wayOf } from '../../trace/tools/describe.js';
import { shortAddress } from '../../trace/tools/addresses.js';
import { lastAtMost } from '../../inspect/trace-store.js';
import type { PageModel } from '../model.js';
import { VirtualList } from './virtual-list.js';

const ARROWS = { in: '→ in', out: '← out', none: '' } as const;

/** The records at `indexes` of the shown store that are not after the cursor; all that the filter passes where absent. */
export function RecordList(props: {
  readonly model: PageModel;
  readonly label: string;
  readonly indexes?: readonly number[];
}): JSX.Element {
  const { model, label, indexes = model.passing.value } = props;
  const store = model.store.value;
  const upTo = model.upTo.value;
  const records = store?.records ?? [];
  const count = store === undefined ? 0 : lastAtMost(indexes, store.positionAt(upTo), (index) => index) + 1;
  const { seq } = model.selection.value;
  const selected = useMemo(() => {
    if (seq === undefined || store === undefined) return undefined;
    const position = store.positionAt(seq);
    const at = lastAtMost(indexes, position, (index) => index);
    return indexes[at] === position ? at : undefined;
  }, [seq, store, indexes]);
  const startMs = store?.firstTime ?? 0;
  return (
    <VirtualList
      label={label}
      class="records"
      count={count}
      rowHeight={22}
      keyOf={(at) => records[indexes[at] ?? 0]?.seq ?? at}
      selected={selected}
      empty="No record up to this moment passes the filter."
      followsEnd={model.cursor.value === undefined}
      onSelect={(at) => {
        const record = records[indexes[at] ?? -1];
        if (record !== undefined) model.select(record);
      }}
      row={(at) => {
        const record = records[indexes[at] ?? -1];
        if (record === undefined) return null;
        const way = wayOf(record);
        return (
          <>
            <span class="cell-seq">#{record.seq}</span>
            <span class="cell-time">{(record.time - startMs).toFixed(2)}</span>
            <span class={`cell-way is-${way}`}>{ARROWS[way]}</span>
            <span class="cell-actor">{shortAddress(record.actor)}</span>
            <span class="cell-text">{describeRecord(record)}</span>
          </>
        );
      }}
    />
  );
}
