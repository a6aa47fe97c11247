/** Keys, views and the fields of the filter. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { FILTER_FIELDS } from '../../inspect/filter/fields.js';
import type { PageModel } from '../model.js';
import { keyOfView, PAGE_KEYS } from '../keys.js';
import { VIEWS } from '../views/index.js';

export function HelpDialog({ model }: { readonly model: PageModel }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = model.isHelpOpen.value;
  useEffect(() => {
    if (isOpen && dialog.current?.open === false) dialog.current.showModal();
    if (!isOpen && dialog.current?.open === true) dialog.current.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-label="Help"
      onClose={() => {
        model.isHelpOpen.value = false;
      }}
    >
      <form method="dialog">
        <button type="submit" aria-label="close">
          ✕
        </button>
      </form>
      <h2>Views</h2>
      <dl class="help">
        {VIEWS.map(({ id, title, answers }, index) => (
          <div key={id}>
            <dt>
              <kbd>{keyOfView(index) ?? '\u00a0'}</kbd> {title}
            </dt>
            <dd>{answers}</dd>
          </div>
        ))}
      </dl>
      <h2>Keys</h2>
      <dl class="help">
        {PAGE_KEYS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h2>Filter</h2>
      <p>
        Words side by side have to hold all; <code>or</code>, <code>-not</code>, <code>( )</code>, <code>"quoted"</code>
        , <code>/pattern/</code>; <code>*</code> and <code>?</code> in values; <code>&gt; &gt;= &lt; &lt;=</code> for
        numbers.
      </p>
      <dl class="help">
        {FILTER_FIELDS.map(({ name, help, example }) => (
          <div key={name}>
            <dt>
              <code>{example}</code>
            </dt>
            <dd>{help}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
