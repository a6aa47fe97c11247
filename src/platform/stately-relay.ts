/** Sends records of the Stately inspection protocol to a relay, by WebSocket. */
import { WebSocket } from 'ws';
import { EngineError } from '../errors.js';
import type { StatelyRecord } from '../inspect/stately.js';
import { LIMITS } from '../limits.js';
import { isLoopbackHost } from './loopback.js';

/** A relay that is connected. */
export interface StatelyRelay {
  /** Whether more waits than should: who can wait, waits; a live source leaves out. */
  readonly isFull: boolean;
  send(record: StatelyRecord): void;
  /** Resolves when there is room again, or the relay is gone. */
  drained(): Promise<void>;
  /** Sends what waits; resolves when the relay has hung up. */
  close(): Promise<void>;
}

/**
 * Connects to a relay at a `ws:` or `wss:` address. Rejects with `ERR_INVALID_ARGUMENT` for another machine's unless
 * `allowRemote`, and with `ERR_HTTP_FAILED` where nobody answers.
 */
export async function connectToStately(address: string, allowRemote: boolean): Promise<StatelyRelay> {
  const { protocol, hostname } = URL.canParse(address) ? new URL(address) : { protocol: '', hostname: '' };
  if (protocol !== 'ws:' && protocol !== 'wss:') throw invalid(`"${address}" is no address of a WebSocket`);
  if (!allowRemote && !isLoopbackHost(hostname)) {
    throw invalid(`${hostname} is another machine, which would see what this node does: --stately-remote allows it`);
  }
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: LIMITS.inspectMessageBytes });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (cause) => {
      reject(
        new EngineError('ERR_HTTP_FAILED', 'local', `no relay answers at ${address}: ${cause.message}`, { cause }),
      );
    });
  });
  // A relay that goes away is heard of by what cannot be sent.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const waiting = new Set<() => void>();
  const isFull = (): boolean => socket.readyState === socket.OPEN && socket.bufferedAmount > LIMITS.inspectQueueBytes;
  const sent = (): void => {
    if (isFull()) return;
    for (const wake of waiting) wake();
    waiting.clear();
  };
  return {
    get isFull() {
      return isFull();
    },
    send: (record) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(record), sent);
    },
    drained: () =>
      isFull() ? Promise.race([closed, new Promise<void>((resolve) => waiting.add(resolve))]) : Promise.resolve(),
    close: () => {
      socket.close();
      return closed;
    },
  };
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
}
