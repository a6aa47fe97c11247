/** A model that follows a source: what comes is taken in once a frame, so that a burst costs one drawing. */
import { INSPECT_CONTRACT, type InspectMessage } from '../inspect/contract.js';
import type { EmbeddedHold, EmbeddedSource } from '../inspect/embedded-source.js';
import type { PageModel } from './model.js';

/** A page in the background draws no frames, and takes in all the same. */
const FRAME_AT_LATEST_MS = 100;

/** Connects `model` with `source`. The answer ends it. */
export function follow(model: PageModel, source: EmbeddedSource): () => void {
  let queue: InspectMessage[] = [];
  let isClosed = false;
  let cancel: (() => void) | undefined;
  const close = (): void => {
    isClosed = true;
    queue = [];
    cancel?.();
    hold.close();
  };
  const takeIn = (): void => {
    const messages = queue;
    queue = [];
    cancel = undefined;
    let records = 0;
    for (const message of messages) {
      if (message.type === 'hello' && message.contract !== INSPECT_CONTRACT) {
        const text = `This page is of another version of swarmchart (contract ${INSPECT_CONTRACT}, source ${message.contract}): reload it.`;
        model.take({ type: 'notice', code: 'stopped', text });
        close();
        return;
      }
      model.take(message);
      if (message.type === 'records') records += message.records.length;
    }
    if (records > 0) hold.taken?.(records);
  };
  const hold: EmbeddedHold = source.connect((message) => {
    if (isClosed) return;
    queue.push(message);
    cancel ??= onFrame(takeIn);
  });
  model.link({
    order: (command) =>
      hold.order?.(command) ?? Promise.reject(new Error('this trace stands alone: nobody is there to run it')),
  });
  return close;
}

/** With the next frame, or a little later where none is drawn. The answer takes it back. */
function onFrame(work: () => void): () => void {
  const once = (): void => {
    cancel();
    work();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, FRAME_AT_LATEST_MS);
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  return cancel;
}
