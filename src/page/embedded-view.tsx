/** One view alone, with as much around it as an embedder wants. */
import type { JSX } from 'preact';
import type { ViewOptions } from '../inspect/embedding.js';
import { Notices } from './app.js';
import type { PageModel } from './model.js';
import { Boundary } from './parts/boundary.js';
import { FilterBar } from './parts/filter-bar.js';
import { RecordDetail } from './parts/record-detail.js';
import { Scrubber } from './parts/scrubber.js';
import { useKeys } from './use-keys.js';
import type { ViewEntry } from './views/index.js';

export interface EmbeddedViewProps {
  readonly model: PageModel;
  readonly entry: ViewEntry;
  readonly parts: NonNullable<ViewOptions['parts']>;
  readonly keys: Document | HTMLElement | undefined;
  readonly root: HTMLElement;
}

export function EmbeddedView({ model, entry, parts, keys, root }: EmbeddedViewProps): JSX.Element {
  useKeys(model, keys, { root, isWhole: false });
  const { title, component: View } = entry;
  const hasDetail = parts.includes('detail');
  return (
    <div class={hasDetail ? 'app is-view has-detail' : 'app is-view'}>
      {parts.includes('filter') ? <FilterBar model={model} /> : null}
      <Notices model={model} />
      <div class="main">
        <section class="view" aria-label={title} tabIndex={-1}>
          <Boundary what={`The view ${title}`}>
            <View model={model} />
          </Boundary>
        </section>
      </div>
      {hasDetail ? (
        <div class="side" role="group" aria-label="Selected record">
          <Boundary key={model.selection.value.seq} what="The record's detail">
            <RecordDetail model={model} />
          </Boundary>
        </div>
      ) : null}
      {parts.includes('scrubber') ? (
        <div class="bottom">
          <Scrubber model={model} />
        </div>
      ) : null}
    </div>
  );
}
