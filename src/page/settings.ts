/** What the page remembers of its user: in the browser, and nowhere else. */
import { effect, signal, type Signal } from '@preact/signals';

export interface Settings {
  /** `auto` follows the system. */
  readonly theme: 'auto' | 'light' | 'dark';
  /** Id of the view that was open last. */
  readonly view: string;
  /** Filters used, the newest first. */
  readonly filters: readonly string[];
  readonly reducedMotion: boolean;
}

const KEY = 'swarmchart.inspect.settings';
const DEFAULTS: Settings = { theme: 'auto', view: 'overview', filters: [], reducedMotion: false };

/** The settings, kept whenever they change. A page without storage has the defaults. */
export const settings: Signal<Settings> = signal(stored());

/** Changes some of them. */
export function remember(changes: Partial<Settings>): void {
  settings.value = { ...settings.peek(), ...changes };
}

/** Begins to keep what changes, and to show the theme. */
export function keepSettings(root: HTMLElement): void {
  effect(() => {
    const { theme } = settings.value;
    if (theme === 'auto') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
    try {
      localStorage.setItem(KEY, JSON.stringify(settings.value));
    } catch {
      // No storage, or a full one: the settings live as long as the page.
    }
  });
}

function stored(): Settings {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? { ...DEFAULTS, ...value } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}
