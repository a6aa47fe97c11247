/** A row of things that are each shown or not. */
import type { JSX } from 'preact';

export interface TogglesProps<Name extends string> {
  readonly label: string;
  readonly all: readonly Name[];
  readonly chosen: ReadonlySet<Name>;
  readonly onChange: (chosen: ReadonlySet<Name>) => void;
}

export function Toggles<Name extends string>({ label, all, chosen, onChange }: TogglesProps<Name>): JSX.Element {
  return (
    <div class="toggles" role="group" aria-label={label}>
      {all.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={chosen.has(name)}
          onClick={() => {
            const next = new Set(chosen);
            if (!next.delete(name)) next.add(name);
            onChange(next);
          }}
        >
          {chosen.has(name) ? '✓ ' : ''}
          {name}
        </button>
      ))}
    </div>
  );
}
