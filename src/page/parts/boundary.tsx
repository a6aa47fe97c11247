/** Keeps one part's failure from taking the page with it: a trace made elsewhere may hold what no view expects. */
import type { ComponentChildren, JSX } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { Empty } from './empty.js';

export function Boundary(props: { readonly what: string; readonly children: ComponentChildren }): JSX.Element {
  const [error, tryAgain] = useErrorBoundary() as [unknown, () => void];
  if (error === undefined || error === null) return <>{props.children}</>;
  return (
    <Empty title={`${props.what} cannot show this trace`}>
      <p>{error instanceof Error ? error.message : 'it says not why'}</p>
      <button type="button" onClick={tryAgain}>
        try again
      </button>
    </Empty>
  );
}
