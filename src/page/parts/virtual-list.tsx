/** A long list of which only the rows in sight are drawn: a listbox that the keyboard moves through. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { useIds } from '../ids.js';

export interface VirtualListProps {
  /** What a screen reader says of the list. */
  readonly label: string;
  readonly count: number;
  /** Pixels of one row at the usual size of text; all are alike. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** Stays the same for the same row. */
  readonly keyOf: (index: number) => string | number;
  readonly selected?: number | undefined;
  readonly onSelect?: (index: number) => void;
  /** Keep the end in sight as it grows, until somebody scrolls away from it. */
  readonly followsEnd?: boolean;
  /** What stands there while there is no row. */
  readonly empty?: string;
  readonly class?: string;
}

/** Pixels of the usual size of text in a list. */
const TEXT = 12;

/** Rows drawn beyond each end of what is in sight. */
const MARGIN_ROWS = 8;

export function VirtualList(props: VirtualListProps): JSX.Element {
  const { label, count, row, keyOf, selected, onSelect, followsEnd = false, empty = 'None so far.' } = props;
  const idOf = useIds();
  const rowId = (index: number): string => idOf(`${label}-${index}`.replaceAll(/\W+/g, '-'));
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const [rowHeight, setRowHeight] = useState(props.rowHeight);
  const isAtEnd = useRef(true);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = (): void => {
      setHeight(element.clientHeight);
      const enlarged = parseFloat(getComputedStyle(element).fontSize) / TEXT;
      setRowHeight(Math.round(props.rowHeight * Math.max(1, enlarged)));
    };
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    measure();
    return () => watch.disconnect();
  }, [props.rowHeight]);

  useEffect(() => {
    const element = frame.current;
    if (element !== null && followsEnd && isAtEnd.current) element.scrollTop = count * rowHeight;
  }, [count, followsEnd, rowHeight]);

  useEffect(() => {
    if (selected !== undefined && selected >= 0) reveal(frame.current, selected, rowHeight);
  }, [selected, rowHeight]);

  const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN_ROWS);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + MARGIN_ROWS);
  const rows: JSX.Element[] = [];
  for (let index = first; index < last; index += 1) {
    rows.push(
      <div
        key={keyOf(index)}
        id={rowId(index)}
        class={index === selected ? 'row is-selected' : 'row'}
        role="option"
        aria-selected={index === selected}
        aria-setsize={count}
        aria-posinset={index + 1}
        style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
        onClick={() => onSelect?.(index)}
      >
        {row(index)}
      </div>,
    );
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = moved(event.key, selected ?? -1, count, Math.max(1, Math.floor(height / rowHeight) - 1));
    if (to === undefined || onSelect === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSelect(to);
  };
  return (
    <div
      ref={frame}
      class={`list ${props.class ?? ''}`}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={
        selected !== undefined && selected >= first && selected < last ? rowId(selected) : undefined
      }
      onKeyDown={onKeyDown}
      onScroll={(event) => {
        const element = event.currentTarget;
        isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
        setTop(element.scrollTop);
      }}
    >
      <div class="list-rows" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        {count === 0 ? <p class="list-empty quiet">{empty}</p> : rows}
      </div>
    </div>
  );
}

function moved(key: string, from: number, count: number, page: number): number | undefined {
  const to = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || count === 0 ? undefined : Math.min(count - 1, Math.max(0, to));
}

function reveal(element: HTMLElement | null, index: number, rowHeight: number): void {
  if (element === null) return;
  const above = index * rowHeight;
  if (above < element.scrollTop) element.scrollTop = above;
  else if (above + rowHeight > element.scrollTop + element.clientHeight)
    element.scrollTop = above + rowHeight - element.clientHeight;
}
