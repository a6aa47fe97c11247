/** Every record that the filter passes, in order. */
import type { JSX } from 'preact';
import type { ViewProps } from './index.js';
import { Empty } from '../parts/empty.js';
import { RecordList } from '../parts/record-list.js';

export function RecordsView({ model }: ViewProps): JSX.Element {
  if ((model.store.value?.records.length ?? 0) === 0)
    return <Empty title="No records yet">They stand here as soon as the node does something.</Empty>;
  return <RecordList model={model} label="Records" />;
}
