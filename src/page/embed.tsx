/** What `swarmchart/inspect` is bundled from: the views, mounted in somebody else's page. */
import { effect } from '@preact/signals';
import { render, type ComponentChild } from 'preact';
import type * as Embedding from '../inspect/embedding.js';
import type { InspectView, MountOptions, Mounted, MountPoint } from '../inspect/embedding.js';
import { App } from './app.js';
import { EmbeddedView } from './embedded-view.js';
import { follow } from './follow.js';
import { IdPrefix } from './ids.js';
import { PageModel } from './model.js';
import { PageSettings } from './settings.js';
import { VIEWS } from './views/index.js';

export * from '../inspect/embedding.js';
export { sourceOfSocket } from './socket-source.js';

/** Things mounted so far: each has ids of its own. */
let mounted = 0;

export const mountView: typeof Embedding.mountView = (element, options) => {
  const { view, parts = [], onOpen } = options;
  const entry = VIEWS.find(({ id }) => id === view);
  if (entry === undefined) {
    throw new RangeError(`there is no view ${view}: ${VIEWS.map(({ id }) => id).join(', ')}`);
  }
  return mount(element, options, (model, root, keys) => {
    model.view.value = view;
    const stop = effect(() => {
      const { value: wanted } = model.view;
      if (wanted === view) return;
      model.view.value = view;
      onOpen?.(wanted as InspectView);
    });
    return { shown: <EmbeddedView model={model} entry={entry} parts={parts} keys={keys} root={root} />, stop };
  });
};

export const mountInspector: typeof Embedding.mountInspector = (element, options) =>
  mount(element, options, (model, root, keys) => {
    model.view.value = options.view ?? model.settings.peek().view;
    const stop = effect(() => model.settings.remember({ view: model.view.value }));
    return {
      shown: (
        <div class="app">
          <App model={model} keys={keys} root={root} />
        </div>
      ),
      stop,
    };
  });

type Fill = (
  model: PageModel,
  root: HTMLElement,
  keys: Document | HTMLElement | undefined,
) => { readonly shown: ComponentChild; readonly stop: () => void };

function mount(element: MountPoint, options: MountOptions, fill: Fill): Mounted {
  const { source, theme, keys = 'inside', settingsKey } = options;
  const document = (element as HTMLElement).ownerDocument;
  const settings = new PageSettings(settingsKey);
  if (theme !== undefined) settings.remember({ theme });
  const model = new PageModel(settings);
  const root = document.createElement('div');
  root.className = 'swarmchart-inspect is-embedded';
  const unkeep = settings.keep(root);
  mounted += 1;
  const { shown, stop } = fill(model, root, { inside: root, page: document, none: undefined }[keys]);
  (element as HTMLElement).append(root);
  render(<IdPrefix.Provider value={`swarmchart-${mounted}-`}>{shown}</IdPrefix.Provider>, root);
  const close = follow(model, source);
  return {
    model,
    setTheme: (chosen) => settings.remember({ theme: chosen }),
    unmount: () => {
      close();
      stop();
      unkeep();
      render(null, root);
      root.remove();
    },
  };
}
