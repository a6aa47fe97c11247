/** Waiting for events of js-libp2p. */
import {
  AbortError,
  StreamStateError,
  type AbortOptions,
  type MessageStream,
  type StreamCloseEvent,
} from '@libp2p/interface';
import { abortReason } from './errors.js';

/**
 * Resolves when `isDone` says so: it is asked now, and after each event of `types`. Rejects when the stream closes first,
 * or with the reason of the signal.
 */
export function untilStream(
  stream: MessageStream,
  types: readonly ('drain' | 'idle')[],
  isDone: () => boolean,
  { signal }: AbortOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      for (const type of types) stream.removeEventListener(type, ask);
      stream.removeEventListener('close', closed);
      signal?.removeEventListener('abort', aborted);
      done();
    };
    const ask = (): void => {
      if (isDone()) settle(resolve);
    };
    const closed = ({ error }: StreamCloseEvent): void =>
      settle(() => reject(error ?? new StreamStateError('the stream closed first')));
    const aborted = (): void => settle(() => reject(signal === undefined ? new AbortError() : abortReason(signal)));
    for (const type of types) stream.addEventListener(type, ask);
    stream.addEventListener('close', closed);
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted === true) aborted();
    else ask();
  });
}
