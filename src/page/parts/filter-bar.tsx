/** The filter: one line, its mistakes shown at their place, its fields a key away. */
import { useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { FILTER_FIELDS } from '../../inspect/filter/fields.js';
import { useIds } from '../ids.js';
import type { PageModel } from '../model.js';

/** Filters remembered. */
const REMEMBERED = 12;

export function FilterBar({ model }: { readonly model: PageModel }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const idOf = useIds();
  const { settings } = model;
  const filter = model.filter.value;
  const passing = model.passing.value.length;
  const total = model.store.value?.records.length ?? 0;
  const keep = (): void => {
    const text = model.filterText.value.trim();
    if (text === '' || !filter.ok) return;
    const others = settings.value.filters.filter((known) => known !== text);
    settings.remember({ filters: [text, ...others].slice(0, REMEMBERED) });
  };
  return (
    <form
      class="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <label>
        <span class="visually-hidden">Filter</span>
        <input
          ref={input}
          id={idOf('filter')}
          type="text"
          spellcheck={false}
          autocomplete="off"
          list={idOf('filters')}
          placeholder="filter: layer:yamux way:in  (press / to come here)"
          aria-invalid={!filter.ok}
          aria-describedby={idOf('filter-says')}
          value={model.filterText.value}
          onInput={(event) => {
            model.filterText.value = event.currentTarget.value;
          }}
          onBlur={keep}
        />
      </label>
      <datalist id={idOf('filters')}>
        {settings.value.filters.map((text) => (
          <option key={text} value={text} />
        ))}
        {FILTER_FIELDS.map(({ example, help }) => (
          <option key={example} value={example}>
            {help}
          </option>
        ))}
      </datalist>
      <output id={idOf('filter-says')} class={filter.ok ? 'filter-says' : 'filter-says is-wrong'} aria-live="polite">
        {filter.ok
          ? `${passing.toLocaleString('en')} of ${total.toLocaleString('en')} records`
          : `at ${filter.at + 1}: ${filter.text}`}
      </output>
    </form>
  );
}
