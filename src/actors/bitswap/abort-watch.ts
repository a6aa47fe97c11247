/** Callers' abort signals: one listener a signal, however many wants share it, and none when no want does. */

/** Watches signals on behalf of items. */
export class AbortWatch<Item> {
  readonly #onAborted: (items: readonly Item[]) => void;
  readonly #watched = new Map<AbortSignal, { readonly items: Set<Item>; readonly listener: () => void }>();

  /** `onAborted` hears, from outside any turn, which items a signal took with it. */
  constructor(onAborted: (items: readonly Item[]) => void) {
    this.#onAborted = onAborted;
  }

  add(signal: AbortSignal, item: Item): void {
    const watched = this.#watched.get(signal);
    if (watched !== undefined) {
      watched.items.add(item);
      return;
    }
    const items = new Set([item]);
    const listener = (): void => {
      this.#watched.delete(signal);
      this.#onAborted([...items]);
    };
    this.#watched.set(signal, { items, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  remove(signal: AbortSignal, item: Item): void {
    const watched = this.#watched.get(signal);
    if (watched?.items.delete(item) !== true || watched.items.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener('abort', watched.listener);
  }

  /** Signals listened to. */
  get size(): number {
    return this.#watched.size;
  }
}
