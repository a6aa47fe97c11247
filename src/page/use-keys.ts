/** Hears keys for as long as something is shown. */
import { useLayoutEffect } from 'preact/hooks';
import { onKey, type KeyPlace } from './keys.js';
import type { PageModel } from './model.js';

/** Hears those pressed at `keys`; none where it is absent. */
export function useKeys(model: PageModel, keys: Document | HTMLElement | undefined, place: KeyPlace): void {
  const { root, isWhole } = place;
  // Not after the next frame: whoever takes it away hears no key more.
  useLayoutEffect(() => {
    const listener = (event: Event): void => onKey(event as KeyboardEvent, model, { root, isWhole });
    keys?.addEventListener('keydown', listener);
    return () => keys?.removeEventListener('keydown', listener);
  }, [model, keys, root, isWhole]);
}
