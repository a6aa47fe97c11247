/** What the page remembers of its user: in the browser, and nowhere else. */
import { effect, signal, type Signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

export interface Settings {
  /** `auto` follows the system. */
  readonly theme: Theme;
  /** Id of the view that was open last. */
  readonly view: string;
  /** Filters used, the newest first. */
  readonly filters: readonly string[];
  readonly reducedMotion: boolean;
}

/** Where the page of its own keeps its settings in the browser's storage. */
export const SETTINGS_KEY = 'swarmchart.inspect.settings';
const DEFAULTS: Settings = { theme: 'auto', view: 'overview', filters: [], reducedMotion: false };

/** The settings of one model. */
export class PageSettings {
  readonly #signal: Signal<Settings>;
  readonly #key: string | undefined;

  /** Those kept under `key`; the defaults where there is no key, no storage, or nothing in it. */
  constructor(key?: string) {
    this.#key = key;
    this.#signal = signal(key === undefined ? DEFAULTS : stored(key));
  }

  get value(): Settings {
    return this.#signal.value;
  }

  peek(): Settings {
    return this.#signal.peek();
  }

  /** Changes some of them. */
  remember(changes: Partial<Settings>): void {
    this.#signal.value = { ...this.#signal.peek(), ...changes };
  }

  /** Begins to keep what changes, and to show the theme at `root`. The answer ends it. */
  keep(root: HTMLElement): () => void {
    return effect(() => {
      const { theme } = this.value;
      if (theme === 'auto') delete root.dataset['theme'];
      else root.dataset['theme'] = theme;
      if (this.#key === undefined) return;
      try {
        localStorage.setItem(this.#key, JSON.stringify(this.value));
      } catch {
        // No storage, or a full one: the settings live as long as the page.
      }
    });
  }
}

function stored(key: string): Settings {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null ? { ...DEFAULTS, ...value } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}
