/** The page: what is looked at above, the views in tabs, the selected record beside, the scrubber below. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PageModel } from './model.js';
import { onKey } from './keys.js';
import { FilterBar } from './parts/filter-bar.js';
import { HelpDialog } from './parts/help.js';
import { RecordDetail } from './parts/record-detail.js';
import { Scrubber } from './parts/scrubber.js';
import { remember, settings } from './settings.js';
import { VIEWS } from './views/index.js';

export function App({ model }: { readonly model: PageModel }): JSX.Element {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event, model);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [model]);
  const view = VIEWS.find(({ id }) => id === model.view.value) ?? VIEWS[0];
  const View = view?.component;
  return (
    <>
      <header class="top">
        <h1>
          swarmchart <span class="quiet">{model.traces.value.get(model.shown.value)?.title ?? 'no trace yet'}</span>
        </h1>
        <Traces model={model} />
        <Status model={model} />
        <ThemeChoice />
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
              id={`tab-${id}`}
              aria-selected={id === view?.id}
              aria-controls="view"
              tabIndex={id === view?.id ? 0 : -1}
              title={`${answers} (${(index + 1) % 10})`}
              onClick={() => model.open(id)}
              onKeyDown={(event) => {
                const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                if (by === undefined) return;
                event.stopPropagation();
                const next = VIEWS[(index + by + VIEWS.length) % VIEWS.length];
                if (next === undefined) return;
                model.open(next.id);
                document.getElementById(`tab-${next.id}`)?.focus();
              }}
            >
              {title}
            </button>
          ))}
        </div>
      </nav>
      <FilterBar model={model} />
      <Notices model={model} />
      <main class="main">
        <section id="view" class="view" role="tabpanel" aria-labelledby={`tab-${view?.id ?? ''}`} tabIndex={-1}>
          {View === undefined ? null : <View model={model} />}
        </section>
      </main>
      <aside class="side" aria-label="Selected record">
        <RecordDetail model={model} />
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

function ThemeChoice(): JSX.Element {
  return (
    <label class="choice">
      <span class="visually-hidden">Theme</span>
      <select
        value={settings.value.theme}
        onChange={(event) => {
          const theme = event.currentTarget.value;
          if (theme === 'auto' || theme === 'light' || theme === 'dark') remember({ theme });
        }}
      >
        <option value="auto">auto</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}

function Notices({ model }: { readonly model: PageModel }): JSX.Element | null {
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
