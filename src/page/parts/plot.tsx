/** A plot over time on a canvas: lines, a mark at the moment looked at, and a click that goes to a moment. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { coloursAt, labelFont, useTheme } from './theme.js';

export interface PlotLine {
  readonly label: string;
  /** Name of a colour of the page's style, e.g. `--c1`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  /** A different dash for each line, so that colour is not the only difference. */
  readonly dash?: readonly number[];
  readonly isStepped?: boolean;
}

export interface PlotProps {
  /** What a screen reader says; the values stand in a table elsewhere. */
  readonly label: string;
  /** Ascending. */
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly height: number;
  readonly unit: (value: number) => string;
  /** Goes to the moment of the point at this index. */
  readonly onPoint?: (index: number) => void;
  /** Where the scrubber stands. */
  readonly atMs?: number;
}

export function Plot(props: PlotProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const { label, times, lines, height, unit, onPoint, atMs } = props;
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme(frame);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const colour = coloursAt(element);
    const font = labelFont(element);
    const plot = new UPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
        cursor: { y: false },
        series: [
          { label: 'ms' },
          ...lines.map(({ label: name, colour: of, dash, isStepped }) => ({
            label: name,
            stroke: colour(of),
            width: 1.5,
            ...(dash === undefined ? {} : { dash: [...dash] }),
            ...(isStepped === true && UPlot.paths.stepped !== undefined
              ? { paths: UPlot.paths.stepped({ align: 1 }) }
              : {}),
            value: (_: UPlot, value: number | null) => (value === null ? '' : unit(value)),
          })),
        ],
        axes: [
          {
            font,
            stroke: colour('--quiet'),
            grid: { stroke: colour('--ground-3') },
            // Words of this length do not run into each other.
            space: 80,
            values: (_, ticks) => ticks.map((tick) => `${tick} ms`),
          },
          {
            font,
            stroke: colour('--quiet'),
            grid: { stroke: colour('--ground-3') },
            size: 70,
            values: (_, ticks) => ticks.map(unit),
          },
        ],
        hooks: {
          draw: [
            (drawn) => {
              const { atMs: at } = latest.current;
              if (at === undefined) return;
              const x = drawn.valToPos(at, 'x', true);
              drawn.ctx.fillStyle = colour('--accent');
              drawn.ctx.fillRect(x, drawn.bbox.top, 2, drawn.bbox.height);
            },
          ],
        },
      },
      [times, ...lines.map(({ values }) => values)] as UPlot.AlignedData,
      element,
    );
    const onClick = (): void => {
      const { idx } = plot.cursor;
      if (idx !== null && idx !== undefined) latest.current.onPoint?.(idx);
    };
    plot.over.addEventListener('click', onClick);
    const watch = new ResizeObserver(() => plot.setSize({ width: Math.max(200, element.clientWidth), height }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [times, lines, height, unit, onPoint !== undefined, atMs, theme]);
  return <div ref={frame} class="plot" role="img" aria-label={label} />;
}
