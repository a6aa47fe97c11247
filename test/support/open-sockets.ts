/** Which sockets and servers of the process were opened since some moment, and are not closed yet. */
import { Server, Socket } from 'node:net';

/** Node's own list: what is documented only counts handles, by kind, and a count cannot tell whose a socket is. */
const { _getActiveHandles: activeHandles } = process as unknown as { _getActiveHandles: () => readonly object[] };

/**
 * Notes what is open; the answer lists what was opened later and is open still. What was there before counts neither
 * while it stays nor when it goes: sockets are closed a while after whoever used them has ended, so a test begins among
 * those of the test or the file before it.
 */
export function watchSockets(): () => readonly object[] {
  const before = new Set(openSockets());
  return () => openSockets().filter((socket) => !before.has(socket));
}

function openSockets(): readonly object[] {
  return activeHandles().filter((handle) => handle instanceof Socket || handle instanceof Server);
}
