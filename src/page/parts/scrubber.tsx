/** The scrubber: which moment all views show. One tick of the track is one record, so that a burst can be walked through. */
import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { PageModel } from '../model.js';
import type { TraceStore } from '../../inspect/trace-store.js';
import { coloursAt, useTheme } from './theme.js';

export function Scrubber({ model }: { readonly model: PageModel }): JSX.Element {
  void model.grown.value;
  const store = model.store.value;
  const { value: cursor } = model.cursor;
  const count = store?.records.length ?? 0;
  const at = store === undefined ? -1 : store.positionAt(model.upTo.value);
  const record = store?.records[at];
  const go = (position: number): void => {
    const to = store?.records[Math.max(0, Math.min(count - 1, position))];
    if (to !== undefined) model.goTo(to.seq);
  };
  const timeMs = record === undefined || store === undefined ? 0 : record.time - store.firstTime;
  return (
    <div class="scrubber" role="group" aria-label="Moment">
      <button type="button" title="first record (Home)" onClick={() => go(0)}>
        |&lt;
      </button>
      <button type="button" title="one record back (,)" onClick={() => go(at - 1)}>
        &lt;
      </button>
      <button type="button" title="one record on (.)" onClick={() => go(at + 1)}>
        &gt;
      </button>
      <div class="scrubber-track">
        <Density model={model} />
        <input
          type="range"
          min={0}
          max={Math.max(0, count - 1)}
          value={at}
          disabled={count === 0}
          aria-label="Record"
          aria-valuetext={`record ${record?.seq ?? 0}, ${timeMs.toFixed(1)} milliseconds`}
          onInput={(event) => go(event.currentTarget.valueAsNumber)}
        />
      </div>
      <output class="scrubber-at">
        {record === undefined ? 'no records' : `#${record.seq}  ${timeMs.toFixed(1)} ms`}
      </output>
      <button
        type="button"
        class={cursor === undefined ? 'is-on' : ''}
        aria-pressed={cursor === undefined}
        title="follow the newest record (End)"
        onClick={() => {
          model.cursor.value = undefined;
        }}
      >
        {store?.isEnded === true ? 'end' : 'follow'}
      </button>
    </div>
  );
}

/** How many records, and how many failures, stand along the track. */
function Density({ model }: { readonly model: PageModel }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { value: passing } = model.passing;
  const store = model.store.value;
  const theme = useTheme(canvas);
  useEffect(() => {
    if (canvas.current !== null && store !== undefined) draw(canvas.current, store, passing);
  }, [store, passing, theme]);
  return <canvas ref={canvas} class="scrubber-density" width={800} height={18} aria-hidden="true" />;
}

function draw(canvas: HTMLCanvasElement, { records }: TraceStore, passing: readonly number[]): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = canvas;
  const counts = new Float64Array(width);
  const scale = width / Math.max(1, records.length);
  for (const index of passing) {
    const column = Math.min(width - 1, Math.floor(index * scale));
    counts[column] = (counts[column] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  context.clearRect(0, 0, width, height);
  context.fillStyle = coloursAt(canvas)('--quiet');
  for (const [column, count] of counts.entries()) {
    if (count === 0) continue;
    const tall = Math.max(2, (count / most) * height);
    context.fillRect(column, height - tall, 1, tall);
  }
}
