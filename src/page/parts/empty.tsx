/** What stands where there is nothing to show: why, and what to do. */
import type { ComponentChildren, JSX } from 'preact';

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty" role="note">
      <strong>{title}</strong>
      <div>{children}</div>
    </div>
  );
}
