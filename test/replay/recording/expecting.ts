/** What recipes wait for and hold to be true: a fixture of something else than its title is no fixture. */
import { filter, firstValueFrom } from 'rxjs';
import type { ErrorCode } from '../../../src/errors.js';
import type { Host } from '../../../src/host/host.js';
import type { HostEvent } from '../../../src/host/host-events.js';

/** The next event of a kind; listening begins at once. */
export function next(node: Host, type: HostEvent['type']): Promise<HostEvent> {
  const event = firstValueFrom(node.events$.pipe(filter((event) => event.type === type)));
  // The node may end without it; whoever waits hears of that.
  event.catch(() => undefined);
  return event;
}

/** Waits for a call to fail, with `code` where it is given. */
export async function expectFailure(call: Promise<unknown>, code?: ErrorCode): Promise<void> {
  const failure = await call.then(
    () => undefined,
    (thrown: unknown) => ({ thrown, code: (thrown as { readonly code?: unknown }).code }),
  );
  if (failure === undefined) throw new Error(`expected ${code ?? 'a failure'}, and it went well`);
  if (code === undefined || failure.code === code) return;
  throw new Error(`expected ${code}, got ${String(failure.code ?? failure.thrown)}`, { cause: failure.thrown });
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}
