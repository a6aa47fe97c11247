/** Keys that work everywhere on the page. */
import type { PageModel } from './model.js';
import { VIEWS } from './views/index.js';

/** One key, as help tells it. */
export interface PageKey {
  readonly keys: string;
  readonly does: string;
}

export const PAGE_KEYS: readonly PageKey[] = [
  { keys: '1 ... 9, 0', does: 'open one of the first ten views' },
  { keys: '/', does: 'go to the filter' },
  { keys: 'Escape', does: 'leave the filter, clear the selection' },
  { keys: ', and .', does: 'one record back, one on' },
  { keys: '< and >', does: 'one step of a machine back, one on' },
  { keys: 'Home and End', does: 'the first record; follow the newest' },
  { keys: 'arrows, Page Up, Page Down', does: 'move through a list' },
  { keys: 'c', does: 'select what led to the selected record' },
  { keys: '?', does: 'this help' },
];

/** Digits for views: the first ten have one. */
const KEYED = 10;

/** The key that opens the view at an index; `undefined` where there is none. */
export function keyOfView(index: number): string | undefined {
  return index < KEYED ? String((index + 1) % KEYED) : undefined;
}

/** What keys are about. */
export interface KeyPlace {
  /** Where the filter is looked for. */
  readonly root: ParentNode;
  /** Whether there are tabs and help to open. */
  readonly isWhole: boolean;
}

/** Does what a key means. */
export function onKey(event: KeyboardEvent, model: PageModel, place: KeyPlace): void {
  // An open dialog has its own keys.
  if (event.ctrlKey || event.metaKey || event.altKey || model.isHelpOpen.value) return;
  const { target, key } = event;
  const isTyping = target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  if (isTyping && !(target instanceof HTMLInputElement && target.type === 'range')) {
    if (key === 'Escape') target.blur();
    return;
  }
  if (act(key, model, place)) event.preventDefault();
}

function act(key: string, model: PageModel, { root, isWhole }: KeyPlace): boolean {
  if (!isWhole && /^[\d?]$/.test(key)) return false;
  if (/^\d$/.test(key)) {
    const view = VIEWS.find((_, index) => keyOfView(index) === key);
    if (view !== undefined) model.open(view.id);
    return view !== undefined;
  }
  switch (key) {
    case '/':
      root.querySelector<HTMLElement>('.filter input')?.focus();
      return true;
    case 'Escape':
      model.selection.value = {};
      return true;
    case ',':
      step(model, -1, () => true);
      return true;
    case '.':
      step(model, 1, () => true);
      return true;
    case '<':
      step(model, -1, (name) => name === 'actor:transition');
      return true;
    case '>':
      step(model, 1, (name) => name === 'actor:transition');
      return true;
    case 'Home':
      step(model, Number.NEGATIVE_INFINITY, () => true);
      return true;
    case 'End':
      model.cursor.value = undefined;
      return true;
    case 'c':
      selectCause(model);
      return true;
    case '?':
      model.isHelpOpen.value = true;
      return true;
    default:
      return false;
  }
}

/** Moves the cursor to the next record in one direction whose name is wanted, and selects it. */
function step(model: PageModel, by: number, isWanted: (name: string) => boolean): void {
  const store = model.store.value;
  if (store === undefined) return;
  const { records } = store;
  let at = by === Number.NEGATIVE_INFINITY ? 0 : store.positionAt(model.upTo.value) + by;
  while (at >= 0 && at < records.length && !isWanted(records[at]?.name ?? '')) at += by;
  const record = records[at];
  if (record === undefined) return;
  model.goTo(record.seq);
  model.select(record);
}

function selectCause(model: PageModel): void {
  const store = model.store.value;
  const { seq } = model.selection.value;
  const cause = seq === undefined ? undefined : store?.at(seq)?.cause;
  const record = cause === undefined ? undefined : store?.at(cause);
  if (record !== undefined) model.select(record);
}
