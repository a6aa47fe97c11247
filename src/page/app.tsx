/** The page: what is looked at above, the views in tabs, the selected record beside, the scrubber below. */
import type { JSX } from 'preact';
import type { PageModel } from './model.js';
import { useIds } from './ids.js';
import { keyOfView } from './keys.js';
import { Boundary } from './parts/boundary.js';
import { FilterBar } from './parts/filter-bar.js';
import { HelpDialog } from './parts/help.js';
import { RecordDetail } from './parts/record-detail.js';
import { saveFile } from './parts/save-file.js';
import { Scrubber } from './parts/scrubber.js';
import { viewSvg } from './parts/view-svg.js';
import { useKeys } from './use-keys.js';
import { VIEWS } from './views/index.js';

export interface AppProps {
  readonly model: PageModel;
  /** Where keys are heard; nowhere where it is absent. */
  readonly keys?: Document | HTMLElement | undefined;
  /** Where the page's own elements are: the whole document, unless it is somebody else's. */
  readonly root?: HTMLElement;
}

export function App({ model, keys, root }: AppProps): JSX.Element {
  const idOf = useIds();
  useKeys(model, keys, { root: root ?? document, isWhole: true });
  // A page has one first heading and one main part, and in an embedder's they are the embedder's.
  const Heading = root === undefined ? 'h1' : 'h2';
  const Main = root === undefined ? 'main' : 'div';
  const view = VIEWS.find(({ id }) => id === model.view.value) ?? VIEWS[0];
  const View = view?.component;
  return (
    <>
      <header class="top">
        <Heading class="title">
          swarmchart <span class="quiet">{model.traces.value.get(model.shown.value)?.title ?? 'no trace yet'}</span>
        </Heading>
        <Traces model={model} />
        <Status model={model} />
        <ThemeChoice model={model} />
        <button
          type="button"
          title="save this view as one SVG file"
          onClick={() => {
            const panel = document.getElementById(idOf('view'));
            if (panel === null || view === undefined) return;
            saveFile(`${view.id}.svg`, 'image/svg+xml', viewSvg(panel, `swarmchart: ${view.title}`));
          }}
        >
          svg
        </button>
        <button type="button" title="keys and help (?)" onClick={() => (model.isHelpOpen.value = true)}>
          ?
        </button>
      </header>
      <nav class="tabs" aria-label="Views">
        <div role="tablist">
          {VIEWS.map(({ id, title, answers }, index) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={idOf(`tab-${id}`)}
              aria-selected={id === view?.id}
              aria-controls={idOf('view')}
              tabIndex={id === view?.id ? 0 : -1}
              title={keyOfView(index) === undefined ? answers : `${answers} (${keyOfView(index)})`}
              onClick={() => model.open(id)}
              onKeyDown={(event) => {
                const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                if (by === undefined) return;
                event.stopPropagation();
                const next = VIEWS[(index + by + VIEWS.length) % VIEWS.length];
                if (next === undefined) return;
                model.open(next.id);
                document.getElementById(idOf(`tab-${next.id}`))?.focus();
              }}
            >
              {title}
            </button>
          ))}
        </div>
      </nav>
      <Boundary what="The filter">
        <FilterBar model={model} />
      </Boundary>
      <Notices model={model} />
      <Main class="main">
        <section
          id={idOf('view')}
          class="view"
          role="tabpanel"
          aria-labelledby={idOf(`tab-${view?.id ?? ''}`)}
          tabIndex={-1}
        >
          {View === undefined ? null : (
            <Boundary key={`${view?.id ?? ''} ${model.shown.value}`} what={`The view ${view?.title ?? ''}`}>
              <View model={model} />
            </Boundary>
          )}
        </section>
      </Main>
      <aside class="side" aria-label="Selected record">
        <Boundary key={model.selection.value.seq} what="The record's detail">
          <RecordDetail model={model} />
        </Boundary>
      </aside>
      <footer class="bottom">
        <Scrubber model={model} />
      </footer>
      <HelpDialog model={model} />
    </>
  );
}

/** Which trace is shown, where there are several. */
function Traces({ model }: { readonly model: PageModel }): JSX.Element | null {
  const traces = [...model.traces.value.values()];
  if (traces.length < 2) return null;
  return (
    <label class="choice">
      <span class="visually-hidden">Trace</span>
      <select
        value={model.shown.value}
        onChange={(event) => {
          model.shown.value = event.currentTarget.value;
        }}
      >
        {traces.map(({ id, title }) => (
          <option key={id} value={id}>
            {id === 'main' ? title : `${id}: ${title}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function Status({ model }: { readonly model: PageModel }): JSX.Element {
  void model.grown.value;
  const store = model.store.value;
  const expected = model.recordsExpected.value;
  const count = store?.records.length ?? 0;
  const kind = model.kind.value;
  const isLoading = expected !== undefined && store?.isEnded === false && count < expected;
  const text = isLoading
    ? `reading ${Math.floor((100 * count) / expected)} %`
    : kind === 'live' && store?.isEnded === false
      ? model.isConnected.value
        ? '● live'
        : '○ not connected'
      : (kind ?? '');
  return (
    <output class="status" aria-live="polite">
      {text}
    </output>
  );
}

function ThemeChoice({ model }: { readonly model: PageModel }): JSX.Element {
  const { settings } = model;
  return (
    <label class="choice">
      <span class="visually-hidden">Theme</span>
      <select
        value={settings.value.theme}
        onChange={(event) => {
          const theme = event.currentTarget.value;
          if (theme === 'auto' || theme === 'light' || theme === 'dark') settings.remember({ theme });
        }}
      >
        <option value="auto">auto</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}

/** What whoever looks has to know: the last of it. */
export function Notices({ model }: { readonly model: PageModel }): JSX.Element | null {
  const notice = model.notices.value.at(-1);
  if (notice === undefined) return null;
  return (
    <div class={`notice is-${notice.code}`} role="status">
      {notice.text}
      <button
        type="button"
        aria-label="dismiss"
        onClick={() => {
          model.notices.value = [];
        }}
      >
        ✕
      </button>
    </div>
  );
}
